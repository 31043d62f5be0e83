"""The colour of a photo's hair: measured robustly, its variation with it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from media.frame import Picture
from processing.local.natural.lab import lab_of
from processing.local.natural.reference import (
    NEEDED_PX,
    HairColour,
    TooLittleHair,
)
from processing.look import Bgr


def _strands(color: Bgr, rows: int = 80, seed: int = 1) -> Picture:
    light = 1 + 0.2 * np.random.default_rng(seed).normal(0, 1, (rows, 60, 1))
    return np.clip(np.asarray(color) * light, 0, 255).astype(np.uint8)


def _all(picture: Picture) -> NDArray[np.uint8]:
    return np.full(picture.shape[:2], 255, np.uint8)


def test_mean_and_spread_are_measured() -> None:
    """Lightness, its spread, and a colour for each lightness, as they are in the picture."""
    picture = _strands((70, 110, 150))
    hair = HairColour.measure(picture, _all(picture))
    lab = lab_of(picture).reshape(-1, 3)
    assert hair.lightness == pytest.approx(lab[:, 0].mean(), abs=1)
    assert hair.spread == pytest.approx(lab[:, 0].std(), rel=0.15)
    assert (np.diff(hair.levels[:, 0]) > 0).all()
    assert hair.levels[:, 1:].mean(axis=0) == pytest.approx(lab[:, 1:].mean(axis=0), abs=1.5)
    assert hair.tips is None


def test_what_is_not_hair_does_not_count() -> None:
    """Where alpha is low there may be anything."""
    picture = _strands((70, 110, 150))
    alone = HairColour.measure(picture, _all(picture))
    framed = np.zeros((120, 100, 3), np.uint8)
    framed[20:100, 20:80] = picture
    alpha = np.full((120, 100), 150, np.uint8)
    alpha[20:100, 20:80] = 255
    assert HairColour.measure(framed, alpha).lightness == pytest.approx(alone.lightness)


def test_errors_of_the_mask_are_left_out() -> None:
    """A tenth of the mask on a green wall moves the colour by less than a step of L*."""
    picture = _strands((40, 60, 90))
    clean = HairColour.measure(picture, _all(picture))
    picture[:, :6] = (60, 200, 60)
    spoilt = HairColour.measure(picture, _all(picture))
    assert spoilt.lightness == pytest.approx(clean.lightness, abs=1)
    assert spoilt.levels[:, 1:] == pytest.approx(clean.levels[:, 1:], abs=2)


def test_an_ombre_is_seen() -> None:
    """Dark above and light below: roots, tips, and where the one becomes the other."""
    picture = np.vstack([_strands((25, 35, 50), 60), _strands((130, 180, 215), 40, 2)])
    hair = HairColour.measure(picture, _all(picture))
    assert hair.tips is not None
    assert hair.lightness < 25
    assert hair.tips.lightness > 65
    assert hair.position == pytest.approx(0.6, abs=0.08)


def test_shade_below_is_no_ombre() -> None:
    """A slow fall of light over the hair is shading, not dye."""
    picture = (_strands((70, 110, 150)) * np.linspace(1.08, 0.92, 80)[:, None, None]).astype(
        np.uint8
    )
    assert HairColour.measure(picture, _all(picture)).tips is None


@pytest.mark.parametrize("found_px", [0, 1, NEEDED_PX - 1])
def test_too_little_hair_is_not_measured(found_px: int) -> None:
    """Below the limit nothing is measured."""
    alpha = np.zeros((80, 60), np.uint8)
    alpha.ravel()[:found_px] = 255
    with pytest.raises(TooLittleHair):
        HairColour.measure(_strands((70, 110, 150)), alpha)


def test_just_enough_hair_is_measured() -> None:
    """At the limit there is an answer, for hair of one single colour too."""
    picture = np.full((20, 20, 3), 90, np.uint8)
    hair = HairColour.measure(picture, _all(picture))
    assert hair.lightness == pytest.approx(lab_of(picture[0, 0])[0])
    assert hair.spread > 0


def test_a_large_photo_is_sampled() -> None:
    """More pixels than are needed change neither the time much nor the answer."""
    picture = _strands((70, 110, 150))
    large = np.tile(picture, (10, 10, 1))
    few, many = HairColour.measure(picture, _all(picture)), HairColour.measure(large, _all(large))
    assert many.lightness == pytest.approx(few.lightness, abs=0.5)
