"""Blending and colouring, against the formulas as they were given."""

import cv2
import numpy as np
import pytest

from media.frame import Picture
from processing.local.classic.blend import blend, fit
from processing.local.classic.hsv import color_table, photo_table, tint
from tests import pictures


def _given_blend(source: Picture, style: Picture, alpha: float) -> Picture:
    """Section 3.3, transcribed, for a box that is the whole picture."""
    style_resized = cv2.resize(style, (source.shape[1], source.shape[0]))
    return np.asarray(cv2.addWeighted(source, alpha, style_resized, 1 - alpha, 0))


def _given_color(image: Picture, color_image: Picture, region: tuple[int, ...]) -> Picture:
    """Section 3.4, transcribed."""
    result = image.copy()
    (x, y, w, h) = region
    hsv = cv2.cvtColor(result, cv2.COLOR_BGR2HSV)
    color_hsv = cv2.cvtColor(color_image, cv2.COLOR_BGR2HSV)
    avg_hue = np.mean(color_hsv[:, :, 0])
    avg_saturation = np.mean(color_hsv[:, :, 1])
    hair_hsv = hsv[y : y + h, x : x + w]
    hair_hsv[:, :, 0] = avg_hue
    hair_hsv[:, :, 1] = np.clip(hair_hsv[:, :, 1] * 0.7 + avg_saturation * 0.3, 0, 255)
    hsv[y : y + h, x : x + w] = hair_hsv
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR))


@pytest.mark.parametrize("seed", range(20))
def test_tint_is_the_given_formula(seed: int) -> None:
    """On random pixels and random photos each byte is what the formula gives."""
    image = pictures.noise(37 + seed, 29, seed)
    photo = pictures.noise(11, 7, seed + 100) // (1 + seed % 3)
    height, width = image.shape[:2]
    expected = _given_color(image, photo, (0, 0, width, height))
    assert np.array_equal(tint(image, photo_table(photo)), expected)


def test_tint_of_a_box_is_the_given_formula_to_one_step() -> None:
    """Converting the box alone, not the whole frame, is no more than OpenCV's own rounding off."""
    image, photo = pictures.noise(160, 120), pictures.noise(9, 9, 3)
    expected = _given_color(image, photo, (21, 13, 95, 61))[13:74, 21:116]
    changed = tint(image[13:74, 21:116], photo_table(photo))
    assert np.abs(changed.astype(int) - expected).max() <= 1


def test_color_is_a_photo_of_one_pixel() -> None:
    """A plain colour and a photo of nothing but that colour give the same table."""
    assert np.array_equal(color_table((35, 75, 166)), photo_table(pictures.solid(35, 75, 166)))


def test_tint_leaves_its_input_and_the_brightness() -> None:
    """The region given is not written to, and the value (the largest channel) stays."""
    image = pictures.noise()
    before = image.copy()
    changed = tint(image, color_table((200, 30, 90)))
    assert np.array_equal(image, before)
    assert np.abs(changed.max(axis=2).astype(int) - before.max(axis=2)).max() <= 1


@pytest.mark.parametrize("weight", [0.6, 0.7])
def test_blend_is_the_given_formula(weight: float) -> None:
    """Resizing and mixing give the formula's bytes, whatever the style photo's shape."""
    source, style = pictures.noise(61, 47), pictures.noise(90, 33, 8)
    assert np.array_equal(
        blend(source, fit(style, source), weight), _given_blend(source, style, weight)
    )


def test_blend_of_plain_colours() -> None:
    """Sixty parts of 100 and forty of 200 are 140."""
    assert (blend(pictures.solid(100, 100, 100), pictures.solid(200, 200, 200), 0.6) == 140).all()
