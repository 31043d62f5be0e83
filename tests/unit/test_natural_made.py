"""When a matte need not be made anew."""

import numpy as np
import pytest

from processing.local.natural.crop import Square
from processing.local.natural.made import Made
from processing.local.natural.matte import Matte
from processing.local.natural.planes import Bytes, Floats

N = 96
SQUARE = Square(100, 100, 200)
SHARE = np.ones((N, N), np.float32)


class Track:
    """What a track shows of itself."""

    def __init__(self) -> None:
        self.hair: Floats = np.zeros((N, N), np.float32)
        self.hair[20:40, 20:70] = 1
        self.guide: Bytes = np.full((N, N), 90, np.uint8)
        self.square = SQUARE


@pytest.fixture
def track() -> Track:
    """A head with some hair."""
    return Track()


@pytest.fixture
def made(track: Track) -> Made:
    """The matte of that head."""
    matte = Matte(0, 0, np.zeros((4, 4), np.uint8))
    return Made(track.hair, track.guide, track.square, SHARE, 1, matte)


def test_noise_changes_nothing(track: Track, made: Made) -> None:
    """The same head with a little noise has the same matte."""
    track.guide = track.guide + np.random.default_rng(1).integers(0, 6, (N, N), np.uint8)
    assert made.holds(track, SHARE.copy(), 1)


def test_a_finger_before_the_hair_is_noticed(track: Track, made: Made) -> None:
    """A few changed cells in or beside the hair call for a new matte; elsewhere they do not."""
    track.guide = track.guide.copy()
    track.guide[80:90, 10:20] = 200
    assert made.holds(track, SHARE, 1)
    track.guide[41:43, 40:42] = 110
    assert not made.holds(track, SHARE, 1)


@pytest.mark.parametrize("change", ["hair", "square", "share", "step"])
def test_whatever_else_it_is_made_of_counts(track: Track, made: Made, change: str) -> None:
    """Another mask, place, share or resolution is another matte."""
    share, step = SHARE, 1
    if change == "hair":
        track.hair = track.hair.copy()
    elif change == "square":
        track.square = Square(101, 100, 200)
    elif change == "share":
        share = SHARE * np.float32(0.5)
    else:
        step = 2
    assert not made.holds(track, share, step)
