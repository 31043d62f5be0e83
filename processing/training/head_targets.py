"""What the head finder is to answer: a peak at every face's centre, and there place and height."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

STRIDE_PX = 8
"""The network answers once for a cell of so many pixels a side."""
FACE_UNIT_PX = 32.0
"""Heights are learned as logarithms of multiples of this."""
HALF_CELL = 0.5
NEAR = 0.3
"""From this height of the bump around a centre on, a cell is to tell place and height."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A face in a picture: centre and height, px."""

    cx: float
    cy: float
    height: float


@dataclass(frozen=True, slots=True, eq=False)
class HeadTargets:
    """Per cell, float32: ``heat`` (1, h, w), how near a face's centre is, 0 to 1, with exactly 1
    in the cell that holds it; ``place`` (3, h, w): offset across and down in cells, ln(height /
    32 px); ``weight`` (1, h, w): 1 where the place counts."""

    heat: Floats
    place: Floats
    weight: Floats

    @staticmethod
    def of(faces: Sequence[Seen], shape: tuple[int, int]) -> "HeadTargets":
        """The targets of a picture with ``shape`` (rows, columns) of cells.

        Faces whose centre lies outside of it are passed over.
        """
        heat, place = np.zeros((1, *shape), np.float32), np.zeros((3, *shape), np.float32)
        targets = HeadTargets(heat, place, np.zeros_like(heat))
        for face in faces:
            x, y = face.cx / STRIDE_PX - HALF_CELL, face.cy / STRIDE_PX - HALF_CELL
            if min(x, y) >= -HALF_CELL and x < shape[1] and y < shape[0]:
                targets._mark(x, y, face.height)
        return targets

    def _mark(self, x: float, y: float, height: float) -> None:
        """Put in a face centred at cell (x, y), fractions counted from the cells' centres."""
        shape = self.heat[0].shape
        rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
        reach = max(0.6, 0.12 * height / STRIDE_PX)
        bump = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * reach**2))
        bump[min(shape[0] - 1, round(max(0, y))), min(shape[1] - 1, round(max(0, x)))] = 1.0
        near = bump > np.maximum(NEAR, self.heat[0])
        self.heat[0] = np.maximum(self.heat[0], bump)
        self.weight[0][near] = 1.0
        values = (x - columns, y - rows, np.full(shape, np.log(height / FACE_UNIT_PX)))
        for plane, value in zip(self.place, values, strict=True):
            plane[near] = value[near]
