"""When a matte need not be made anew."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import cv2
import numpy as np

from processing.local.natural.crop import Square
from processing.local.natural.matte import Matte
from processing.local.natural.planes import Bytes, Floats

UNCHANGED_LEVELS = 8.0
"""A cell of the guide is the mean of many pixels, in which the sensor's noise is far less than
this; what is more is something that moved or came before the hair."""
REACH_CELLS = 5
"""How wide an area around the hair is watched."""
LEAST_HAIR = 0.02


def around(hair: Floats) -> Bytes:
    """A mask (255 or 0) of the hair and what is near it."""
    some = np.asarray(cv2.compare(hair, LEAST_HAIR, cv2.CMP_GT), np.uint8)  # type: ignore[call-overload]
    return np.asarray(cv2.dilate(some, np.ones((REACH_CELLS, REACH_CELLS), np.uint8)), np.uint8)


class Track(Protocol):
    """What a matte is made of."""

    hair: Floats
    guide: Bytes
    square: Square


@dataclass(frozen=True, eq=False)
class Made:
    """A matte and what it was made of: as long as that is the same it need not be made anew."""

    hair: Floats
    guide: Bytes
    square: Square
    share: Floats
    step: int
    matte: Matte | None

    @cached_property
    def _near(self) -> Bytes:
        """Needed only while the hair stays the same."""
        return around(self.hair)

    def holds(self, track: Track, share: Floats, step: int) -> bool:
        """Whether a frame with this track would get the same matte, but for the noise."""
        if (track.hair is not self.hair) or (track.square, step) != (self.square, self.step):
            return False
        change = cv2.minMaxLoc(cv2.absdiff(track.guide, self.guide), self._near)[1]
        return change <= UNCHANGED_LEVELS and np.array_equal(share, self.share)
