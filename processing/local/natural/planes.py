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


def halved(plane: Bytes) -> Bytes:
    """Averaged over squares of two; a last odd row or column counts for itself."""
    size = (-(-plane.shape[1] // 2), -(-plane.shape[0] // 2))
    return cast("Bytes", cv2.resize(plane, size, interpolation=cv2.INTER_AREA))


def shrunk(plane: Bytes, factor: int) -> Bytes:
    """Averaged over squares of ``factor`` (a power of two, which both sides are multiples of)."""
    while factor > 1:
        plane, factor = halved(plane), factor // 2
    return plane


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


def smoothed(plane: Floats, sigma: float) -> Floats:
    """Gaussian low-pass; the border repeats."""
    taps = 2 * int(2.5 * sigma + 0.5) + 1
    border = cv2.BORDER_REPLICATE
    return np.asarray(cv2.GaussianBlur(plane, (taps, taps), sigma, borderType=border))
