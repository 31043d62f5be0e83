"""How much of what a crop shows is dyed: where crops of two heads overlap, and at their edges."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from processing.local.natural.crop import Square
from processing.local.natural.heads import Head
from processing.local.natural.planes import Floats

SOFTNESS = 0.15
"""Over this difference of distances, in face heights, one head's share goes over to the other."""
FEATHER_SHARE = 0.05
"""Hair that leaves a crop fades over this share of its side."""


def shares(
    heads: Sequence[Head], squares: Sequence[Square], size_px: int
) -> list[Floats | np.float32]:
    """For each head, which share (0 to 1) of every cell of its square belongs to it."""
    return [
        share_of(own, [head for head in heads if head is not own], square, size_px)
        for own, square in zip(heads, squares, strict=True)
    ]


def share_of(
    own: Head, others: Sequence[Head], square: Square, size_px: int
) -> Floats | np.float32:
    """Which share (0 to 1) of every cell of a head's square belongs to it, and to no other."""
    if not others:
        return np.float32(1)
    places = (np.arange(size_px, dtype=np.float32) + 0.5) * (square.side / size_px)
    x, y = places[None, :] + square.left, places[:, None] + square.top

    def distance(head: Head) -> Floats:
        return np.asarray(np.hypot(x - head.cx, y - head.cy) / head.height, np.float32)

    nearest = np.min([distance(head) for head in others], axis=0)
    share = 0.5 + (nearest - distance(own)) / np.float32(2 * SOFTNESS)
    return np.asarray(np.clip(share, 0, 1), np.float32)


def feather(square: Square, size_px: int, shape: tuple[int, ...]) -> Floats:
    """Weights (size_px, size_px), 0 to 1, that fade towards those sides of a crop that lie inside
    a picture of that shape: hair that is longer than the crop must not end at a line."""
    right, bottom = square.left + square.side, square.top + square.side
    return _ramps(size_px, square.left > 0, right < shape[1], square.top > 0, bottom < shape[0])


@lru_cache(maxsize=32)
def _ramps(size_px: int, left: bool, right: bool, top: bool, bottom: bool) -> Floats:
    """1, but fading to 0 at the sides that are named. Read-only: it is shared."""
    ramp = (np.arange(size_px, dtype=np.float32) + 0.5) / (FEATHER_SHARE * size_px)
    near, ones = np.minimum(1, ramp), np.ones(size_px, np.float32)
    across = (near if left else ones) * (near[::-1] if right else ones)
    down = (near if top else ones) * (near[::-1] if bottom else ones)
    weights = np.asarray(down[:, None] * across[None, :], np.float32)
    weights.flags.writeable = False
    return weights
