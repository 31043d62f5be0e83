"""How light has changed between a keyframe and a frame, and what has come before the hair."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from processing.cloud.carry.planes import averaged
from processing.cloud.paste import tone
from processing.local.natural.planes import Bytes, Floats, smoothed

DARK_LEVELS: Final = 24.0
"""Added to levels before their ratio is taken: in the dark that is noise."""
MOST_LIGHT: Final = 1.5
FEW: Final = 0.05
"""Where there is less than this around to go by light is taken to be the same."""
SEEN_LEVELS: Final = 25.0
"""A place that differs by so much, in the frame's light, is explained at 1/e."""
AROUND_CELLS: Final = 1.5
NEAR_CELLS: Final = 5
"""Edges may be off by half of this."""
FINGER_CELLS: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class Shade:
    """A frame and a keyframe moved there, both BGR on a grid."""

    frame: Bytes
    keyframe: Bytes

    def light(self, weight: Floats, sigma: float) -> Floats:
        """By what the keyframe's levels are to be multiplied, (rows, columns, 3), smoothly, as it
        is seen where there is weight."""
        mean = averaged(self._ratio(), weight, sigma, rest=FEW)
        most = np.log(MOST_LIGHT)
        return np.asarray(np.exp(np.clip(mean, -most, most)), np.float32)

    def gain(self, where: NDArray[np.bool_]) -> Floats:
        """How much lighter the frame is where a mask is set, as logarithms, (3,)."""
        return tone.face_gain(self._ratio(), where)

    def left(self, gain: Floats) -> Floats:
        """By how many levels the frame is off from anything that the keyframe shows near there, in
        the frame's light, (rows, columns)."""
        dark = np.float32(DARK_LEVELS)
        before = (self.keyframe.astype(np.float32) + dark) * np.exp(gain) - dark
        here, disc = self.frame.astype(np.float32), np.ones((NEAR_CELLS, NEAR_CELLS), np.uint8)
        over, under = here - cv2.dilate(before, disc), cv2.erode(before, disc) - here
        return np.asarray(np.maximum(over, under).max(axis=2), np.float32)

    def _ratio(self) -> Floats:
        dark = np.float32(DARK_LEVELS)
        frame, keyframe = (of.astype(np.float32) + dark for of in (self.frame, self.keyframe))
        return np.asarray(np.log(frame / keyframe), np.float32)


def seen(left: Floats) -> Floats:
    """How far what is left over shows the same thing, 0 to 1; gaps narrower than a finger are
    edges that do not fit."""
    mean = smoothed(np.maximum(left, 0), AROUND_CELLS)
    sure = np.asarray(np.exp(-np.square(mean / SEEN_LEVELS)), np.float32)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (FINGER_CELLS, FINGER_CELLS))
    return np.asarray(cv2.morphologyEx(sure, cv2.MORPH_CLOSE, disc), np.float32)
