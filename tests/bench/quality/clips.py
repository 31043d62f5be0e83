"""Frames of real clips, and of still scenes made from them."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from media.codec import decode_frame, encode_jpeg
from media.frame import Picture
from tests.bench.quality.truth import Face

NOISE_LEVELS = 4.0
"""Standard deviation of a webcam's noise in a room, in levels of 255, before its JPEG."""
JPEG_QUALITY = 80
MAX_PX = 1 << 24
LONGER_SIDE_PX = 640
"""Of what a camera sends to the service; larger frames are shrunk to it."""


def clips(folder: Path) -> dict[str, Path]:
    """The films of a folder by their names, in order."""
    return {path.stem: path for path in sorted(folder.glob("*.mp4"))}


def frames(path: Path, count: int) -> list[Picture]:
    """The first frames of a film."""
    return list(islice(_read(path), count))


def still(picture: Picture, count: int) -> list[Picture]:
    """One picture as a still camera sees it again and again: new noise, and JPEG, each time."""
    rng = np.random.default_rng(1)
    return [_seen(picture, rng) for _ in range(count)]


def _read(path: Path) -> Iterator[Picture]:
    film = cv2.VideoCapture(str(path))
    try:
        while True:
            was_read, picture = film.read()
            if not was_read:
                return
            yield _fitted(np.asarray(picture, np.uint8))
    finally:
        film.release()


def _fitted(picture: Picture) -> Picture:
    scale = LONGER_SIDE_PX / max(picture.shape[:2])
    if scale >= 1:
        return picture
    shrunk = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.uint8)


def _seen(picture: Picture, rng: np.random.Generator) -> Picture:
    noisy = picture + rng.normal(0, NOISE_LEVELS, picture.shape).astype(np.float32)
    levels = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    return decode_frame(encode_jpeg(levels, JPEG_QUALITY), MAX_PX)


class FaceFinder:
    """YuNet, which also found the faces of the truth pictures."""

    def __init__(self, weights: Path) -> None:
        self._net = cv2.FaceDetectorYN.create(str(weights), "", (320, 320), 0.6)

    def largest(self, picture: Picture) -> Face | None:
        """The face of the greatest height; None if there is none."""
        self._net.setInputSize((picture.shape[1], picture.shape[0]))
        _, rows = self._net.detect(picture)
        found = [] if rows is None else [Face.of(row) for row in rows]
        return max(found, key=lambda face: face.height, default=None)
