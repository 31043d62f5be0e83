"""The square that is cut around a head and handed to the network, and the way back."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from processing.local.natural.planes import Bytes, shrunk

BEYOND = 127
"""Grey that stands for what lies beyond the picture's edge; the network was trained with it."""

HALVING = 2
"""A square this many times larger than its crop is averaged down before it is picked from."""


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

    def shown(self, size_px: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Which cells of a crop of ``size_px``, (size_px, size_px), lie within a picture of that
        shape: what the network believes to see beyond it means nothing."""
        places = (np.arange(size_px) + 0.5) * (self.side / size_px)
        across, down = places + self.left, places + self.top
        rows = (down >= 0) & (down < shape[0])
        return np.asarray(rows[:, None] & ((across >= 0) & (across < shape[1]))[None, :])


def take(picture: Bytes, square: Square, size_px: int) -> Bytes:
    """The square of a BGR picture (h, w, 3) or of its luma (h, w), as (size_px, size_px) of the
    same; grey beyond the edges."""
    if square.side >= HALVING * size_px:
        picture, square = _halved(picture, square, size_px)
    size, grey = (size_px, size_px), (BEYOND, BEYOND, BEYOND)
    matrix = square.matrix(size_px)
    crop = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderValue=grey)
    return np.asarray(crop, np.uint8)


def _halved(picture: Bytes, square: Square, size_px: int) -> tuple[Bytes, Square]:
    """The part of the picture that is needed, against aliasing halved until the square is less
    than twice its crop's size, and where the square lies in that.

    Halving again and again is many times faster than averaging at once by a larger factor.
    """
    step = 1 << int(np.log2(square.side / size_px))
    height, width = picture.shape[:2]
    left, top = max(0, int(square.left) - step), max(0, int(square.top) - step)
    right = min(width, int(square.left + square.side) + 2 * step)
    bottom = min(height, int(square.top + square.side) + 2 * step)
    across, down = (right - left) // step, (bottom - top) // step
    if across < 1 or down < 1:
        return picture, square
    part = picture[top : top + down * step, left : left + across * step]
    small = shrunk(part, step)
    return small, Square((square.cx - left) / step, (square.cy - top) / step, square.side / step)
