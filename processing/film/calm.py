"""The path that a calm hand would have filmed along, within what the edges allow. Pure."""

from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from processing.film.camera import GROWTH, TURN, CameraMotion, Movement

SMOOTH_S: Final = 0.7
"""Movements shorter than this are taken to be shaking (a Gaussian's standard deviation)."""
MAX_ZOOM: Final = 1.15
"""So an eighth of width and height is cut away at most."""
ROUNDS: Final = 12
"""So often the path is smoothed and brought back within the edges: then it is both."""
STILL_PX: Final = 0.3
"""A film that shakes less is left as it is, to the bit."""
_HALVINGS: Final = 16

Size: TypeAlias = tuple[int, int]


def corrections(motion: CameraMotion, rate_fps: float, size: Size) -> tuple[Movement, float]:
    """How each frame has to be moved, and then how much all are enlarged, so that the film is calm
    and no edge shows. ``size`` is (width, height) in pixels.

    The smoothed path is that of Matsushita et al., "Full-frame video stabilization" (2006), kept
    within the edges by projection.
    """
    path = np.cumsum(motion.steps, axis=0)
    sigma = SMOOTH_S * rate_fps
    moved = np.zeros_like(path)
    if shake(motion, rate_fps) < STILL_PX:
        return moved, 1.0
    for _ in range(ROUNDS):
        moved = _within_edges(_smoothed(path + moved, motion.cuts, sigma) - path, size)
    return moved, float(_zoom(moved, size).max(initial=1.0))


def shake(motion: CameraMotion, rate_fps: float) -> float:
    """How far the picture's contents are from a calm path, root mean square, in pixels."""
    path = np.cumsum(motion.steps, axis=0)[:, :TURN]
    away = path - _smoothed(path, motion.cuts, SMOOTH_S * rate_fps)
    return float(np.sqrt((away**2).sum(axis=1).mean())) if len(away) else 0.0


def _smoothed(path: Movement, cuts: NDArray[np.bool_], sigma: float) -> Movement:
    """Each scene by itself; beyond its ends the path goes on as it came."""
    bounds = [*np.flatnonzero(cuts), len(path)]
    parts = [_one_smoothed(path[a:b], sigma) for a, b in pairwise(bounds)]
    return np.concatenate(parts) if parts else path


def _one_smoothed(path: Movement, sigma: float) -> Movement:
    reach = min(len(path) - 1, round(3 * sigma))
    if reach < 1:
        return path
    padded = np.pad(path, ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    columns = [np.convolve(column, kernel, mode="valid") for column in padded.T]
    return np.stack(columns, axis=1)


def _within_edges(moved: Movement, size: Size) -> Movement:
    """The same movements, each as much smaller as it takes."""
    low, high = np.zeros(len(moved)), np.ones(len(moved))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fits = _zoom(moved * middle[:, None], size) <= MAX_ZOOM
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    fits = _zoom(moved, size) <= MAX_ZOOM
    return moved * np.where(fits, 1.0, low)[:, None]


def _zoom(moved: Movement, size: Size) -> NDArray[np.float64]:
    """How much each moved frame has to be enlarged about its middle to cover the picture.

    A corner of the picture comes from ``u * a - b`` in the frame, ``u`` being one over the zoom:
    the largest ``u`` for which all four are inside.
    """
    half = np.array(size, np.float64) / 2
    turn, scale = -moved[:, TURN], np.exp(-moved[:, GROWTH])
    cosine, sine = np.cos(turn) * scale, np.sin(turn) * scale
    back = np.stack([np.stack([cosine, -sine], 1), np.stack([sine, cosine], 1)], 1)
    b = np.einsum("nij,nj->ni", back, moved[:, :TURN])
    largest = np.ones(len(moved))
    for corner in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        a = back @ (half * corner)
        room = (half + b * np.sign(a)) / np.maximum(np.abs(a), 1e-9)
        largest = np.minimum(largest, room.min(axis=1))
    return 1 / np.maximum(largest, 1e-3)
