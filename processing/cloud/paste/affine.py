"""Maps between the pixels of two pictures: 2x3 affine matrices, pixel centres at whole numbers."""

from typing import TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from processing.local.natural.planes import Bytes, halved

Affine: TypeAlias = NDArray[np.float64]
"""(2, 3): takes (x, y, 1) of one picture to (x, y) of another, px."""


def after(second: Affine, first: Affine) -> Affine:
    """The first map, then the second."""
    return np.asarray((_square(second) @ _square(first))[:2])


def inverse(matrix: Affine) -> Affine:
    """The way back."""
    return np.asarray(np.linalg.inv(_square(matrix))[:2])


def scaling(factor: float, left_px: float = 0.0, top_px: float = 0.0) -> Affine:
    """Onto a picture ``factor`` times as large of what lies from a corner (px) on, edges on edges:
    pixel centres move by half a pixel."""
    half = 0.5 * factor - 0.5
    return np.array([[factor, 0.0, half - left_px * factor], [0.0, factor, half - top_px * factor]])


def scale_of(matrix: Affine) -> float:
    """How much larger things become."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))


def turn_of(matrix: Affine) -> float:
    """By how many degrees things are turned."""
    return float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))


def moved(
    picture: Bytes, matrix: Affine, size: tuple[int, int], way: int = cv2.INTER_LINEAR
) -> Bytes:
    """A picture (h, w, 3) or a plane (h, w) through a map, at a (width, height); averaged where it
    shrinks; the picture's edge goes on for ever."""
    while scale_of(matrix) < 1 / 2 and min(picture.shape[:2]) > 1:
        height, width = (side // 2 * 2 for side in picture.shape[:2])
        picture, matrix = halved(picture[:height, :width]), after(matrix, scaling(2.0))
    mode = cv2.BORDER_REPLICATE
    return cast("Bytes", cv2.warpAffine(picture, matrix, size, flags=way, borderMode=mode))


def covered(
    shape: tuple[int, int], matrix: Affine, size: tuple[int, int], beyond_px: int = 0
) -> Bytes:
    """Where something of a picture of that shape, and so much around it, comes to lie: 255,
    elsewhere 0."""
    full = np.full([side + 2 * beyond_px for side in shape], 255, np.uint8)
    grown = after(matrix, scaling(1.0, beyond_px, beyond_px))
    return cast("Bytes", cv2.warpAffine(full, grown, size, flags=cv2.INTER_NEAREST))


def _square(matrix: Affine) -> NDArray[np.float64]:
    return np.vstack([matrix, [0.0, 0.0, 1.0]])
