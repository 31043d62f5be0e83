"""The edit's light: gains in linear light, known in places and carried into the rest."""

import numpy as np
import pytest

from processing.cloud.paste import tone
from tests.pictures import noise, solid


def test_every_level_survives_linear_light() -> None:
    """There and back is the same picture, bit for bit."""
    levels = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert np.array_equal(tone.encoded(tone.linear(levels)), levels)


def test_more_than_white_is_white() -> None:
    """Light is clipped, never wrapped."""
    assert tone.encoded(np.array([-1.0, 0.5, 7.0], np.float32)).tolist() == [0, 188, 255]


def test_the_face_tells_the_gain() -> None:
    """The median's, whatever a few pixels say; nothing where too few are seen."""
    edit = noise(32, 32)
    own = tone.encoded(tone.linear(edit) * np.array([0.9, 1.0, 0.8], np.float32))
    own[:4] = 0
    ratio = tone.log_ratio(own, edit)
    seen = tone.is_exposed(own, edit) | (own.max(axis=2) == 0)
    gain = np.exp(tone.face_gain(ratio, seen))
    assert gain == pytest.approx([0.9, 1.0, 0.8], abs=0.02)
    assert not tone.face_gain(ratio, np.zeros((32, 32), np.bool_)).any()


def test_clipped_pixels_are_not_exposed() -> None:
    """White in either picture tells nothing."""
    assert tone.is_exposed(solid(100, 100, 100), solid(90, 90, 90)).all()
    assert not tone.is_exposed(solid(100, 100, 100), solid(90, 255, 90)).any()


def test_what_is_known_is_kept_and_carried() -> None:
    """Two borders of different light: each is kept, and between them it goes over smoothly."""
    ratio, weight = np.zeros((40, 64, 3), np.float32), np.zeros((40, 64), np.float32)
    ratio[:, -4:], weight[:, :4], weight[:, -4:] = 1.0, 1.0, 1.0
    spread = tone.spread_out(ratio, weight)
    line = spread[20, :, 0]
    assert line[:4].max() == 0
    assert line[-4:].min() == 1
    assert 0.3 < line[32] < 0.7
    assert np.diff(line).min() > -0.05


def test_nothing_known_is_no_gain() -> None:
    """No shared pixel at all."""
    empty = np.zeros((9, 7), np.float32)
    assert not tone.spread_out(np.zeros((9, 7, 3), np.float32), empty).any()
