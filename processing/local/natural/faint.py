"""Faint strands: black hair hides them in its last few levels, and dyed light it would be paint.

Where dark hair has less detail than the rest of it, what there is counts for more.
"""

import cv2
import numpy as np

from processing.local.natural.patch import Grid
from processing.local.natural.planes import Bytes, Floats, blurred

NEAR_CELLS = 13
"""Side of the square of the grid over which detail is measured."""
NOISE = 1.5
"""Levels of luma that are the camera's, and no strand."""
MOST = 2.0
"""What a faint strand may be worth beside its own."""
POWER = 0.6
"""How far faint strands are brought up to the others: 1 would make them all alike."""
DARK, DIM = 32, 56
"""Luma up to which hair is dark, and from which on it shows its strands by itself."""
FROM, TO = 0.9, 1.1
"""What strands are multiplied by in a dye that needs no more of them, and in one that does."""
WORTH = 0.15
"""A gain below this is not worth the time; what is above it begins at nothing."""


def faintness(grid: Grid, contrast: float) -> Floats | None:
    """How much more strands should count, 0 to MOST, on the grid; None where they show by
    themselves. ``contrast`` is what all strands are multiplied by."""
    needed = min((contrast - FROM) / (TO - FROM), 1.0)
    if needed <= 0 or float(grid.low.min()) > DIM:
        return None
    weight, detail = grid.weight, grid.sample - grid.low
    power = np.asarray(weight * detail * detail, np.float32)
    # A running sum may end a hair's breadth below nothing.
    near = np.maximum(blurred(power, NEAR_CELLS), 0)
    near /= blurred(weight, NEAR_CELLS) + np.float32(0.01)
    usual = float(power.sum() / max(float(weight.sum()), 1e-3)) ** 0.5
    gain = (np.float32(usual) / (np.sqrt(near) + np.float32(NOISE))) ** np.float32(POWER)
    dark = np.clip((np.float32(DIM) - grid.low) * np.float32(1 / (DIM - DARK)), 0, 1)
    sure = np.maximum(2 * grid.depth - 1, 0)
    extra = np.clip(gain - np.float32(1 + WORTH), 0, MOST)
    more = np.asarray(extra * dark * sure * np.float32(needed), np.float32)
    return more if float(more.max()) > 0 else None


def as_share(more: Floats) -> Floats:
    """Faintness as 0 to 255, to be enlarged."""
    return np.asarray(more * np.float32(255 / MOST), np.float32)


def brought_out(tones: Bytes, luma: Bytes, low: Bytes, more: Bytes, contrast: float) -> Bytes:
    """Tones with their faint strands, all (height, width): ``luma`` is the hair's, ``low`` the
    same without strands, ``more`` as `as_share` has it."""
    scale = contrast * MOST / 255
    lighter = cv2.multiply(cv2.subtract(luma, low), more, scale=scale)
    darker = cv2.multiply(cv2.subtract(low, luma), more, scale=scale)
    return np.asarray(cv2.subtract(cv2.add(tones, lighter), darker), np.uint8)
