"""Surfaces to paint backgrounds, cloth and occluding things with."""

from typing import Any, cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from media.frame import Picture

Floats = NDArray[np.floating[Any]]

KNITTED_SHARE = 0.5
"""How much of the cloth has crossing stripes."""
_KINDS = ("plain", "cloudy", "woven", "both", "photographed")


def surface(size_px: int, random: Generator, other: Picture | None = None) -> Picture:
    """(size_px, size_px, 3) uint8 BGR: a plain, shaded, cloudy, woven or photographed surface."""
    kind = random.choice(_KINDS)
    if kind == "photographed" and other is not None:
        return _photographed(size_px, random, other)
    base = random.uniform(0, 255, 3)
    canvas = np.tile(base, (size_px, size_px, 1))
    canvas += _slope(size_px, random)[..., None] * random.uniform(10, 70)
    if kind in ("cloudy", "both"):
        canvas += _clouds(size_px, random, int(random.integers(3, 14)))
    if kind in ("woven", "both"):
        canvas += _weave(size_px, random)[..., None]
    canvas += random.normal(0, random.uniform(0, 6), canvas.shape)
    return canvas.clip(0, 255).astype(np.uint8)


def _slope(size_px: int, random: Generator) -> Floats:
    y, x = np.mgrid[-1 : 1 : size_px * 1j, -1 : 1 : size_px * 1j]
    angle = random.uniform(0, 2 * np.pi)
    slope: Floats = np.cos(angle) * x + np.sin(angle) * y
    return slope


def _clouds(size_px: int, random: Generator, cells: int) -> Floats:
    coarse = random.normal(0, random.uniform(10, 50), (cells, cells, 3)).astype(np.float32)
    return cast(
        "NDArray[np.float32]",
        cv2.resize(coarse, (size_px, size_px), interpolation=cv2.INTER_CUBIC),
    )


def _weave(size_px: int, random: Generator) -> Floats:
    """Stripes, or knitting where two stripes cross."""
    y, x = np.mgrid[:size_px, :size_px].astype(np.float32)
    angle, period = random.uniform(0, np.pi), random.uniform(3, 20)
    phase = 2 * np.pi / period
    stripes: Floats = np.sin(phase * (np.cos(angle) * x + np.sin(angle) * y))
    if random.random() < KNITTED_SHARE:
        stripes = stripes * np.sin(phase * (np.cos(angle) * y - np.sin(angle) * x))
    return stripes * random.uniform(5, 40)


def _photographed(size_px: int, random: Generator, other: Picture) -> Picture:
    """Another picture's lower part (cloth), enlarged until no hair is to be made out."""
    height, width = other.shape[:2]
    side = max(8, int(min(height, width) * random.uniform(0.08, 0.25)))
    top = int(random.uniform(0.75, 1.0) * (height - side))
    left = int(random.uniform(0, width - side))
    part = other[top : top + side, left : left + side]
    return cast("Picture", cv2.resize(part, (size_px, size_px), interpolation=cv2.INTER_CUBIC))
