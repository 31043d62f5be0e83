"""Weighted averages of pictures."""

import cv2
import numpy as np

from media.frame import Picture

HAIR_SOURCE_WEIGHT = 0.6
"""How much of the frame stays where hair was found; the rest is the style photo's."""

WHOLE_SOURCE_WEIGHT = 0.7
"""How much of the frame stays where no face was found and all of it is blended."""


def fit(style: Picture, picture: Picture) -> Picture:
    """The style photo stretched to the size of the picture."""
    height_px, width_px = picture.shape[:2]
    return np.asarray(cv2.resize(style, (width_px, height_px)), np.uint8)


def blend(source: Picture, other: Picture, source_weight: float) -> Picture:
    """``source_weight`` of the source and the rest of the other, rounded; of the same shape."""
    return np.asarray(cv2.addWeighted(source, source_weight, other, 1 - source_weight, 0), np.uint8)
