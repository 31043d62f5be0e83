"""OpenCV on single planes, with types: its stubs know pictures of any kind only."""

from typing import TypeAlias, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from media.frame import Picture

Bytes: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float32]
P = TypeVar("P", Bytes, Floats)


def grey_of(picture: Picture) -> Bytes:
    """The luma (h, w) of a BGR picture (h, w, 3)."""
    return cast("Bytes", cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))


def resized(plane: P, size: tuple[int, int]) -> P:
    """The plane at another (width, height), bilinear."""
    return cast("P", cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR))


def warped(plane: P, matrix: NDArray[np.float64], size_px: int) -> P:
    """The plane seen through a 2x3 affine map, (size_px, size_px); 0 where it does not reach."""
    return cast("P", cv2.warpAffine(plane, matrix, (size_px, size_px), flags=cv2.INTER_LINEAR))


def fetched(plane: P, sources: Floats) -> P:
    """Each pixel from where ``sources`` (h, w, 2) says, bilinear; the edge goes on for ever."""
    mode = cv2.BORDER_REPLICATE
    # The stubs insist on a second map; None says that the first one holds both coordinates.
    result = cv2.remap(plane, sources, None, cv2.INTER_LINEAR, borderMode=mode)  # type: ignore[call-overload]
    return cast("P", result)


def blurred(plane: P, side_px: int) -> P:
    """The mean of each pixel's square surroundings."""
    return cast("P", cv2.blur(plane, (side_px, side_px), borderType=cv2.BORDER_REPLICATE))
