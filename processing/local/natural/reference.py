"""The colour of a photo's hair and how it varies, so that another's hair can take it over."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from media.frame import Picture
from processing.local.natural.lab import Floats, lab_of

NEEDED_PX = 400
"""Fewer pixels of hair than this say nothing reliable about its colour."""

_SURE_ALPHA = 200
_MOST_SAMPLES = 30_000
_LEVELS = 9
_LEAST_SPREAD, _MOST_SPREAD = 3.0, 13.0

_BANDS = 5

_END_SHARE = 0.3
"""The share of the hair, from the top and from the bottom, that stands for roots and tips."""

_HALF = 0.5

_CLEAR_STEP = 13.0
"""Distance in CIELAB between roots and tips from which on a photo shows an ombre."""


class TooLittleHair(Exception):
    """The photo shows no hair, or too little of it to measure."""


@dataclass(frozen=True, slots=True, eq=False)
class HairColour:
    """Hair in CIELAB: mean and standard deviation of L*, and a* and b* at levels of L*.

    ``levels`` is float64 (n, 3), L* rising, a*, b*; n is at least 1. ``tips`` is the colour of the
    tips where it clearly differs; this one is then the roots' alone, and ``position`` (0 to 1, top
    to bottom) is where the one becomes the other.
    """

    lightness: float
    spread: float
    levels: NDArray[np.float64]
    tips: "HairColour | None" = None
    position: float = 0.5

    @classmethod
    def measure(cls, picture: Picture, alpha: NDArray[np.uint8]) -> "HairColour":
        """Measure the hair of a BGR picture; ``alpha`` uint8 (height, width) says where it is.

        Pixels far from the rest in colour are taken for errors of the mask and left out. Raises
        TooLittleHair.
        """
        rows, columns = np.nonzero(alpha >= _SURE_ALPHA)
        if len(rows) < NEEDED_PX:
            raise TooLittleHair
        step = -(-len(rows) // _MOST_SAMPLES)
        rows, columns = rows[::step], columns[::step]
        lab = lab_of(picture[rows, columns])
        # Band by band, since the tips of an ombre would be outliers among the roots.
        kept = np.concatenate([_inliers(band) for band in np.array_split(lab, _BANDS)])
        return _measured(lab[kept], rows[kept].astype(np.float64))


def _measured(lab: Floats, rows: Floats) -> HairColour:
    order = np.argsort(rows, kind="stable")
    lab, rows = lab[order], rows[order]
    count = max(1, int(len(lab) * _END_SHARE))
    top, bottom = lab[:count].mean(axis=0), lab[-count:].mean(axis=0)
    if np.linalg.norm(bottom - top) < _CLEAR_STEP:
        return _uniform(lab)
    roots, tips = _uniform(lab[:count]), _uniform(lab[-count:])
    position = _crossing(lab, rows, top, bottom)
    return HairColour(roots.lightness, roots.spread, roots.levels, tips, position)


def _uniform(lab: Floats) -> HairColour:
    lightness = lab[:, 0]
    spread = float(np.clip(lightness.std(), _LEAST_SPREAD, _MOST_SPREAD))
    ordered = lab[np.argsort(lightness, kind="stable")]
    groups = [group for group in np.array_split(ordered, _LEVELS) if len(group)]
    levels = np.array([group.mean(axis=0) for group in groups])
    # Neighbours steady each other: a level's few pixels must not show as a band of colour.
    padded = np.pad(levels[:, 1:], ((1, 1), (0, 0)), mode="edge")
    levels[:, 1:] = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    return HairColour(float(lightness.mean()), spread, levels)


def _crossing(lab: Floats, rows: Floats, top: Floats, bottom: Floats) -> float:
    """The height (0 top, 1 bottom) where the colour is half way between the two."""
    axis = (bottom - top) / float(np.dot(bottom - top, bottom - top))
    places = np.linspace(rows[0], rows[-1], 21)
    bands = np.clip(np.searchsorted(places, rows, side="right") - 1, 0, 19)
    counts = np.bincount(bands, minlength=20)
    share = np.bincount(bands, (lab - top) @ axis, minlength=20) / np.maximum(counts, 1)
    beyond = np.nonzero((share >= _HALF) & (counts > 0))[0]
    return float(np.clip((beyond[0] + 0.5) / 20, 0.2, 0.8)) if len(beyond) else 0.5


def _inliers(lab: Floats) -> NDArray[np.bool_]:
    """Whether each pixel's colour is one that this hair plausibly has."""
    center = np.median(lab, axis=0)
    away = np.abs(lab - center)
    reach = np.maximum(3.5 * 1.4826 * np.median(away, axis=0), (12.0, 8.0, 8.0))
    return np.asarray((away <= reach).all(axis=1))
