"""The square that is cut around a head and handed to the network, and the way back."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from media.frame import Picture

BEYOND = 127
"""Grey that stands for what lies beyond the picture's edge; the network was trained with it."""

HALVED = 2
"""From this shrinking on pixels are averaged before they are picked."""


@dataclass(frozen=True, slots=True)
class Square:
    """A square in picture coordinates (px, origin at the picture's corner): centre and side."""

    cx: float
    cy: float
    side: float

    @property
    def left(self) -> float:
        """The left edge, px."""
        return self.cx - self.side / 2

    @property
    def top(self) -> float:
        """The upper edge, px."""
        return self.cy - self.side / 2

    def matrix(self, size_px: int) -> NDArray[np.float64]:
        """The 2x3 affine map from picture pixels to those of a crop of ``size_px``.

        Pixel centres lie at half integers, as in ``cv2.resize``.
        """
        scale = size_px / self.side
        shift = 0.5 * scale - 0.5
        return np.array(
            [[scale, 0.0, shift - self.left * scale], [0.0, scale, shift - self.top * scale]]
        )


def take(picture: Picture, square: Square, size_px: int) -> Picture:
    """The square as a (size_px, size_px, 3) uint8 BGR picture, grey beyond the edges."""
    matrix = square.matrix(size_px)
    shrink = int(square.side / size_px)
    if shrink >= HALVED:
        picture, matrix = _halved(picture, square, size_px, shrink)
    size, grey = (size_px, size_px), (BEYOND, BEYOND, BEYOND)
    crop = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderValue=grey)
    return cast("Picture", crop)


def _halved(
    picture: Picture, square: Square, size_px: int, shrink: int
) -> tuple[Picture, NDArray[np.float64]]:
    """The part of the picture that is needed, averaged down by a whole factor against aliasing."""
    height, width = picture.shape[:2]
    left, top = max(0, int(square.left) - shrink), max(0, int(square.top) - shrink)
    right = min(width, int(square.left + square.side) + 2 * shrink)
    bottom = min(height, int(square.top + square.side) + 2 * shrink)
    across, down = (right - left) // shrink, (bottom - top) // shrink
    if across < 1 or down < 1:
        return picture, square.matrix(size_px)
    part = picture[top : top + down * shrink, left : left + across * shrink]
    small = cast("Picture", cv2.resize(part, (across, down), interpolation=cv2.INTER_AREA))
    inner = Square((square.cx - left) / shrink, (square.cy - top) / shrink, square.side / shrink)
    return small, inner.matrix(size_px)
