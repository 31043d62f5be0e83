"""Colouring in HSV: the hue replaced, the saturation drawn towards the target, the value kept."""

import cv2
import numpy as np

from media.frame import Picture
from processing.look import Bgr

HsvTable = Picture
"""1 x 256 x 3, uint8: the new hue, saturation and value for each old one."""


def photo_table(photo: Picture) -> HsvTable:
    """The table that colours towards the mean hue and mean saturation of a colour photo."""
    target = cv2.cvtColor(photo, cv2.COLOR_BGR2HSV)
    levels = np.arange(256, dtype=np.uint8)
    table = np.empty((1, 256, 3), np.uint8)
    # Means and sums become whole numbers by truncation, as in the formula that was given.
    table[0, :, 0] = np.mean(target[:, :, 0])
    saturation = levels * 0.7 + np.mean(target[:, :, 1]) * 0.3
    table[0, :, 1] = np.clip(saturation, 0, 255)
    table[0, :, 2] = levels
    return table


def color_table(color: Bgr) -> HsvTable:
    """The table that colours towards one colour, as if it were a photo of one pixel."""
    return photo_table(np.array([[color]], np.uint8))


def tint(region: Picture, table: HsvTable) -> Picture:
    """The region coloured by the table; the one given is not changed."""
    hsv = cv2.cvtColor(region, cv2.COLOR_BGR2HSV)
    return np.asarray(cv2.cvtColor(cv2.LUT(hsv, table), cv2.COLOR_HSV2BGR), np.uint8)
