"""The part of a picture that has hair in it.

All of it is kept in bytes, and whatever varies slowly is computed on a small grid.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from media.frame import Picture
from processing.local.natural.matte import Matte
from processing.local.natural.planes import Bytes, Floats, resized, shrunk, smoothed
from processing.local.natural.view import View

GRID_PX = 136
"""The grid is the patch shrunk by a power of two until its shorter side is no longer than this."""

STEP_PX = 32
"""The patch's sides lie at multiples of this, so that the grid does not slide over the hair as the
matte's outline moves."""

STRAND_SIGMA = 1.6
"""Sigma of the low-pass that tells shading from strands, in cells of the finer grid."""

_FALLBACK = 0.02
"""Weight of the mean beside a neighbourhood, so that a place without hair gets the mean."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """What varies slowly, on the small grid: float32, luma 0 to 255, shares 0 to 1.

    ``alpha`` is how much of a cell is hair, ``weight`` the same but 0 where it is less than half,
    ``sample`` the luma of one pixel of the cell, ``grey`` the mean of all of them, ``low`` the
    hair's luma around the cell, without its strands, and ``depth`` 1 within the hair and 0 at its
    rim, a cell wide. ``is_coarse``: with half as many cells each way as it should have.
    """

    factor: int
    is_coarse: bool
    alpha: Floats
    weight: Floats
    sample: Floats
    grey: Floats
    low: Floats
    depth: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A cut of the picture. Nothing may write to it.

    ``height`` and ``width`` are those of the matte's part inside the picture, px, at ``left`` and
    ``top``. ``luma`` and ``alpha``, uint8, are padded to multiples of the grid's factor.
    """

    left: int
    top: int
    width: int
    height: int
    picture: Picture
    luma: Bytes
    alpha: Bytes
    grid: Grid

    @classmethod
    def cut(cls, view: View, matte: Matte, coarse: bool = False) -> "Patch | None":
        """None where the matte has nothing inside the picture. ``coarse``: with a grid of half as
        many cells each way, where there are enough of them."""
        across, down = _place(matte, view.luma.shape)
        if across.stop <= across.start or down.stop <= down.start:
            return None
        part, luma = view.picture[down, across], view.luma[down, across]
        rows = slice(down.start - matte.top, down.stop - matte.top)
        columns = slice(across.start - matte.left, across.stop - matte.left)
        height, width = luma.shape
        fine = _factor_of(height, width)
        factor = 2 * fine if coarse and fine > 1 else fine
        luma, alpha = _padded(luma, matte.alpha[rows, columns], factor)
        grid = _grid_of(luma, alpha, factor, fine)
        return cls(across.start, down.start, width, height, part, luma, alpha, grid)

    def enlarged(self, *planes: Floats) -> list[Bytes]:
        """Maps of the grid (0 to 255) in the patch's size, as bytes.

        One above the other, each with its border repeated, they are enlarged in one go: with two
        workers the number of calls counts.
        """
        factor, rows = self.grid.factor, len(planes[0])
        stack = np.concatenate([part for p in planes for part in (p[:1], p, p[-1:])])
        cells = np.asarray(cv2.convertScaleAbs(np.maximum(stack, 0)), np.uint8)
        large = resized(cells, (self.alpha.shape[1], len(cells) * factor))
        tops = [(number * (rows + 2) + 1) * factor for number in range(len(planes))]
        return [large[top : top + rows * factor] for top in tops]


def _place(matte: Matte, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The columns and rows of the picture in which there is hair, by whole steps."""
    x, y, width, height = cv2.boundingRect(matte.alpha)
    across = _stepped(matte.left, x, x + width, matte.alpha.shape[1], shape[1])
    return across, _stepped(matte.top, y, y + height, matte.alpha.shape[0], shape[0])


def _stepped(origin: int, start: int, stop: int, size: int, limit: int) -> slice:
    """A range of a matte of that size at ``origin``, widened to steps within matte and picture."""
    first = (origin + start) // STEP_PX * STEP_PX
    last = -(-(origin + stop) // STEP_PX) * STEP_PX
    return slice(max(0, origin, first), min(limit, origin + size, last))


def _factor_of(rows: int, columns: int) -> int:
    factor = 1
    while min(rows, columns) > GRID_PX * factor:
        factor *= 2
    return factor


def _padded(luma: Bytes, alpha: Bytes, factor: int) -> tuple[Bytes, Bytes]:
    down, across = -alpha.shape[0] % factor, -alpha.shape[1] % factor
    if not down and not across:
        return luma, alpha
    sides = (0, down, 0, across)
    luma = np.asarray(cv2.copyMakeBorder(luma, *sides, cv2.BORDER_REPLICATE), np.uint8)
    return luma, np.asarray(cv2.copyMakeBorder(alpha, *sides, cv2.BORDER_CONSTANT, value=0))


def _grid_of(luma: Bytes, alpha: Bytes, factor: int, fine: int) -> Grid:
    share = shrunk(alpha, factor).astype(np.float32) * np.float32(1 / 255)
    grey = shrunk(luma, factor).astype(np.float32)
    # What shines through at the edge must not pass for the hair's own luma.
    weight = np.maximum(2 * share - 1, 0)
    total = max(float(weight.sum()), 1e-3)
    mean = float(np.vdot(grey, weight)) / total
    sigma = STRAND_SIGMA * fine / factor
    near = smoothed(weight, sigma) + np.float32(_FALLBACK)
    low = (smoothed(grey * weight, sigma) + np.float32(_FALLBACK * mean)) / near
    size = (grey.shape[1], grey.shape[0])
    sample = cv2.resize(luma, size, interpolation=cv2.INTER_NEAREST).astype(np.float32)
    depth = np.asarray(cv2.erode(weight, np.ones((3, 3), np.uint8)), np.float32)
    return Grid(factor, factor > fine, share, weight, sample, grey, low, depth)
