"""The parts of a patch in which there is hair.

A head of hair is a hood: half of the rectangle around it is face and background.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from processing.local.natural.planes import Bytes

ROWS = 240
"""Fewer fit the cache better, but make more calls, and with each the interpreter's lock changes
hands: with two workers that costs more than it saves."""
GAP_PX = 24_000
"""So many pixels without hair between two runs of columns are worth a window more."""

Window = tuple[slice, slice]
"""Rows and columns."""


def windows(alpha: Bytes) -> Iterator[Window]:
    """Windows that do not overlap and leave out no pixel of hair of a (height, width) matte."""
    for top in range(0, alpha.shape[0], ROWS):
        rows = slice(top, min(top + ROWS, alpha.shape[0]))
        gap = GAP_PX // (rows.stop - rows.start)
        for columns in _runs(np.flatnonzero(alpha[rows].max(axis=0)), gap):
            yield rows, columns


def _runs(columns: NDArray[np.intp], gap: int) -> Iterator[slice]:
    """Runs of columns that lie no more than a gap apart."""
    if not len(columns):
        return
    breaks = np.flatnonzero(np.diff(columns) > gap)
    starts = [columns[0], *columns[breaks + 1]]
    ends = [*columns[breaks], columns[-1]]
    for start, end in zip(starts, ends, strict=True):
        yield slice(int(start), int(end) + 1)
