"""Along the strands: how far a place is from the roots, and streaks that follow the hair.

Both are maps on a patch's small grid and hang on the head, not on the picture: they move with it.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

import cv2
import numpy as np

from processing.local.natural.patch import Patch
from processing.local.natural.planes import Floats, smoothed

Face: TypeAlias = tuple[float, float, float]
"""Centre (x, y) and height of the face in the picture, px."""

SKULL_SHARE, SKULL_RISE = 0.62, 0.12
"""Radius of the hair-covered skull, and its centre's height above the face's, in face heights."""

LEAST_REACH = 0.3
"""Even the shortest hair is taken to be this long, in face heights."""

TENSOR_SIGMA = 2.5

_HANGING = 1.0
"""What speaks for hair that hangs straight down, as a squared gradient of luma."""
STEPS = (1.0, 2.0, 5.0)
"""Streaks are averaged this many grid cells up and down the strands, one after the other."""

_SHARE_PER_FRAME = 0.15
_GRAIN = 40.0
"""Streaks' grains per face height, about a finger's width each."""

_OUTLINE = 1.5
"""How much rarer streaks are at the hair's outline, where light shines through it."""

_NOISE_PX = 256


@dataclass(frozen=True, slots=True)
class Skull:
    """Where the hair grows: centre and radius in the picture, px, and the longest hair, px."""

    cx: float
    cy: float
    radius: float
    reach: float

    def towards(self, other: "Skull", share: float) -> "Skull":
        """This skull moved by ``share`` (0..1) of the way to another."""
        mine = (self.cx, self.cy, self.radius, self.reach)
        others = (other.cx, other.cy, other.radius, other.reach)
        return Skull(*(a + share * (b - a) for a, b in zip(mine, others, strict=True)))


class SkullMeter:
    """One client's skull, smoothed from frame to frame."""

    def __init__(self) -> None:
        self._skull: Skull | None = None

    def update(self, patch: Patch, face: Face | None) -> Skull:
        """From the face where there is one, else from the hair's own outline."""
        found = _from_face(face) if face is not None else _from_outline(patch)
        away = _away(patch, found)
        found = Skull(found.cx, found.cy, found.radius, _reach(patch, found, away))
        if self._skull is not None:
            smooth = self._skull.towards(found, _SHARE_PER_FRAME)
            # A face is steady already, and what hangs on it must not lag behind the head.
            found = Skull(found.cx, found.cy, found.radius, smooth.reach) if face else smooth
        self._skull = found
        return found


def root_to_tip(patch: Patch, skull: Skull) -> Floats:
    """Float32 on the grid: 0 at the roots, 1 at the tips of the longest hair, above it beyond."""
    return np.asarray(_away(patch, skull) / np.float32(skull.reach), np.float32)


def smoothstep(value: Floats, start: float, end: float) -> Floats:
    """0 up to ``start``, 1 from ``end`` on, and smooth in between."""
    t = np.clip((value - np.float32(start)) * np.float32(1 / max(end - start, 1e-3)), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def streaks(patch: Patch, skull: Skull, amount: float) -> Floats:
    """Float32 on the grid: above 0 on streaks along the hair, below it between them.

    Streaks cover ``amount`` of the hair; the standard deviation is 1.
    """
    grid = patch.grid
    total = max(float(grid.weight.sum()), 1.0)
    # What shines through at the outline would be taken for the lightest strands of all.
    clean = grid.low + grid.weight * (grid.grey - grid.low)
    fine = smoothed(clean, 0.6) - smoothed(clean, 1.6)
    spread = (float(np.vdot(grid.weight, fine * fine)) / total) ** 0.5
    seeds = fine * np.float32(0.8 / max(spread, 1.5)) + _grain(patch, skull)
    along = _drawn_along(seeds, *_directions(clean))
    along += np.float32(_OUTLINE) * np.minimum(smoothed(grid.weight, 1.6) - 1, 0)
    mean = float(np.vdot(grid.weight, along)) / total
    along -= np.float32(mean)
    spread = max((float(np.vdot(grid.weight, along * along)) / total) ** 0.5, 1e-3)
    level = NormalDist().inv_cdf(min(max(1 - amount, 0.01), 0.99))
    return np.asarray(along * np.float32(1 / spread) - np.float32(level), np.float32)


def _directions(grey: Floats) -> tuple[Floats, Floats]:
    """The unit vectors (x, y) along which the lightness changes least: the strands' direction."""
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.125)
    tensor = smoothed(np.dstack([across * across, down * down, across * down]), TENSOR_SIGMA)
    # Where there is nothing to be seen hair hangs down.
    difference = tensor[..., 1] - tensor[..., 0] - np.float32(_HANGING)
    angle = cv2.phase(difference, -2 * tensor[..., 2]) * np.float32(0.5)
    along_x, along_y = cv2.polarToCart(np.ones_like(angle), angle)
    return np.asarray(along_x), np.asarray(along_y)


