"""Mattes from frame to frame."""

import numpy as np
import pytest

from media.frame import Picture
from tests.bench.quality import flicker
from tests.bench.quality.arrays import Alpha


def test_steady_matte_does_not_change() -> None:
    """The same matte twice, or no hair at all, is 0."""
    assert flicker.change(_matte(), _matte()) == 0.0
    assert flicker.change(np.zeros((9, 9), np.uint8), np.zeros((9, 9), np.uint8)) == 0.0


def test_change_is_relative_to_the_hair() -> None:
    """A square of 20 px moved by 1 px changes 40 of its 400 px."""
    assert flicker.change(_matte(), _matte(1)) == pytest.approx(0.1)


def test_dtssd_forgives_what_the_truth_does() -> None:
    """A matte that moves with the truth has 0; one that flickers before a still truth has not."""
    moving, still = [_matte(), _matte(1), _matte(2)], [_matte()] * 3
    assert flicker.dtssd(moving, moving) == 0.0
    assert flicker.dtssd(moving, still) == pytest.approx(100 * np.sqrt(40 / 3600))


def test_motion_is_no_flicker() -> None:
    """A matte that follows its picture is steady once it is warped; one that lags is not."""
    texture = _texture()
    moved = np.roll(texture, 3, axis=1)
    back, forth = flicker.flow(moved, texture), flicker.flow(texture, moved)
    where = flicker.believed(back, forth)
    following = flicker.warped_change(_matte(), _matte(3), back, where)
    staying = flicker.warped_change(_matte(), _matte(), back, where)
    assert where[18:42, 18:42].mean() > 0.9
    assert following < 0.03
    assert staying > 0.2


def test_flow_that_does_not_return_is_not_believed() -> None:
    """Where forth and back do not cancel, something was covered."""
    forth = np.zeros((60, 60, 2), np.float32)
    back = forth.copy()
    back[20:30, 20:30, 0] = 5
    where = flicker.believed(back, forth)
    assert where.sum() == 3600 - 100


def _matte(right: int = 0) -> Alpha:
    alpha = np.zeros((60, 60), np.uint8)
    alpha[20:40, 20 + right : 40 + right] = 255
    return alpha


def _texture() -> Picture:
    coarse = np.random.default_rng(3).integers(0, 256, (60, 60, 1), np.uint8)
    smooth = coarse.astype(np.float64)
    for axis in (0, 1):
        smooth = (smooth + np.roll(smooth, 1, axis) + np.roll(smooth, -1, axis)) / 3
    return np.repeat(smooth, 3, axis=2).astype(np.uint8)
