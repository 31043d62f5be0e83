"""Pictures and planes filled, warped and weighed, as carrying them takes it."""

from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from media.frame import Picture
from processing.cloud.paste import tone
from processing.local.natural.matte import Matte
from processing.local.natural.planes import Bytes, Floats, P, fetched, smoothed

LEAST_WEIGHT: Final = 1e-3


def spread_pixels(picture: Picture, known: NDArray[np.bool_]) -> Picture:
    """A BGR picture whose unknown pixels are filled from the known ones around them; as it is where
    all or nothing is known."""
    if known.all() or not known.any():
        return picture
    full = tone.spread_out(picture.astype(np.float32), known.astype(np.float32))
    return np.asarray(np.clip(np.rint(full), 0, 255), np.uint8)


def opened(plane: Bytes, disc: Bytes) -> Bytes:
    """A matte without all that a disc does not fit into."""
    return cast("Bytes", cv2.morphologyEx(plane, cv2.MORPH_OPEN, disc))


def averaged(plane: Floats, weight: Floats, sigma: float, rest: float = LEAST_WEIGHT) -> Floats:
    """The weighted mean of each place's surroundings, of a plane (h, w) or planes (h, w, n); 0
    where the weights there are far below ``rest``."""
    wide = weight if plane.ndim == weight.ndim else weight[..., None]
    total = smoothed(weight, sigma) + np.float32(rest)
    sums = smoothed(np.asarray(plane * wide, np.float32), sigma)
    return np.asarray(sums / (total if plane.ndim == weight.ndim else total[..., None]), np.float32)


def places(size: tuple[int, int]) -> Floats:
    """Each pixel's own place, (h, w, 2)."""
    rows, columns = np.indices(size[::-1], dtype=np.float32)
    return np.dstack([columns, rows])


def taken_through(plane: P, sources: Floats, way: int = cv2.INTER_LINEAR) -> P:
    """Each pixel from where ``sources`` (h, w, 2) says; the edge goes on for ever."""
    if way == cv2.INTER_LINEAR:
        return fetched(plane, sources)
    mode = cv2.BORDER_REPLICATE
    result = cv2.remap(plane, sources, None, way, borderMode=mode)  # type: ignore[call-overload]
    return cast("P", result)


def whole(matte: Matte, shape: tuple[int, ...]) -> Bytes:
    """The matte of the whole picture, of that (height, width)."""
    alpha = np.zeros(shape[:2], np.uint8)
    height, width = matte.alpha.shape
    alpha[matte.top : matte.top + height, matte.left : matte.left + width] = matte.alpha
    return alpha
