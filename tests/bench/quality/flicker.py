"""How steady a matte is from frame to frame. Pure."""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from media.frame import Picture
from tests.bench.quality.arrays import Alpha, Mask, Plane

Flow = NDArray[np.float32]
"""Height x width x 2: for each pixel of one frame, where in the other it lies, less its place."""

CONSISTENT_SHARE, CONSISTENT_PX2 = 0.01, 0.5
"""Sundaram, Brox, Keutzer 2010: a flow is believed where forth and back nearly cancel out."""


def change(before: Alpha, after: Alpha) -> float:
    """Sum of the absolute differences over the sum of the mean matte: 0.01 is 1 % of the hair.

    0.0 where there is no hair in either.
    """
    area = (float(before.sum()) + float(after.sum())) / 2
    return float(cv2.absdiff(before, after).sum()) / area if area else 0.0


def dtssd(mattes: list[Alpha], truths: list[Alpha]) -> float:
    """Erofeev et al. 2015 ("Perceptually motivated benchmark for video matting"), times 100.

    Root of the mean squared difference between the mattes' change and the truth's, over pixels;
    the mean over pairs of frames. On a static scene the truth does not change.
    """
    errors = [
        float(np.sqrt(np.mean((_step(*found) - _step(*true)) ** 2)))
        for found, true in zip(_pairs(mattes), _pairs(truths), strict=True)
    ]
    return 100 * float(np.mean(errors))


def flow(start: Picture, end: Picture) -> Flow:
    """Dense inverse search (Kroeger et al. 2016), medium preset: for pixels of ``start``."""
    grey = [cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) for picture in (start, end)]
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return np.asarray(search.calc(grey[0], grey[1], np.empty(0)), np.float32)


def follow(plane: NDArray[np.generic], by: Flow) -> Plane:
    """``plane`` fetched from where the flow leads; 0 from beyond the picture."""
    height, width = by.shape[:2]
    across, down = np.meshgrid(
        np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    )
    fetched = cv2.remap(
        plane.astype(np.float32), across + by[..., 0], down + by[..., 1], cv2.INTER_LINEAR
    )
    return np.asarray(fetched, np.float32)


def believed(back: Flow, forth: Flow) -> Mask:
    """Where the flow from the new frame to the old one and the way back agree.

    Elsewhere something was covered or came into view, so that no warp can be right (the mask of
    Lai et al. 2018, "Learning Blind Video Temporal Consistency").
    """
    returned = np.dstack([follow(forth[..., axis], back) for axis in (0, 1)])
    apart = ((back + returned) ** 2).sum(axis=2)
    lengths = (back**2).sum(axis=2) + (returned**2).sum(axis=2)
    return np.asarray(apart <= CONSISTENT_SHARE * lengths + CONSISTENT_PX2, np.bool_)


def warped_change(before: Alpha, after: Alpha, back: Flow, where: Mask) -> float:
    """As ``change``, after the old matte was moved along with the picture's content.

    ``back`` leads from the new frame's pixels to the old frame's.
    """
    moved = follow(before, back)
    area = float(((moved + after) / 2)[where].sum())
    return float(np.abs(moved - after)[where].sum()) / area if area else 0.0


def _pairs(planes: list[Alpha]) -> list[tuple[Alpha, Alpha]]:
    return list(pairwise(planes))


def _step(before: Alpha, after: Alpha) -> Plane:
    return np.asarray((after.astype(np.float32) - before.astype(np.float32)) / 255, np.float32)
