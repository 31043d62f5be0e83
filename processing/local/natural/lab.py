"""CIELAB (D65, 2 degrees) and sRGB, for tables that are made once; pictures never come here."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_TO_XYZ = np.array(
    [
        [0.4123908, 0.3575843, 0.1804808],
        [0.2126390, 0.7151687, 0.0721923],
        [0.0193308, 0.1191948, 0.9505322],
    ]
)
"""Linear sRGB to XYZ (IEC 61966-2-1)."""

_FROM_XYZ = np.linalg.inv(_TO_XYZ)
_WHITE = _TO_XYZ.sum(axis=1)
_KNEE = 6 / 29
_LINEAR_TO, _ENCODED_TO = 0.0031308, 0.04045
"""Up to where sRGB is a straight line, in linear light and encoded."""


def lab_of(bgr: NDArray[np.generic] | tuple[int, int, int]) -> Floats:
    """(..., 3) blue, green, red, 0 to 255, as (..., 3) L* (0 to 100), a*, b*."""
    rgb = np.asarray(bgr, np.float64)[..., ::-1] / 255
    linear = np.where(rgb <= _ENCODED_TO, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    ratio = linear @ _TO_XYZ.T / _WHITE
    x, y, z = np.moveaxis(_compressed(ratio), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def bgr_of(lab: Floats) -> Floats:
    """(..., 3) L*, a*, b* as blue, green, red; below 0 or above 255 where sRGB ends."""
    y = (lab[..., 0] + 16) / 116
    steps = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    ratio = np.where(steps > _KNEE, steps**3, 3 * _KNEE**2 * (steps - 4 / 29))
    linear = ratio * _WHITE @ _FROM_XYZ.T
    curve = 1.055 * np.maximum(linear, _LINEAR_TO) ** (1 / 2.4) - 0.055
    rgb = np.where(linear <= _LINEAR_TO, linear * 12.92, curve)
    return np.asarray(rgb[..., ::-1] * 255, np.float64)


def fitted(lab: Floats) -> Floats:
    """The same L* and hue with as much of the chroma as sRGB can show."""
    low, high = np.zeros(lab.shape[:-1]), np.ones(lab.shape[:-1])
    for _ in range(12):
        middle = (low + high) / 2
        shown = _is_shown(_with_chroma(lab, middle))
        low, high = np.where(shown, middle, low), np.where(shown, high, middle)
    whole = _is_shown(lab)
    return _with_chroma(lab, np.where(whole, 1.0, low))


def lightness_of(grey: Floats) -> Floats:
    """L* of neutral sRGB values (0 to 255)."""
    grey = np.asarray(grey, np.float64)
    return lab_of(np.repeat(grey[..., None], 3, axis=-1))[..., 0]


def _compressed(ratio: Floats) -> Floats:
    linear = ratio / (3 * _KNEE**2) + 4 / 29
    return np.where(ratio > _KNEE**3, np.cbrt(ratio), linear)


def _with_chroma(lab: Floats, share: Floats) -> Floats:
    return np.stack([lab[..., 0], lab[..., 1] * share, lab[..., 2] * share], axis=-1)


def _is_shown(lab: Floats) -> NDArray[np.bool_]:
    middle, half = 127.5, 128.0
    return np.asarray((np.abs(bgr_of(lab) - middle) < half).all(axis=-1))
