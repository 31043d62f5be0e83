"""A face as the detector's boxes and landmarks give it, and a frame of reference to draw in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Face:
    """A face: box centre and size in px, five landmarks (eyes, nose, mouth corners) as (5, 2)."""

    cx: float
    cy: float
    width: float
    height: float
    landmarks: tuple[tuple[float, float], ...]

    @staticmethod
    def parse(entry: dict[str, list[float]]) -> "Face":
        """From an entry of ``faces.json``: ``box`` [x, y, w, h] and ``lm`` [x, y] * 5."""
        x, y, width, height = entry["box"]
        marks = entry["lm"]
        points = tuple((marks[i], marks[i + 1]) for i in range(0, 10, 2))
        return Face(x + width / 2, y + height / 2, width, height, points)

    @staticmethod
    def parse_all(entries: Sequence[dict[str, list[float]]]) -> "tuple[Face, ...]":
        """All faces of a picture, the largest first."""
        faces = map(Face.parse, entries)
        return tuple(sorted(faces, key=lambda face: -face.width * face.height))


@dataclass(frozen=True, slots=True)
class FaceAxes:
    """Coordinates that turn with the face: origin between the eyes, 1 down is at the mouth.

    ``across`` is measured in eye distances, not taken below 0.75 of the way to the mouth, since
    the eyes of a profile coincide.
    """

    eyes: tuple[float, float]
    down: tuple[float, float]
    depth_px: float
    eye_px: float

    @staticmethod
    def of(face: Face) -> "FaceAxes":
        """The axes of a face."""
        points = np.array(face.landmarks)
        eyes, mouth = points[:2].mean(0), points[3:].mean(0)
        depth = max(1.0, float(np.hypot(*(mouth - eyes))))
        down = (mouth - eyes) / depth
        eye = max(float(np.hypot(*(points[1] - points[0]))), 0.75 * depth)
        return FaceAxes((eyes[0], eyes[1]), (down[0], down[1]), depth, eye)

    def grid(self, shape: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """For every pixel of (h, w): how far down the face it lies, and how far across."""
        y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
        dx, dy = x - self.eyes[0], y - self.eyes[1]
        down = (dx * self.down[0] + dy * self.down[1]) / self.depth_px
        across = (dx * self.down[1] - dy * self.down[0]) / self.eye_px
        return down.astype(np.float32), across.astype(np.float32)

    def point(self, down: float, across: float) -> tuple[float, float]:
        """The pixel at these coordinates."""
        x = self.eyes[0] + down * self.depth_px * self.down[0] + across * self.eye_px * self.down[1]
        y = self.eyes[1] + down * self.depth_px * self.down[1] - across * self.eye_px * self.down[0]
        return x, y
