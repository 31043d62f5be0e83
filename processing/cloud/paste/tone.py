"""The light of the edit made that of the photo: gains in linear light, found on what both share."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from media.frame import Picture
from processing.local.natural.planes import Bytes, Floats

LEAST_LIGHT = 0.004
"""Added to linear light (0 to 1) before ratios are taken: in the dark they are noise."""
SEEN_LEVELS = (12, 243)
"""Pixels outside of these are clipped, and tell nothing of the light."""
MOST_FACE_LOG, MOST_LOCAL_LOG = np.log(1.8), np.log(2.5)
"""Gains beyond these are no drift of the light: something else is shown there."""
LEAST_PIXELS = 64
STEPS = 4096
"""Of the table that takes linear light back to sRGB: as fine as 8 bits need in the dark."""
_LINEAR_TO, _ENCODED_TO = 0.0031308, 0.04045
"""Up to where sRGB is a straight line, in linear light and encoded."""
_LEAST_SIDE = 3
"""A pyramid's smallest plane has a side of less."""


@cache
def _linear_table() -> Floats:
    levels = np.arange(256) / 255
    line = np.where(levels <= _ENCODED_TO, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return line.astype(np.float32)


@cache
def _encoded_table() -> Bytes:
    # Steps are even in the square root of light, where sRGB is nearly even too.
    light = (np.arange(STEPS) / (STEPS - 1)) ** 2
    curve = 1.055 * np.maximum(light, _LINEAR_TO) ** (1 / 2.4) - 0.055
    levels = np.where(light <= _LINEAR_TO, light * 12.92, curve) * 255
    return np.asarray(np.rint(levels), np.uint8)


def linear(picture: Picture) -> Floats:
    """sRGB as linear light, float32, 0 to 1."""
    return np.asarray(_linear_table()[picture], np.float32)


def encoded(light: Floats) -> Picture:
    """Linear light as sRGB; what is brighter than white is white."""
    steps = np.sqrt(np.clip(light, 0, 1)) * np.float32(STEPS - 1) + np.float32(0.5)
    return np.asarray(_encoded_table()[steps.astype(np.uint16)], np.uint8)


def log_ratio(own: Picture, edit: Picture) -> Floats:
    """By which factor the photo is lighter than the edit, as logarithms, (h, w, 3)."""
    floor = np.float32(LEAST_LIGHT)
    return np.asarray(np.log((linear(own) + floor) / (linear(edit) + floor)), np.float32)


def is_exposed(own: Picture, edit: Picture) -> NDArray[np.bool_]:
    """Where no channel of either is clipped, (h, w)."""
    low, high = SEEN_LEVELS
    both = np.concatenate([own, edit], axis=2)
    return np.asarray((both.min(axis=2) >= low) & (both.max(axis=2) <= high))


def face_gain(ratio: Floats, where: NDArray[np.bool_]) -> Floats:
    """One logarithm for each channel, (3,): the median where a mask is set; 0 where that is too
    small to tell."""
    if int(where.sum()) < LEAST_PIXELS:
        return np.zeros(3, np.float32)
    middle = np.median(ratio[where], axis=0)
    return np.asarray(np.clip(middle, -MOST_FACE_LOG, MOST_FACE_LOG), np.float32)


def spread_out(ratio: Floats, weight: Floats) -> Floats:
    """What is known where ``weight`` (h, w) is above 0, carried smoothly into all the rest.

    Pull and push over a pyramid (Gortler et al., 1996): near a border it is as there, far from all
    a mean of everything.
    """
    if min(weight.shape) < _LEAST_SIDE or float(weight.min()) >= 1:
        total = max(float(weight.sum()), 1e-6)
        mean = (ratio * weight[..., None]).sum(axis=(0, 1)) / np.float32(total)
        known = np.minimum(weight, 1)[..., None]
        return np.asarray(ratio * known + mean * (1 - known), np.float32)
    size = (weight.shape[1], weight.shape[0])
    smaller = ((size[0] + 1) // 2, (size[1] + 1) // 2)
    weights = cv2.resize(weight, smaller, interpolation=cv2.INTER_AREA)
    sums = cv2.resize(ratio * weight[..., None], smaller, interpolation=cv2.INTER_AREA)
    means = np.asarray(sums / np.maximum(weights, 1e-6)[..., None], np.float32)
    below = spread_out(means, np.minimum(weights * 4, 1).astype(np.float32))
    wide = cv2.resize(below, size, interpolation=cv2.INTER_LINEAR)
    known = np.minimum(weight, 1)[..., None]
    return np.asarray(ratio * known + wide * (1 - known), np.float32)
