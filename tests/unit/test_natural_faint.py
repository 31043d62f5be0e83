"""Strands that black hair hides."""

import cv2
import numpy as np
import pytest

from processing.local.natural.faint import FROM, MOST, TO, as_share, brought_out, faintness
from processing.local.natural.matte import Matte
from processing.local.natural.patch import Patch
from processing.local.natural.planes import Bytes
from processing.local.natural.recolour import Colourist, Dye
from processing.local.natural.view import View
from processing.look import Look, bgr_of

SIDE = 256
STRONG, FAINT = np.s_[40:216, 20:110], np.s_[40:216, 146:236]
LIGHTENS = 1.6


def _hair(level: int, strong: float = 12.0, faint: float = 2.0) -> Bytes:
    """Upright strands: strong on the left, faint on the right."""
    strands = np.random.default_rng(3).standard_normal(SIDE)
    swing = np.where(np.arange(SIDE) < SIDE // 2, strong, faint)
    row = np.clip(level + swing * strands, 0, 255).astype(np.uint8)
    return np.asarray(cv2.merge([np.tile(row, (SIDE, 1))] * 3), np.uint8)


def _patch(picture: Bytes) -> Patch:
    patch = Patch.cut(View(picture), _matte())
    assert patch is not None
    return patch


def _matte() -> Matte:
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    alpha[8:-8, 8:-8] = 255
    return Matte(0, 0, alpha)


def _swing(picture: Bytes, where: tuple[slice, slice]) -> float:
    return float(picture[where][..., 1].std())


def test_faint_strands_of_black_hair_count_for_more() -> None:
    more = faintness(_patch(_hair(24)).grid, LIGHTENS)
    assert more is not None
    half = more.shape[1] // 2
    assert 0.3 < more[:, half + 16 : -16].mean() <= MOST
    assert more[:, 16 : half - 16].mean() < 0.2


def test_dyed_light_they_are_to_be_seen() -> None:
    source = _hair(24)
    look = Look(engine="natural", color=bgr_of("#e8e0d0"))
    dyed = Colourist().apply(View(source), _matte(), Dye.of(look))
    before = _swing(source, FAINT) / _swing(source, STRONG)
    assert _swing(dyed, FAINT) / _swing(dyed, STRONG) > 1.3 * before


def test_a_dye_that_does_not_lighten_needs_none() -> None:
    """And between the two it begins at nothing: a tone that wavers makes no steps."""
    grid = _patch(_hair(24)).grid
    assert faintness(grid, FROM) is None
    found = [faintness(grid, FROM + part * (TO - FROM)) for part in (0.1, 0.2, 1.0, 2.0)]
    most = [float(one.max()) for one in found if one is not None]
    assert most[1] == pytest.approx(2 * most[0], rel=0.01)
    assert most[2] == pytest.approx(10 * most[0], rel=0.01)
    assert most[3] == most[2]


def test_light_hair_and_even_hair_show_theirs_by_themselves() -> None:
    assert faintness(_patch(_hair(120)).grid, LIGHTENS) is None
    assert faintness(_patch(_hair(24, 8.0, 8.0)).grid, LIGHTENS) is None


def test_hair_without_any_strands_stays_flat() -> None:
    patch = _patch(_hair(24, 12.0, 0.0))
    faint = faintness(patch.grid, LIGHTENS)
    assert faint is not None
    low, more = patch.enlarged(patch.grid.low, as_share(faint))
    tones = np.full((SIDE, SIDE), 128, np.uint8)
    result = brought_out(tones, patch.luma, low, more, LIGHTENS)
    assert np.abs(result[FAINT].astype(int) - 128).max() <= 1
