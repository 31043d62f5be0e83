"""One frame that stands for a film: sharp, well lit, somebody in it, and not of its very edges."""

from typing import Final

import cv2
import numpy as np

from media.frame import Picture
from processing.engine import Rendered

CANDIDATES: Final = 12
"""So many frames are looked at, evenly over the film."""
SIDE_PX: Final = 480
"""The longer side of a thumbnail."""
_HEAD_WORTH: Final = 4.0
"""A frame with a head is worth as much as one without that is so many times as sharp."""
_DARK, _LIGHT = 40.0, 225.0


class Thumbnail:
    """Chooses among a film's changed frames as they go by."""

    def __init__(self, total: int) -> None:
        step = max(1, total // (CANDIDATES + 1))
        self._steps = range(step, max(total, step + 1), step)
        self._at = 0
        self._best = -1.0
        self._first: Picture | None = None
        self._chosen: Picture | None = None

    @property
    def picture(self) -> Picture | None:
        """The best frame so far, BGR; the first one of a film that has no others."""
        return self._first if self._chosen is None else self._chosen

    def see(self, rendered: Rendered) -> None:
        """Take in the next frame."""
        if self._first is None:
            self._first = _small(rendered.picture)
        if self._at in self._steps:
            self._compare(_small(rendered.picture), bool(rendered.heads))
        self._at += 1

    def _compare(self, picture: Picture, has_head: bool) -> None:
        worth = _worth(picture) * (_HEAD_WORTH if has_head else 1.0)
        if worth > self._best:
            self._best, self._chosen = worth, picture


def _small(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    scale = min(1.0, SIDE_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _worth(picture: Picture) -> float:
    """Sharpness (variance of the Laplacian; Pech-Pacheco et al., 2000), less in bad light."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    level = float(grey.mean())
    lit = 1.0 if _DARK < level < _LIGHT else 0.1
    return float(cv2.Laplacian(grey, cv2.CV_64F).var()) * lit
