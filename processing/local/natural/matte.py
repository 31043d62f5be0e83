"""The soft matte of the hair: how much of each pixel is hair."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from media.frame import Picture
from processing.local.natural.crop import Square
from processing.local.natural.planes import Floats, blurred, grey_of, resized

RADIUS_SHARE = 1 / 96
"""The guided filter's radius as a share of the crop: as fine as the network answers."""
EPSILON = 0.03**2
"""What counts as an edge of the picture: steps of more than about 8 grey levels."""
FLOOR, CEILING = 0.3, 0.6
"""Below there is haze, above solid hair: stretched apart, so that neither shows."""
STEP_CELLS = 8
"""The rectangle's sides lie at multiples of this many cells."""
FAINT = 0.2
"""Probability from which on the rectangle takes a cell in: with less, none shows."""


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """A rectangle of the picture with the share of hair in each pixel; outside of it there is none.

    ``left`` and ``top`` are the rectangle's corner in the picture, px. ``alpha`` is uint8
    (height, width), 0 (no hair) to 255 (nothing but hair).
    """

    left: int
    top: int
    alpha: NDArray[np.uint8]


def refine(hair: Floats, guide: Picture, square: Square, picture: Picture) -> Matte | None:
    """The matte that follows the picture's edges. None where there is no hair.

    A fast guided filter (He and Sun, 2015): its linear model of alpha in grey is fitted on the
    small crop and applied to the whole pixels. ``hair`` is (n, n) float 0 to 1 over the square,
    ``guide`` the square's crop as BGR, (n, n, 3), ``picture`` the whole picture.
    """
    n = len(hair)
    block = _block(hair > FAINT, square, picture.shape)
    if block is None:
        return None
    grey = grey_of(guide).astype(np.float32) * np.float32(1 / 255)
    slope, offset = _linear_model(grey, hair)
    across, down = block.pixels(square, n)
    size = (across.stop - across.start, down.stop - down.start)
    inside = _clipped(across, picture.shape[1]), _clipped(down, picture.shape[0])
    part = (
        slice(inside[1].start - down.start, inside[1].stop - down.start),
        slice(inside[0].start - across.start, inside[0].stop - across.start),
    )
    slope, offset = (
        resized(plane[block.down, block.across], size)[part] for plane in (slope, offset)
    )
    fine = grey_of(picture[inside[1], inside[0]]).astype(np.float32)
    np.multiply(fine, slope, out=fine)
    np.add(fine, offset, out=fine)
    np.maximum(fine, 0, out=fine)
    alpha = np.asarray(cv2.convertScaleAbs(fine), np.uint8).reshape(fine.shape)
    return Matte(inside[0].start, inside[1].start, alpha)


def _linear_model(grey: Floats, hair: Floats) -> tuple[Floats, Floats]:
    """Slope (per grey level 0 to 255) and offset of alpha, scaled and stretched to 0 to 255."""
    side = 2 * max(1, round(len(grey) * RADIUS_SHARE)) + 1

    def mean(plane: Floats) -> Floats:
        return blurred(plane, side)

    grey_mean, hair_mean = mean(grey), mean(hair)
    spread = mean(np.asarray(grey * grey, np.float32)) - grey_mean * grey_mean
    together = mean(grey * hair) - grey_mean * hair_mean
    slope = np.asarray(together / (spread + EPSILON), np.float32)
    offset = np.asarray(hair_mean - slope * grey_mean, np.float32)
    stretch = np.float32(255 / (CEILING - FLOOR))
    return mean(slope) * (stretch / 255), (mean(offset) - np.float32(FLOOR)) * stretch


@dataclass(frozen=True, slots=True)
class _Block:
    """A block of cells of the crop."""

    across: slice
    down: slice

    def pixels(self, square: Square, n: int) -> tuple[slice, slice]:
        """The columns and rows of the picture that it covers, also beyond the picture's edges."""
        cell = square.side / n
        across = slice(*(round(square.left + c * cell) for c in _ends(self.across)))
        return across, slice(*(round(square.top + c * cell) for c in _ends(self.down)))


def _ends(cells: slice) -> tuple[int, int]:
    return cells.start, cells.stop


def _clipped(pixels: slice, limit: int) -> slice:
    return slice(max(0, pixels.start), min(limit, pixels.stop))


def _block(faint: NDArray[np.bool_], square: Square, shape: tuple[int, ...]) -> _Block | None:
    """The cells around all that may be hair, by whole steps: it must not creep from frame to
    frame, since its corners are rounded to whole pixels. None if no pixel of it is in the picture.
    """
    n = len(faint)
    rows, columns = np.flatnonzero(faint.any(1)), np.flatnonzero(faint.any(0))
    if not len(rows):
        return None
    margin = 2 * max(1, round(n * RADIUS_SHARE)) + 1
    block = _Block(_stepped(columns, margin, n), _stepped(rows, margin, n))
    for pixels, limit in zip(block.pixels(square, n), (shape[1], shape[0]), strict=True):
        if _clipped(pixels, limit).start >= _clipped(pixels, limit).stop:
            return None
    return block


def _stepped(found: NDArray[np.intp], margin: int, n: int) -> slice:
    first, last = int(found[0]) - margin, int(found[-1]) + margin
    return slice(
        max(0, first // STEP_CELLS * STEP_CELLS), min(n, -(-last // STEP_CELLS) * STEP_CELLS)
    )
