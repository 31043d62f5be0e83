"""Keeps the matte's edge still where the picture is still."""

import cv2
import numpy as np

from media.frame import Picture
from processing.local.natural.matte import Matte
from processing.local.natural.planes import Bytes, grey_of

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
        self._matte: Matte | None = None
        self._grey: Bytes | None = None

    def settle(self, matte: Matte, picture: Picture) -> Matte:
        """The matte of a new frame, held still where the picture is."""
        height, width = matte.alpha.shape
        grey = grey_of(picture[matte.top : matte.top + height, matte.left : matte.left + width])
        before, before_grey = self._matte, self._grey
        if before is not None and before_grey is not None and _same_place(before, matte):
            matte = Matte(matte.left, matte.top, _held(matte, before, grey, before_grey))
        self._matte, self._grey = matte, grey
        return matte


def _same_place(one: Matte, other: Matte) -> bool:
    return (one.left, one.top, one.alpha.shape) == (other.left, other.top, other.alpha.shape)


def _held(matte: Matte, before: Matte, grey: Bytes, before_grey: Bytes) -> Bytes:
    mixed = cv2.addWeighted(matte.alpha, 1 - KEEP, before.alpha, KEEP, 0)
    still = _at_most(cv2.absdiff(grey, before_grey), NOISE_LEVELS)
    near = _at_most(cv2.absdiff(mixed, matte.alpha), NEAR_LEVELS)
    return np.asarray(cv2.copyTo(mixed, cv2.subtract(still, near), matte.alpha.copy()), np.uint8)


def _at_most(plane: object, level: int) -> Bytes:
    """255 where the plane is no higher than the level, else 0."""
    compared = cv2.compare(plane, level, cv2.CMP_LE)  # type: ignore[call-overload]
    return np.asarray(compared, np.uint8)
