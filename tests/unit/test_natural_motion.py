"""Motion between two small grey pictures."""

import cv2
import numpy as np
import pytest

from processing.local.natural.motion import MotionMeter

EVERYWHERE = np.full((96, 96), 255, np.uint8)


@pytest.fixture
def texture() -> np.ndarray:
    """A (96, 96) grey picture with something to follow everywhere."""
    noise = np.random.default_rng(3).normal(0, 1, (120, 120)).astype(np.float32)
    soft = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), np.float32)
    least, most = float(soft.min()), float(soft.max())
    return ((soft - least) / (most - least) * 255).astype(np.uint8)


def test_noise_is_no_motion(texture: np.ndarray) -> None:
    """A still picture with a sensor's noise is not moved at all: its mask keeps every value."""
    before = texture[:96, :96].copy()
    noise = np.random.default_rng(1).integers(-1, 2, before.shape)
    now = np.clip(before.astype(int) + noise, 0, 255).astype(np.uint8)
    motion = MotionMeter().measure(before, now, EVERYWHERE)
    assert motion.sources is None
    plane = np.random.default_rng(2).random((96, 96)).astype(np.float32)
    assert motion.carry(plane) is plane
    assert motion.shift(EVERYWHERE) == (0.0, 0.0)


def test_planes_go_with_the_picture(texture: np.ndarray) -> None:
    """After a shift of two pixels to the right a plane has moved by as much."""
    before, now = texture[:96, 10:106].copy(), texture[:96, 8:104].copy()
    motion = MotionMeter().measure(before, now, EVERYWHERE)
    across, down = motion.shift(EVERYWHERE)
    assert across == pytest.approx(2, abs=0.4)
    assert down == pytest.approx(0, abs=0.3)
    carried = motion.carry(before.astype(np.float32))
    assert np.abs(carried - now)[8:-8, 8:-8].mean() < 4
    assert motion.trust[20:-20, 20:-20].mean() > 0.7


def test_what_appears_is_not_trusted(texture: np.ndarray) -> None:
    """Where something new covers the picture, what was known there counts for nothing."""
    before = texture[:96, :96].copy()
    now = before.copy()
    now[30:60, 30:60] = 255 - now[30:60, 30:60]
    now[30:60, 30:60] //= 3
    trust = MotionMeter().measure(before, now, EVERYWHERE).trust
    assert trust[38:52, 38:52].mean() < 0.35
    assert trust[70:, 70:].mean() > 0.9
