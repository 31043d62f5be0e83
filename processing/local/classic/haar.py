"""Faces by OpenCV's Haar cascade."""

import threading
from collections.abc import Sequence
from math import sqrt
from pathlib import Path

import cv2
import numpy as np

from media.frame import Picture
from processing.local.classic.box import Box, whole_of

CASCADE = Path(cv2.__file__).with_name("data") / "haarcascade_frontalface_default.xml"

NEAR_AREA_PX = 27_000
"""A picture is reduced to this area (190 x 142, say) to search it for near faces.

That fixes what a search costs, whatever the camera, and the smallest face that it finds: one that
fills the cascade's window, 24 pixels, and is about a fifth of the picture's height.
"""

DISTANT_AREA_PX = 50_000
"""The same for distant faces, down to a seventh of the height."""

DISTANT_LARGEST_PX = 56
"""The largest distant face in the reduced picture; what is larger is the near search's.

The two overlap widely, since a face that barely fills the window is not found reliably.
"""

FOLLOWED_FACE_PX = 64
"""A known face is brought to this width before it is looked for again in its surroundings."""

_WINDOW_PX = 24
_UNLIMITED = 0
_SCALE_STEP = 1.1
_MIN_NEIGHBORS = 4
_SURROUNDINGS = 0.25
_SMALLEST = 0.75
_LARGEST = 1.33


class HaarDetector:
    """Finds faces that look at the camera. Shared by all threads.

    A CascadeClassifier must not be used by two threads at once, so each thread has its own,
    loaded when it first needs it (some 12 ms).
    """

    def __init__(self, cascade: Path = CASCADE) -> None:
        self._path = cascade
        self._local = threading.local()

    def warm_up(self) -> None:
        """Load the calling thread's cascade now; for a worker pool's initializer.

        Raises RuntimeError if the cascade's file is missing or none.
        """
        self._cascade()

    def find(self, picture: Picture, distant: bool) -> tuple[Box, ...]:
        """All near or all distant faces in the picture, the largest first; costs 10 to 25 ms."""
        area_px = DISTANT_AREA_PX if distant else NEAR_AREA_PX
        scale = min(1.0, sqrt(area_px / whole_of(picture).area_px))
        largest_px = DISTANT_LARGEST_PX if distant else _UNLIMITED
        faces = self._detect(_shrunk_grey(picture, scale), _WINDOW_PX, largest_px)
        found = [face.scaled(1 / scale) for face in faces]
        return tuple(sorted(found, key=lambda face: face.area_px, reverse=True))

    def find_near(self, picture: Picture, face: Box) -> Box | None:
        """The face again, if it is about where it was and about as large; costs some 3 ms."""
        around = face.grown(_SURROUNDINGS, whole_of(picture))
        scale = min(1.0, FOLLOWED_FACE_PX / face.width_px)
        grey = _shrunk_grey(around.cut(picture), scale)
        width_px = face.width_px * scale
        faces = self._detect(grey, int(width_px * _SMALLEST), int(width_px * _LARGEST))
        if not faces:
            return None
        largest = max(faces, key=lambda found: found.area_px)
        return largest.scaled(1 / scale).moved(around.x_px, around.y_px)

    def _detect(self, grey: Picture, smallest_px: int, largest_px: int) -> list[Box]:
        found = self._cascade().detectMultiScale(
            grey,
            scaleFactor=_SCALE_STEP,
            minNeighbors=_MIN_NEIGHBORS,
            minSize=(smallest_px, smallest_px),
            maxSize=(largest_px, largest_px),
        )
        return [Box(*map(int, face)) for face in found]

    def _cascade(self) -> cv2.CascadeClassifier:
        cascade: cv2.CascadeClassifier | None = getattr(self._local, "cascade", None)
        if cascade is None:
            cascade = cv2.CascadeClassifier(str(self._path))
            if cascade.empty():
                raise RuntimeError(f"no Haar cascade: {self._path}")
            self._local.cascade = cascade
        return cascade


def _shrunk_grey(picture: Picture, scale: float) -> Picture:
    height_px, width_px = picture.shape[:2]
    size_px = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    if scale < 1 / 2:
        # Averaging all pixels of a large picture takes longer than finding the face in it.
        picture = _resize(picture, (size_px[0] * 2, size_px[1] * 2), cv2.INTER_LINEAR)
    picture = _resize(picture, size_px, cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def _resize(picture: Picture, size_px: Sequence[int], interpolation: int) -> Picture:
    return np.asarray(cv2.resize(picture, size_px, interpolation=interpolation), np.uint8)
