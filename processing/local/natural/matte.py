"""The soft matte of the hair: how much of each pixel is hair."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from processing.local.natural.crop import Square
from processing.local.natural.planes import Bytes, Floats, blurred, halved, resized

RADIUS_SHARE = 1 / 192
"""The guided filter's radius as a share of the crop, but no less than a cell: what it blurs more
widely, the matte spreads onto the skin."""
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


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A matte in the making: ``alpha`` of a rectangle of the picture, ``width`` by ``height`` px
    at ``left`` and ``top``, in steps of one or two pixels, and the ``luma`` that it follows,
    uint8 of the same shape."""

    left: int
    top: int
    width: int
    height: int
    alpha: Bytes
    luma: Bytes

    def matte(self) -> Matte:
        """At the picture's resolution."""
        size = (self.width, self.height)
        fine = self.alpha.shape == size[::-1]
        return Matte(self.left, self.top, self.alpha if fine else resized(self.alpha, size))


def refine(hair: Floats, guide: Bytes, square: Square, luma: Bytes, step: int = 1) -> Draft | None:
    """The matte that follows the picture's edges. None where there is no hair.

    A fast guided filter (He and Sun, 2015): its linear model of alpha in grey is fitted on the
    small crop and applied to the whole pixels. ``hair`` is (n, n) float 0 to 1 over the square,
    ``guide`` the square's crop of the luma, (n, n), ``luma`` the whole picture's. With ``step`` 2
    the matte is made at half the picture's resolution: a third of the cost, softer strands.
    """
    block = _block(hair > FAINT, square, luma.shape)
    if block is None:
        return None
    grey = guide.astype(np.float32) * np.float32(1 / 255)
    planes = [plane[block.down, block.across] for plane in _linear_model(grey, hair)]
    across, down = block.pixels(square, len(hair))
    columns, rows = _clipped(across, luma.shape[1]), _clipped(down, luma.shape[0])
    size = ((across.stop - across.start) // step, (down.stop - down.start) // step)
    part = _within(rows, down, step), _within(columns, across, step)
    slope, offset = (resized(plane, size)[part] for plane in planes)
    region = luma[rows, columns]
    coarse = region if step == 1 else halved(region)
    height, width = region.shape
    alpha = _applied(slope, offset, coarse)
    return Draft(columns.start, rows.start, width, height, alpha, coarse)


def _within(inside: slice, whole: slice, step: int) -> slice:
    """A part of a range of pixels, from that range's start on, in steps."""
    start, stop = inside.start - whole.start, inside.stop - whole.start
    return slice(start // step, -(-stop // step))


def _applied(slope: Floats, offset: Floats, region: Bytes) -> Bytes:
    """The linear model of alpha on the region's grey, 0 to 255."""
    # Both do what they do and the change of type in one go, block by block in the cache.
    fine = cv2.multiply(region, slope, dtype=cv2.CV_32F)
    return np.asarray(cv2.add(fine, offset, dtype=cv2.CV_8U), np.uint8)


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
        across = slice(*(_even(square.left + c * cell) for c in _ends(self.across)))
        return across, slice(*(_even(square.top + c * cell) for c in _ends(self.down)))


def _even(place: float) -> int:
    """To an even pixel, so that the block can be halved."""
    return 2 * round(place / 2)


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
    cell = square.side / n
    across = _visible(_stepped(columns, margin, n), -square.left / cell, shape[1] / cell)
    down = _visible(_stepped(rows, margin, n), -square.top / cell, shape[0] / cell)
    if across.stop <= across.start or down.stop <= down.start:
        return None
    block = _Block(across, down)
    for pixels, limit in zip(block.pixels(square, n), (shape[1], shape[0]), strict=True):
        if _clipped(pixels, limit).start >= _clipped(pixels, limit).stop:
            return None
    return block


def _visible(cells: slice, start: float, length: float) -> slice:
    """The cells that a picture shows which begins and ends there, in cells; and two more."""
    first, last = int(np.floor(start)) - 2, int(np.ceil(start + length)) + 2
    return slice(max(cells.start, first), min(cells.stop, last))


def _stepped(found: NDArray[np.intp], margin: int, n: int) -> slice:
    first, last = int(found[0]) - margin, int(found[-1]) + margin
    return slice(
        max(0, first // STEP_CELLS * STEP_CELLS), min(n, -(-last // STEP_CELLS) * STEP_CELLS)
    )
