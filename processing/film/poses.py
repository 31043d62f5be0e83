"""Which frames of a film stand best for all of it. Pure."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

ENOUGH: Final = 0.04
"""A further keyframe costs as much as the first: it must stand for such a share of the frames that
none stood for before."""
LEAST: Final = 1e-6
SURE: Final = 0.85
"""A frame so like its keyframe needs no better one."""


def chosen(likeness: NDArray[np.float64], worth: NDArray[np.float64], most: int) -> list[int]:
    """The frames of which at most ``most`` stand best for all, in order of time.

    ``likeness`` (frames, frames) is how well each row's frame stands for each column's, 0 to 1;
    ``worth`` (frames,) how good the frames themselves are, 0 (none) to 1. Greedy, which for such a
    cover is nearly as good as can be (Nemhauser et al., 1978).
    """
    covers = np.minimum(likeness / SURE, 1) * np.sqrt(worth)[:, None]
    covered, found = np.zeros(len(worth)), list[int]()
    while len(found) < most and len(worth):
        gains = np.maximum(covers - covered, 0).sum(axis=1)
        best = int(np.argmax(gains))
        if gains[best] < (ENOUGH * len(worth) if found else LEAST):
            break
        found.append(best)
        covered = np.maximum(covered, covers[best])
    return sorted(found)


def ranked(values: Sequence[float]) -> NDArray[np.float64]:
    """Each value's share of the largest, 0 to 1."""
    array = np.asarray(values, np.float64)
    return array / max(float(array.max(initial=0.0)), 1e-9)
