"""Palettes: the dye's own colour in the middle, and hair around it."""

import numpy as np
import pytest
from skimage.color import lab2rgb, rgb2lab

from processing.local.natural.lab import bgr_of, fitted, lab_of, lightness_of
from processing.local.natural.palette import (
    MIDDLE,
    Swatch,
    gloss_of,
    natural_spread,
    slope_at,
    table_of,
)
from processing.look import bgr_of as bgr_of_hex
from processing.shades import SHADES, Shade


def test_lab_is_the_standards() -> None:
    """Conversion there agrees with scikit-image's on random colours to a hundredth."""
    bgr = np.random.default_rng(1).integers(0, 256, (500, 3))
    theirs = rgb2lab(bgr[:, ::-1][None] / 255)[0]
    assert np.abs(lab_of(bgr) - theirs).max() < 0.02


def test_lab_comes_back() -> None:
    """There and back again is the same colour, and scikit-image's way back agrees."""
    bgr = np.random.default_rng(2).integers(0, 256, (500, 3))
    lab = lab_of(bgr)
    assert np.abs(bgr_of(lab) - bgr).max() < 0.01
    theirs = lab2rgb(lab[None])[0][:, ::-1] * 255
    assert np.abs(theirs - bgr).max() < 0.5


def test_what_srgb_can_not_show_loses_chroma_only() -> None:
    """A blue beyond sRGB keeps its lightness and hue."""
    beyond = np.array([[60.0, 40.0, -100.0], [50.0, 1.0, 1.0]])
    shown = fitted(beyond)
    assert shown[0, 0] == 60.0
    assert shown[0, 1] / shown[0, 2] == pytest.approx(-0.4)
    assert 10 < np.hypot(shown[0, 1], shown[0, 2]) < 100
    assert np.array_equal(shown[1], beyond[1])


@pytest.mark.parametrize("shade", SHADES, ids=lambda shade: shade.name)
def test_the_middle_is_the_swatch(shade: Shade) -> None:
    """Every shade of the catalogue stands in the middle of its palette, to one level.

    What is nearly black is lifted by up to 6 L*, or its strands could not be seen.
    """
    color = bgr_of_hex(shade.color)
    table = table_of(Swatch.of(color))
    assert table.shape == (256, 1, 3)
    lift = lab_of(table[MIDDLE, 0])[0] - lab_of(color)[0]
    if lab_of(color)[0] > 15:
        assert np.abs(table[MIDDLE, 0].astype(int) - color).max() <= 1
    assert -0.5 < lift < 6


@pytest.mark.parametrize("shade", SHADES, ids=lambda shade: shade.name)
def test_palettes_rise_without_steps(shade: Shade) -> None:
    """From tone to tone lightness never falls and no channel jumps: nothing posterises."""
    table = table_of(Swatch.of(bgr_of_hex(shade.color)))[:, 0]
    lightness = lab_of(table)[:, 0]
    assert np.diff(lightness).min() > -0.4
    assert np.abs(np.diff(table.astype(int), axis=0)).max() <= 5


def test_highlights_are_whiter_and_shadows_darker() -> None:
    """Copper's highlights have less chroma than its middle; its shadows are dark."""
    lab = lab_of(table_of(Swatch.of((35, 75, 166)))[:, 0])
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    assert chroma[190] < 0.9 * chroma[MIDDLE]
    assert lab[80, 0] < lab[MIDDLE, 0] - 8 < lab[190, 0] - 16


def test_shine_lightens_highlights_alone() -> None:
    """Shine makes light tones lighter and whiter and leaves the middle and the shadows."""
    swatch = Swatch.of((60, 80, 120))
    plain, glossy = lab_of(table_of(swatch)[:, 0]), lab_of(table_of(swatch, shine=1.0)[:, 0])
    assert glossy[170, 0] > plain[170, 0] + 3
    assert np.hypot(*glossy[190, 1:]) < np.hypot(*plain[190, 1:])
    assert np.array_equal(glossy[: MIDDLE + 1], plain[: MIDDLE + 1])


def test_gloss_adds_white_to_highlights_alone() -> None:
    """Gloss for a hair that keeps its colour is neutral, rises, and is nothing up to the middle."""
    gloss = gloss_of(1.0)[:, 0].astype(int)
    assert not gloss[: MIDDLE + 1].any()
    assert gloss[170, 0] > 10
    assert (np.diff(gloss[:, 0]) >= 0).all()
    assert (gloss == gloss[:, :1]).all()


def test_spread_is_largest_where_the_eye_is_dullest() -> None:
    """Light hair may vary more than middle hair; black has least room below it."""
    assert natural_spread(88) > natural_spread(70) > natural_spread(50)
    assert natural_spread(2) < natural_spread(15)


def test_slope_is_that_of_lightness() -> None:
    """L* per level of grey is the difference quotient of L* itself, at the ends too."""
    assert slope_at(100, 10) == pytest.approx(
        (lightness_of(np.array([110.0]))[0] - lightness_of(np.array([90.0]))[0]) / 20
    )
    assert 0.2 < slope_at(0) < slope_at(60) < 0.5
    assert 0.3 < slope_at(255) < 0.45


def test_measured_colours_are_taken_over() -> None:
    """A palette from measured levels has their hue at their lightness."""
    levels = np.array([[20.0, 10.0, 5.0], [50.0, 10.0, 30.0]])
    swatch = Swatch(35.0, 10.0, 17.5, 8.0, levels)
    lab = lab_of(table_of(swatch)[:, 0])
    middle = lab[np.argmin(np.abs(lab[:, 0] - 35))]
    assert middle[2] == pytest.approx(17.5, abs=1.0)
    light = lab[np.argmin(np.abs(lab[:, 0] - 50))]
    assert light[2] == pytest.approx(30.0, abs=1.5)
