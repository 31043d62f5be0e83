"""Keeps the matte's edge still where the picture is still."""

from dataclasses import replace

import cv2
import numpy as np

from processing.local.natural.matte import Draft
from processing.local.natural.planes import Bytes

KEEP = 0.6
"""Share of the earlier matte where a pixel has not changed."""
NOISE_LEVELS = 7
"""A pixel that differs by no more than this shows the same thing, but for the sensor's noise."""
NEAR_LEVELS = 2
"""So near to the new matte it is taken: rounding would else keep a trace for ever."""


class MatteSettler:
    """One head's last matte.

    The matte follows the picture's grey, and at a sharp edge with its noise: a flicker that no
    smoothing of the mask below it can take away. Where a pixel's own grey stays the same, so
    should its share of hair; where it changes, nothing is held back, so that nothing drags.
    """

    def __init__(self) -> None:
        self._last: Draft | None = None

    def settle(self, draft: Draft) -> Draft:
        """A new frame's matte, held still where the picture is."""
        before = self._last
        if before is not None and _same_place(before, draft):
            draft = replace(draft, alpha=_held(draft, before))
        self._last = draft
        return draft


def _same_place(one: Draft, other: Draft) -> bool:
    return (one.left, one.top, one.alpha.shape) == (other.left, other.top, other.alpha.shape)


def _held(draft: Draft, before: Draft) -> Bytes:
    mixed = cv2.addWeighted(draft.alpha, 1 - KEEP, before.alpha, KEEP, 0)
    still = _at_most(cv2.absdiff(draft.luma, before.luma), NOISE_LEVELS)
    near = _at_most(cv2.absdiff(mixed, draft.alpha), NEAR_LEVELS)
    return np.asarray(cv2.copyTo(mixed, cv2.subtract(still, near), draft.alpha.copy()), np.uint8)


def _at_most(plane: object, level: int) -> Bytes:
    """255 where the plane is no higher than the level, else 0."""
    compared = cv2.compare(plane, level, cv2.CMP_LE)  # type: ignore[call-overload]
    return np.asarray(compared, np.uint8)
