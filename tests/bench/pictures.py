"""What the cameras see: 640 x 480 JPEGs of a person who moves a little."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from media.codec import decode_photo, encode_jpeg
from media.frame import Picture
from tests.pictures import portrait

WIDTH_PX, HEIGHT_PX = 640, 480
QUALITY = 80
FRAMES = 12
CLIP_STEP = 3
"""Every third frame of a clip: ten a second, so that the frames differ."""
PAN_PX = 6
VIDEO_FPS = 30
MEDIA = Path(__file__).parents[2].parent / "shared" / "media"


def films() -> list[list[bytes]]:
    """A few short loops of JPEGs, one for each clip there is, or one of a still portrait."""
    clips = [list(islice(_clip(path), FRAMES)) for path in sorted(MEDIA.glob("*.mp4"))]
    return [_loop(clip) for clip in clips if clip] or [_loop(list(_panned_portrait()))]


def video(seconds: int, loop: Sequence[bytes]) -> bytes:
    """A film in MP4 that shows this loop."""
    stream = BytesIO()
    with av.open(stream, "w", format="mp4") as output:
        coder: Any = output.add_stream("libx264", rate=VIDEO_FPS)
        coder.width, coder.height, coder.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        coder.options = {"preset": "veryfast"}
        for number, jpeg in enumerate(islice(cycle(loop), seconds * VIDEO_FPS)):
            picture = decode_photo(jpeg, WIDTH_PX * HEIGHT_PX, None)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, VIDEO_FPS)
            output.mux(coder.encode(frame))
        output.mux(coder.encode())
    return stream.getvalue()


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