def _drawn_along(seeds: Floats, along_x: Floats, along_y: Floats) -> Floats:
    """Line integral convolution by repeated averaging over growing steps."""
    rows, columns = seeds.shape
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    for step in STEPS:
        dx, dy = along_x * np.float32(step), along_y * np.float32(step)
        ahead = cv2.remap(seeds, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        back = cv2.remap(seeds, x - dx, y - dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        seeds = np.asarray((seeds + seeds + ahead + back) * np.float32(0.25))
    return seeds


def _grain(patch: Patch, skull: Skull) -> Floats:
    """Noise that hangs on the head, standard deviation about 1."""
    rows, columns = patch.grid.grey.shape
    scale = _GRAIN * SKULL_SHARE / skull.radius
    cell = patch.grid.factor * scale
    x0, y0 = (patch.left - skull.cx) * scale, (patch.top - skull.cy) * scale
    matrix = np.array([[cell, 0, x0 + _NOISE_PX / 2], [0, cell, y0 + _NOISE_PX / 2]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    drawn = cv2.warpAffine(
        _NOISE, matrix, (columns, rows), flags=flags, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(drawn, np.float32) * np.float32(0.8)


_NOISE: Floats = np.random.default_rng(7).standard_normal((_NOISE_PX, _NOISE_PX), np.float32)
_NOISE.flags.writeable = False


def _from_face(face: Face) -> Skull:
    cx, cy, height = face
    height = max(height, 4.0)
    return Skull(cx, cy - SKULL_RISE * height, SKULL_SHARE * height, height)


def _from_outline(patch: Patch) -> Skull:
    """A round head under the top of the hair, as wide as the hair is there."""
    weight = patch.grid.alpha
    top, bottom = _percentiles(weight.sum(axis=1), 0.02, 0.98)
    upper = weight[: max(1, int(top + 0.6 * (bottom - top)))]
    left, right = _percentiles(upper.sum(axis=0), 0.04, 0.96)
    radius = max(min(right - left, bottom - top) / 2, 1.0)
    factor = patch.grid.factor
    cx, cy = patch.left + factor * (left + right) / 2, patch.top + factor * (top + radius)
    return Skull(cx, cy, 0.9 * radius * factor, radius * factor)


def _percentiles(mass: Floats, low: float, high: float) -> tuple[float, float]:
    run = np.cumsum(mass)
    first, last = np.searchsorted(run, (low * run[-1], high * run[-1]))
    return float(first), float(max(last, first + 1))


def _away(patch: Patch, skull: Skull) -> Floats:
    """The way from the scalp, px: outwards above the head's middle, down and outwards below."""
    rows, columns = patch.grid.grey.shape
    factor = patch.grid.factor
    x = np.arange(columns, dtype=np.float32) * factor + np.float32(patch.left - skull.cx)
    y = np.arange(rows, dtype=np.float32)[:, None] * factor + np.float32(patch.top - skull.cy)
    outwards = np.hypot(x, np.minimum(y, 0)) - np.float32(skull.radius)
    return np.asarray(np.maximum(outwards, 0) + np.maximum(y, 0), np.float32)


def _reach(patch: Patch, skull: Skull, away: Floats) -> float:
    weight = patch.grid.alpha
    histogram, edges = np.histogram(away[::2, ::2], 64, weights=weight[::2, ::2])
    last = _percentiles(histogram, 0.5, 0.97)[1]
    longest = float(edges[int(min(last, 63))])
    return max(longest, LEAST_REACH * skull.radius / SKULL_SHARE)
