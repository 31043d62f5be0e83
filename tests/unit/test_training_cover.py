"""Things in front of the hair: they are seen, and they are no hair."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.random import Generator

from media.frame import Picture
from processing.training.cover import hold_hand, hold_thing, wear_band, wear_hat, wear_scarf
from processing.training.faces import Face, FaceAxes
from processing.training.scene import Scene

Cover = Callable[[Scene, Generator, Picture], Scene]

FACE = Face(64, 72, 40, 50, ((54, 64), (74, 64), (64, 72), (56, 84), (72, 84)))
COVERS = (wear_hat, wear_scarf, wear_band, hold_hand, hold_thing)
OTHER = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)


def scene() -> Scene:
    """Hair everywhere, of one colour that no paint has by chance; half of it is unsure."""
    hair = np.full((128, 128), 255, np.uint8)
    picture = np.full((128, 128, 3), (3, 250, 3), np.uint8)
    return Scene(picture, hair, hair * 0, np.full_like(hair, 100), FaceAxes.of(FACE))


@pytest.mark.parametrize("cover", COVERS)
def test_covers_are_no_hair(cover: Cover) -> None:
    """Where a cover was painted the label is zero and counts fully; elsewhere nothing changes."""
    before, painted = scene(), 0
    for seed in range(12):
        after = cover(before, np.random.default_rng(seed), OTHER)
        bare = after.hair == 255
        assert np.array_equal(after.picture[bare], before.picture[bare])
        assert (after.weight[bare] == 100).all()
        assert (after.weight[after.hair == 0] == 255).all()
        painted += int((after.hair == 0).sum())
    assert painted > 0


@pytest.mark.parametrize("cover", COVERS)
def test_covers_do_not_touch_what_they_are_given(cover: Cover) -> None:
    """The scene handed in stays as it was."""
    before = scene()
    cover(before, np.random.default_rng(1), OTHER)
    assert before.hair.min() == 255
    assert (before.picture == (3, 250, 3)).all()


def test_hat_sits_on_the_head() -> None:
    """The crown is covered, the mouth is not."""
    for seed in range(12):
        after = wear_hat(scene(), np.random.default_rng(seed), OTHER)
        assert after.hair[44:47, 64].mean() < 50
        assert after.hair[86, 64] == 255


def test_scarf_leaves_the_face_free() -> None:
    """All around the face there is cloth; eyes, nose and mouth look out."""
    for seed in range(12):
        after = wear_scarf(scene(), np.random.default_rng(seed), OTHER)
        assert after.hair[72, 64] == 255
        assert after.hair[40:43, 64].mean() < 50


def test_hand_is_of_skin() -> None:
    """A hand has the colour of the cheek that it was given, a little lighter or darker."""
    cheek = np.full((6, 6, 3), (60, 90, 160), np.uint8)
    after = hold_hand(scene(), np.random.default_rng(2), cheek)
    colour = after.picture[after.hair == 0].mean(0)
    assert colour[2] > colour[1] > colour[0]
