"""Along the strands: root to tip, and streaks that follow the hair."""

import numpy as np
import pytest

from media.frame import Picture
from processing.local.natural.matte import Matte
from processing.local.natural.patch import Patch
from processing.local.natural.planes import Floats
from processing.local.natural.strands import (
    Skull,
    SkullMeter,
    root_to_tip,
    smoothstep,
    streaks,
)
from processing.local.natural.view import View

FACE = (100.0, 80.0, 80.0)


def _hair(angle_deg: float = 0.0, seed: int = 1) -> Picture:
    """Strands that hang down, or lean by an angle, on a 240 x 200 picture."""
    rows, columns = np.indices((240, 200))
    across = columns * np.cos(np.radians(angle_deg)) + rows * np.sin(np.radians(angle_deg))
    lines = np.random.default_rng(seed).normal(0, 18, 900)
    luma = 90 + np.interp(across + 300, np.arange(900), lines)
    return np.repeat(np.clip(luma, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def _patch(picture: Picture, dx: int = 0) -> Patch:
    alpha = np.zeros(picture.shape[:2], np.uint8)
    alpha[20:220, 30 + dx : 170 + dx] = 255
    patch = Patch.cut(View(picture), Matte(0, 0, alpha))
    assert patch is not None
    return patch


def test_tips_are_farther_than_roots() -> None:
    """From the crown down to the tips the way grows from 0 to 1, and outwards too."""
    patch = _patch(_hair())
    way = root_to_tip(patch, SkullMeter().update(patch, FACE))
    step = patch.grid.factor
    column = way[:, 100 // step]
    assert column[50 // step] == 0
    assert (np.diff(column[50 // step :]) >= 0).all()
    assert 0.85 < column[215 // step] < 1.2
    assert way[150 // step, 165 // step] > way[150 // step, 100 // step]


def test_without_a_face_the_outline_serves() -> None:
    """With the hair's outline alone roots are at the top and tips at the bottom."""
    patch = _patch(_hair())
    way = root_to_tip(patch, SkullMeter().update(patch, None))
    step = patch.grid.factor
    assert way[40 // step, 100 // step] < 0.2
    assert way[215 // step, 100 // step] > 0.8


def test_the_way_moves_with_the_face() -> None:
    """Where the head moves, the way from the roots moves along without lag."""
    patch = _patch(_hair())
    meter = SkullMeter()
    first = meter.update(patch, FACE)
    second = meter.update(patch, (110.0, 80.0, 80.0))
    assert second.cx == first.cx + 10


def test_the_reach_does_not_jump() -> None:
    """The longest hair is smoothed over frames, and believed at once at first."""
    long, short = _patch(_hair()), _patch(_hair()[:140].copy())
    meter = SkullMeter()
    before = meter.update(long, FACE).reach
    after = meter.update(short, FACE).reach
    fresh = SkullMeter().update(short, FACE).reach
    assert fresh < after < before
    assert before - after < 0.3 * (before - fresh)


def test_smoothstep() -> None:
    """0 before, 1 after, a half in the middle."""
    values = smoothstep(np.array([0, 0.4, 0.5, 0.6, 1], np.float32), 0.4, 0.6)
    assert values == pytest.approx([0, 0, 0.5, 1, 1], abs=1e-6)


@pytest.mark.parametrize("amount", [0.2, 0.5, 0.8])
def test_streaks_cover_their_share(amount: float) -> None:
    """About as much of the hair is streak as was asked for."""
    patch = _patch(_hair())
    found = streaks(patch, SkullMeter().update(patch, FACE), amount)
    assert (found[patch.grid.weight > 0.5] > 0).mean() == pytest.approx(amount, abs=0.1)


@pytest.mark.parametrize("angle_deg", [0.0, 35.0, -35.0])
def test_streaks_follow_the_strands(angle_deg: float) -> None:
    """A streak goes on along the strands' direction and ends across it."""
    patch = _patch(_hair(angle_deg))
    found = streaks(patch, Skull(100, 80, 50, 100), 0.4)
    step, reach = patch.grid.factor, 12 / patch.grid.factor
    lean = np.radians(angle_deg)
    along = _correlation(found, -np.sin(lean) * reach, np.cos(lean) * reach, step)
    across = _correlation(found, np.cos(lean) * reach, np.sin(lean) * reach, step)
    assert along > 0.6
    assert across < along - 0.4


def test_streaks_move_with_the_head() -> None:
    """A picture moved by a few pixels has the same streaks, moved by as much."""
    picture = _hair()
    moved = np.roll(picture, 8, axis=1)
    first = _patch(picture)
    second = _patch(moved, 8)
    skull = Skull(100, 80, 50, 100)
    before = streaks(first, skull, 0.4)
    after = streaks(second, Skull(108, 80, 50, 100), 0.4)
    cells = 8 // first.grid.factor
    inside = np.s_[60 // first.grid.factor : 180 // first.grid.factor, 15:25]
    cells -= (second.left - first.left) // first.grid.factor
    same = np.corrcoef(before[inside].ravel(), np.roll(after, -cells, axis=1)[inside].ravel())
    assert same[0, 1] > 0.9


def test_streaks_do_not_flicker() -> None:
    """Camera noise on a still head changes hardly any streak."""
    picture = _hair()
    noise = np.random.default_rng(5)
    shaken = np.clip(picture + noise.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
    skull = Skull(100, 80, 50, 100)
    first, second = (streaks(_patch(one), skull, 0.4) for one in (picture, shaken))
    hair = _patch(picture).grid.weight > 0.5
    assert ((first > 0) != (second > 0))[hair].mean() < 0.05


def _correlation(plane: Floats, dx: float, dy: float, step: int) -> float:
    """The correlation of a plane's middle with itself some cells away."""
    rows = np.arange(60 // step, 180 // step)
    columns = np.arange(60 // step, 140 // step)
    here = plane[np.ix_(rows, columns)]
    there = plane[np.ix_(rows + round(dy), columns + round(dx))]
    return float(np.corrcoef(here.ravel(), there.ravel())[0, 1])
