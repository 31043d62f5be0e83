"""Where a film goes over to another scene."""

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from media.frame import Picture
from processing.film.camera import step_between

SIDE_PX: Final = 240
"""Frames are looked at with this as their longer side."""
ALIKE_LEVELS: Final = 12.0
"""Frames that differ less, in the mean, show the same scene: no corner need be followed."""


class CutFinder:
    """Looks at a film's frames one after the other."""

    def __init__(self) -> None:
        self._before: NDArray[np.uint8] | None = None

    def begins(self, picture: Picture) -> bool:
        """Whether a frame begins another scene; the first one does."""
        before, self._before = self._before, _small(picture)
        if before is None:
            return True
        if float(cv2.absdiff(before, self._before).mean()) < ALIKE_LEVELS:
            return False
        return step_between(before, self._before, 1.0) is None


def cuts_of(pictures: Iterable[Picture]) -> NDArray[np.bool_]:
    """Which of a film's frames begin another scene, (frames,)."""
    finder = CutFinder()
    return np.array([finder.begins(picture) for picture in pictures], np.bool_)


def _small(picture: Picture) -> NDArray[np.uint8]:
    scale = min(1.0, SIDE_PX / max(picture.shape[:2]))
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
