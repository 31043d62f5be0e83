"""Faint strands: black hair hides them in its last few levels, and dyed light it would be paint.

Where dark hair has less detail than the rest of it, what there is counts for more.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from processing.local.natural.patch import Grid, Patch
from processing.local.natural.planes import Bytes, Floats, blurred
from processing.local.natural.windows import Window

NEAR_CELLS = 13
"""Side of the square of the grid over which detail is measured."""
NOISE = 1.5
"""Levels of luma that are the camera's, and no strand."""
MOST = 3.0
"""No strand counts for more than so many of its own."""
POWER = 0.6
"""How far faint strands are brought up to the others: 1 would make them all alike."""
DARK, DIM = 32, 56
"""Luma up to which hair is dark, and from which on it shows its strands by itself."""
FINE = 4
"""Parts of a level: what is multiplied must not be rounded to whole ones before."""
WORTH = 0.25
"""A gain below this is not worth the time."""


@dataclass(frozen=True, slots=True, eq=False)
class Faint:
    """``low``: the hair's luma without its strands, in quarters of a level, of dark hair only;
    ``more``: how much more its strands count there, 255 for MOST - 1; both uint8 of the patch's
    size."""

    low: Bytes
    more: Bytes

    @classmethod
    def of(cls, patch: Patch, contrast: float) -> "Faint | None":
        """None where the hair's strands show by themselves; ``contrast`` is what all strands are
        multiplied by."""
        if contrast <= 1 or float(patch.grid.low.min()) > DIM:
            return None
        more = faintness(patch.grid)
        if float(more.max()) < WORTH:
            return None
        low, large = patch.enlarged(
            np.minimum(patch.grid.low * np.float32(FINE), 255), more * np.float32(255 / (MOST - 1))
        )
        return cls(low, large)

    def brought_out(self, tones: Bytes, luma: Bytes, window: Window, contrast: float) -> Bytes:
        """The tones of a window with its faint strands; ``luma`` is the hair's there."""
        fine = cv2.convertScaleAbs(luma, alpha=FINE)
        low, more = self.low[window], self.more[window]
        scale = contrast * (MOST - 1) / 255 / FINE
        lighter = cv2.multiply(cv2.subtract(fine, low), more, scale=scale)
        darker = cv2.multiply(cv2.subtract(low, fine), more, scale=scale)
        return np.asarray(cv2.subtract(cv2.add(tones, lighter), darker), np.uint8)


def faintness(grid: Grid) -> Floats:
    """How much more strands should count, 0 to MOST - 1, on the grid."""
    weight = grid.weight
    detail = grid.sample - grid.low
    power = np.asarray(weight * detail * detail, np.float32)
    # A running sum may end a hair's breadth below nothing.
    near = np.maximum(blurred(power, NEAR_CELLS), 0)
    near /= blurred(weight, NEAR_CELLS) + np.float32(0.01)
    usual = float(power.sum() / max(float(weight.sum()), 1e-3)) ** 0.5
    gain = (np.float32(usual) / (np.sqrt(near) + np.float32(NOISE))) ** np.float32(POWER)
    dark = np.clip((np.float32(DIM) - grid.low) * np.float32(1 / (DIM - DARK)), 0, 1)
    sure = np.maximum(2 * grid.depth - 1, 0)
    return np.asarray(np.clip(gain - 1, 0, MOST - 1) * dark * sure, np.float32)
