"""The kinds of arrays that the metrics deal in."""

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Mask: TypeAlias = NDArray[np.bool_]
"""Height x width: which pixels belong."""
Alpha: TypeAlias = NDArray[np.uint8]
"""Height x width of the whole picture: 0 no hair, 255 nothing but hair."""
Plane: TypeAlias = NDArray[np.float32]
"""Height x width, one number for each pixel."""

HAIR_FROM = 128
"""An alpha from here on is hair, where a yes or no is asked for."""


def is_hair(alpha: Alpha) -> Mask:
    """The matte as yes or no."""
    return np.asarray(alpha >= HAIR_FROM, np.bool_)


def disc(radius_px: int) -> NDArray[np.uint8]:
    """A round structuring element."""
    size = 2 * radius_px + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)


def grown(mask: Mask, radius_px: int) -> Mask:
    """The mask and all within that distance of it."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), disc(radius_px)) > 0, np.bool_)


def shrunk(mask: Mask, radius_px: int) -> Mask:
    """What is farther than that from the mask's rim; the picture's edge is no rim."""
    beyond: Any = {"borderType": cv2.BORDER_CONSTANT, "borderValue": 1}
    eroded = cv2.erode(mask.astype(np.uint8), disc(radius_px), **beyond)
    return np.asarray(eroded > 0, np.bool_)


def mean(values: "list[float]") -> float:
    """The mean; nan of nothing."""
    return float(np.mean(values)) if values else float("nan")


def median(values: "list[float]") -> float:
    """The median; nan of nothing."""
    return float(np.median(values)) if values else float("nan")
