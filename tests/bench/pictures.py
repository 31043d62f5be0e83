"""What the cameras see: 640 x 480 JPEGs of a person who moves a little."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from media.codec import encode_jpeg
from media.frame import Picture
from tests.pictures import portrait

WIDTH_PX, HEIGHT_PX = 640, 480
QUALITY = 80
FRAMES = 12
CLIP_STEP = 3
"""Every third frame of a clip: ten a second, so that the frames differ."""
PAN_PX = 6
MEDIA = Path(__file__).parents[2].parent / "shared" / "media"


def films() -> list[list[bytes]]:
    """A few short loops of JPEGs, one for each clip there is, or one of a still portrait."""
    clips = [list(islice(_clip(path), FRAMES)) for path in sorted(MEDIA.glob("*.mp4"))]
    return [_loop(clip) for clip in clips if clip] or [_loop(list(_panned_portrait()))]


def _loop(pictures: list[Picture]) -> list[bytes]:
    """Forwards and back again, so that nobody jumps where the loop begins anew."""
    jpegs = [encode_jpeg(fit(picture), QUALITY) for picture in pictures]
    return jpegs + jpegs[-2:0:-1]


def _clip(path: Path) -> Iterator[Picture]:
    clip = cv2.VideoCapture(str(path))
    try:
        while True:
            was_read, picture = clip.read()
            if not was_read:
                return
            yield np.asarray(picture, np.uint8)
            for _ in range(CLIP_STEP - 1):
                clip.grab()
    finally:
        clip.release()


def _panned_portrait() -> Iterator[Picture]:
    for number in range(FRAMES):
        yield np.roll(portrait(), number * PAN_PX, axis=1)


def fit(picture: Picture) -> Picture:
    """The picture enlarged or shrunk to cover 640 x 480, and the middle of it cut out."""
    height_px, width_px = picture.shape[:2]
    scale = max(WIDTH_PX / width_px, HEIGHT_PX / height_px)
    size_px = (round(width_px * scale), round(height_px * scale))
    scaled = np.asarray(cv2.resize(picture, size_px, interpolation=cv2.INTER_AREA), np.uint8)
    left_px, top_px = (size_px[0] - WIDTH_PX) // 2, (size_px[1] - HEIGHT_PX) // 2
    return scaled[top_px : top_px + HEIGHT_PX, left_px : left_px + WIDTH_PX]
