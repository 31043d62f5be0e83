"""The part of a picture that has hair in it.

All of it is kept in bytes, and whatever varies slowly is computed on a small grid.
"""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from media.frame import Picture
from processing.local.natural.matte import Matte

Bytes: TypeAlias = NDArray[np.uint8]
Plane: TypeAlias = NDArray[np.float32]

GRID_PX = 136
"""The grid is the patch shrunk by a power of two until its shorter side is no longer than this."""

STRAND_SIGMA = 1.6
"""Sigma of the low-pass that tells shading from strands, in grid cells."""

_FALLBACK = 0.02
"""Weight of the mean beside a neighbourhood, so that a place without hair gets the mean."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """What varies slowly, on the small grid: float32, luma 0 to 255, shares 0 to 1.

    ``alpha`` is how much of a cell is hair, ``weight`` the same but 0 where it is less than half,
    ``sample`` the luma of one pixel of the cell, ``grey`` the mean of all of them, ``low`` the
    hair's luma around the cell, without its strands, and ``depth`` 1 within the hair and 0 at its
    rim, a cell wide.
    """

    factor: int
    alpha: Plane
    weight: Plane
    sample: Plane
    grey: Plane
    low: Plane
    depth: Plane


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A cut of the picture, its sides multiples of the grid's factor. Nothing may write to it.

    ``alpha`` is uint8 (height, width); ``height`` and ``width`` are those of the matte's part
    inside the picture, px, at ``left`` and ``top``; what lies beyond them is padding.
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
    def cut(cls, picture: Picture, matte: Matte) -> "Patch | None":
        """None where the matte has nothing inside the picture."""
        rows, columns = picture.shape[:2]
        left, top = max(0, matte.left), max(0, matte.top)
        right = min(columns, matte.left + matte.alpha.shape[1])
        bottom = min(rows, matte.top + matte.alpha.shape[0])
        if right <= left or bottom <= top:
            return None
        part = picture[top:bottom, left:right]
        alpha = matte.alpha[top - matte.top : bottom - matte.top, left - matte.left :]
        alpha = alpha[:, : right - left]
        factor = _factor_of(bottom - top, right - left)
        part, alpha = _padded(part, alpha, factor)
        luma = np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), np.uint8)
        grid = _grid_of(luma, alpha, factor)
        return cls(left, top, right - left, bottom - top, part, luma, alpha, grid)

    def enlarged(self, plane: Plane) -> Bytes:
        """A map of the grid (0 to 255) in the patch's size, as bytes."""
        size = (self.alpha.shape[1], self.alpha.shape[0])
        cells = np.clip(plane + np.float32(0.5), 0, 255).astype(np.uint8)
        return np.asarray(cv2.resize(cells, size), np.uint8)


def shrunk(plane: Bytes, factor: int) -> Bytes:
    """Averaged over squares of ``factor`` (a power of two, which both sides are multiples of)."""
    while factor > 1:
        size = (plane.shape[1] // 2, plane.shape[0] // 2)
        plane = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))
        factor //= 2
    return plane


def blurred(plane: Plane, sigma: float) -> Plane:
    """Gaussian low-pass; the border repeats."""
    taps = 2 * int(2.5 * sigma + 0.5) + 1
    border = cv2.BORDER_REPLICATE
    return np.asarray(cv2.GaussianBlur(plane, (taps, taps), sigma, borderType=border))


def _factor_of(rows: int, columns: int) -> int:
    factor = 1
    while min(rows, columns) > GRID_PX * factor:
        factor *= 2
    return factor


def _padded(part: Picture, alpha: Bytes, factor: int) -> tuple[Picture, Bytes]:
    down, across = -alpha.shape[0] % factor, -alpha.shape[1] % factor
    if not down and not across:
        return part, alpha
    sides = (0, down, 0, across)
    part = np.asarray(cv2.copyMakeBorder(part, *sides, cv2.BORDER_REPLICATE), np.uint8)
    return part, np.asarray(cv2.copyMakeBorder(alpha, *sides, cv2.BORDER_CONSTANT, value=0))


def _grid_of(luma: Bytes, alpha: Bytes, factor: int) -> Grid:
    share = shrunk(alpha, factor).astype(np.float32) * np.float32(1 / 255)
    grey = shrunk(luma, factor).astype(np.float32)
    # What shines through at the edge must not pass for the hair's own luma.
    weight = np.maximum(2 * share - 1, 0)
    total = max(float(weight.sum()), 1e-3)
    mean = float(np.vdot(grey, weight)) / total
    near = blurred(weight, STRAND_SIGMA) + np.float32(_FALLBACK)
    low = (blurred(grey * weight, STRAND_SIGMA) + np.float32(_FALLBACK * mean)) / near
    size = (grey.shape[1], grey.shape[0])
    sample = cv2.resize(luma, size, interpolation=cv2.INTER_NEAREST).astype(np.float32)
    depth = np.asarray(cv2.erode(weight, np.ones((3, 3), np.uint8)), np.float32)
    return Grid(factor, share, weight, sample, grey, low, depth)
