"""Networks' answers from several crops, averaged."""

import numpy as np
import pytest

from media.frame import Picture
from processing.training.faces import Face
from processing.training.views import average

FACE = Face(60, 60, 24, 30, ((54, 55), (66, 55), (60, 60), (55, 68), (65, 68)))
PICTURE = np.zeros((120, 160, 3), np.uint8)


class Sees:
    """A teacher that says the brightness of the crop is the probability of hair."""

    size_px = 64

    def __init__(self) -> None:
        self.looks = 0

    def hair(self, crop: Picture) -> np.ndarray:
        """The first plane as a share."""
        self.looks += 1
        return np.asarray(crop[:, :, 0] / np.float32(255), np.float32)


class Wavers(Sees):
    """Sure of hair in every other look, and of none in between."""

    def hair(self, crop: Picture) -> np.ndarray:
        """All or nothing."""
        return np.full_like(super().hair(crop), self.looks % 2)


class Certain(Sees):
    """Says the same of every pixel."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self._probability = probability

    def hair(self, crop: Picture) -> np.ndarray:
        """The one probability."""
        return np.full_like(super().hair(crop), self._probability)


def test_eight_looks_at_the_middle() -> None:
    """Four crops and their mirror pictures; near the face all of them see something."""
    teacher = Sees()
    _, _, views = average([teacher], PICTURE, FACE)
    assert teacher.looks == 8
    assert views[60, 60] == 8 * 31


def test_beyond_the_widest_crop_nothing_is_seen() -> None:
    """A corner that no crop reaches has no view, and no hair."""
    mean, doubt, views = average([Sees()], PICTURE, FACE)
    assert views[110, 155] == 0
    assert mean[110, 155] == doubt[110, 155] == 0
    assert views[60, 100] in {2 * 31, 4 * 31}


def test_mirrored_answers_are_put_back() -> None:
    """A mark on one side is found on that side, and the views do not differ over it."""
    picture = PICTURE.copy()
    picture[40:80, 66:80] = 255
    mean, doubt, _ = average([Sees()], picture, FACE)
    assert mean[60, 73] > 250
    assert mean[60, 47] < 5
    assert doubt[60, 73] < 5


def test_disagreement_is_doubt() -> None:
    """Half of the looks say hair: an even mean, and the greatest doubt there is."""
    mean, doubt, _ = average([Wavers()], PICTURE, FACE)
    assert mean[60, 60] == pytest.approx(128, abs=1)
    assert doubt[60, 60] == 255


def test_every_looker_has_one_voice() -> None:
    """One that sees hair and two that see none: a third, and doubt; the views stay eight."""
    mean, doubt, views = average([Certain(1), Certain(0), Certain(0)], PICTURE, FACE)
    assert mean[60, 60] == 85
    assert doubt[60, 60] == pytest.approx(2 * 255 * np.sqrt(2) / 3, abs=1)
    assert views[60, 60] == 8 * 31
