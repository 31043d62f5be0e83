"""The new hair's matte: what a network sees in an edit, mended by the hair's own colours."""

from typing import Final

import cv2
import numpy as np

from media.frame import Picture
from processing.local.natural.planes import Bytes, Floats, smoothed

LEAST_SPREAD: Final = (10.0, 6.0, 6.0)
"""Standard deviation of hair's L*, a* and b* at the least: it is never all of one colour."""
ALIKE: Final = 2.0
"""What is so many deviations off in the mean of the three is no such hair."""
SOFT_HEIGHTS: Final = 0.02
"""Strands and gaps finer than this are no matter, in face heights."""
LEAST_PX: Final = 64


def mended(picture: Picture, new: Bytes, old: Bytes, solid: int, face_px: float) -> Bytes:
    """The matte ``new`` of an edit's hair. Where there was hair (matte ``old``) and the edit shows
    the new hair's colours there still is hair: dyed in a colour that no hair has, it is not always
    seen. A matte from ``solid`` on is taken at its word."""
    hair = new >= solid
    if int(hair.sum()) < LEAST_PX:
        return new
    lab = _lab(picture, SOFT_HEIGHTS * face_px)
    middle = np.median(lab[hair], axis=0)
    spread = np.maximum(1.5 * np.median(np.abs(lab[hair] - middle), axis=0), LEAST_SPREAD)
    off = np.sqrt(np.square((lab - middle) / spread.astype(np.float32)).mean(axis=2))
    return np.where(off < ALIKE, np.maximum(new, old), new).astype(np.uint8)


def _lab(picture: Picture, sigma: float) -> Floats:
    soft = smoothed(picture.astype(np.float32) / np.float32(255), max(0.5, sigma))
    return np.asarray(cv2.cvtColor(soft, cv2.COLOR_BGR2LAB), np.float32)
