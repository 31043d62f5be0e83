"""The new hair's matte: what a network sees in an edit, mended by the hair's own colours."""

from typing import Final

import cv2
import numpy as np

from media.frame import Picture
from processing.cloud.carry.planes import spread_pixels
from processing.local.natural.planes import Bytes, Floats, smoothed

MOST_OFF: Final = 25.0
"""CIELAB: colours farther from the new hair's than this are none of it."""
BARE: Final = 8
SOFT_HEIGHTS: Final = 0.02
"""Strands and gaps finer than this are no matter, in face heights."""
LEAST_PX: Final = 64


def mended(picture: Picture, new: Bytes, old: Bytes, solid: int, face_px: float) -> Bytes:
    """The matte ``new`` of an edit's hair. Where there was hair (matte ``old``) and the edit is
    more like the new hair than like what is beside hair there, it is hair: dyed in a colour that
    no hair has, it is not always seen. A matte from ``solid`` on is taken at its word."""
    hair = new >= solid
    if int(hair.sum()) < LEAST_PX:
        return new
    here = _lab(picture, SOFT_HEIGHTS * face_px)
    beside = _lab(spread_pixels(picture, np.maximum(new, old) <= BARE), 0.0)
    off = np.linalg.norm(here - np.median(here[hair], axis=0), axis=2)
    is_hair = (off < MOST_OFF) & (off < np.linalg.norm(here - beside, axis=2))
    return np.where(is_hair, np.maximum(new, old), new).astype(np.uint8)


def _lab(picture: Picture, sigma: float) -> Floats:
    soft = smoothed(picture.astype(np.float32) / np.float32(255), max(0.5, sigma))
    return np.asarray(cv2.cvtColor(soft, cv2.COLOR_BGR2LAB), np.float32)
