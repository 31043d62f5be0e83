"""Which pixels are the edit's, and how much light they get."""

from dataclasses import dataclass

import cv2
import numpy as np

from processing.cloud.paste import tone
from processing.cloud.paste.pair import Grid
from processing.local.natural.planes import Bytes, Floats, smoothed

HAIR_FROM, MOSTLY_HAIR = 24, 128
"""From the first alpha on there is hair, as far as its surroundings are concerned; the second is
where its colour shows."""
WHOLE_HEIGHTS, REACH_HEIGHTS = 0.015, 0.07
"""Around hair the edit is taken wholly up to the first distance, and not at all from the second
on, in face heights: strands that no matte shows, and their background."""
RIM_HEIGHTS = 0.035
"""Around hair that is gone the edit is always taken up to here, on the face too: its outline would
stay as a line."""
SMOOTH_HEIGHTS = 0.025
"""Sigma of the light's smoothness."""
SCENE_HEIGHTS, MOST_DOUBT_LOG = 0.1, 0.4
"""Over so wide a part of the scene it counts whether both agree, and a pixel by no more than this:
a strand that is gone is no other scene."""
CHANGE_CELLS = 2.0
"""Sigma: strands that are redrawn are no change."""
DOUBT_LOG = 0.12
"""Where beside the hair both differ by this factor (as a logarithm), the edit's surroundings are
taken at 1/e: they are redrawn, and would be a halo."""


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """On the grid: ``around`` the hair how much is taken over, uint8 0 to 255, hair itself aside;
    ``gain`` is what the edit's linear light is to be multiplied with, as logarithms, float32
    (rows, columns, 3). ``change`` is by how much hair changes, CIELAB, mean."""

    around: Bytes
    gain: Floats
    change: float


def region_of(grid: Grid) -> Region:
    """Decide it."""
    distance = _distance(np.maximum(grid.old, grid.new), grid.cells_per_face)
    shared = (distance > RIM_HEIGHTS) & (grid.shown > 0)
    ratio = tone.log_ratio(grid.own, grid.edit)
    seen = shared & (grid.face > 0) & tone.is_exposed(grid.own, grid.edit)
    face = tone.face_gain(ratio, seen)
    rest = np.clip(ratio - face, -tone.MOST_LOCAL_LOG, tone.MOST_LOCAL_LOG)
    weight = shared.astype(np.float32)
    local = smoothed(tone.spread_out(rest, weight), SMOOTH_HEIGHTS * grid.cells_per_face)
    around = _near(distance, REACH_HEIGHTS) * _agreement(rest - local, weight, grid)
    around[(cv2.dilate(grid.face, np.ones((3, 3), np.uint8)) > 0) | (grid.shown == 0)] = 0
    around = np.maximum(around, _near(_distance(_vanished(grid), grid.cells_per_face), RIM_HEIGHTS))
    bare = 1 - grid.new[..., None].astype(np.float32) / 255
    gain = np.asarray(face + bare * local, np.float32)
    return Region(np.rint(around * 255).astype(np.uint8), gain, _change(grid, face))


def _distance(hair: Bytes, cells_per_face: float) -> Floats:
    """From each cell to the next hair, in face heights; far off if there is none."""
    bald = np.asarray(hair < HAIR_FROM, np.uint8)
    if bald.all():
        return np.full(hair.shape, np.inf, np.float32)
    away = cv2.distanceTransform(bald, cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.asarray(away / cells_per_face, np.float32)


def _vanished(grid: Grid) -> Bytes:
    """The matte of what was hair and is not."""
    return np.asarray(cv2.multiply(grid.old, ~grid.new, scale=1 / 255), np.uint8)


def _near(distance: Floats, reach: float) -> Floats:
    """1 at the hair, 0 beyond the reach (face heights), smoothly."""
    near = np.clip((reach - distance) / (reach - WHOLE_HEIGHTS), 0, 1)
    return np.asarray(near * near * (3 - 2 * near), np.float32)


def _agreement(left: Floats, weight: Floats, grid: Grid) -> Floats:
    """How far the surroundings are the same in both, 0 to 1, by what differs that is no light."""
    sigma = SCENE_HEIGHTS * grid.cells_per_face
    off = np.minimum(np.abs(left).mean(axis=2), MOST_DOUBT_LOG) * weight
    mean = smoothed(off, sigma) / np.maximum(smoothed(weight, sigma), 0.01)
    return np.asarray(np.exp(-np.square(mean / DOUBT_LOG)), np.float32)


def _change(grid: Grid, face: Floats) -> float:
    """CIELAB distance of the hair before and after, mean over all that is hair in either."""
    hair = np.maximum(grid.old, grid.new) >= MOSTLY_HAIR
    if not hair.any():
        return 0.0
    lit = tone.encoded(tone.linear(grid.edit) * np.exp(face))
    before, after = (
        cv2.cvtColor(
            smoothed(np.asarray(part / np.float32(255), np.float32), CHANGE_CELLS),
            cv2.COLOR_BGR2LAB,
        )[hair]
        for part in (grid.own, lit)
    )
    return float(np.linalg.norm(before - after, axis=1).mean())
