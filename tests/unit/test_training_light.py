"""Light, lens, sensor, coder and surfaces: pictures stay pictures."""

import numpy as np
import pytest

from processing.training.faces import Face, FaceAxes
from processing.training.light import move_elsewhere, photograph, recolour
from processing.training.scene import Scene
from processing.training.texture import surface

FACE = Face(64, 60, 40, 50, ((54, 52), (74, 52), (64, 60), (56, 72), (72, 72)))
SEEDS = range(25)


def scene() -> Scene:
    """A band of dark hair over a grey picture."""
    picture = np.full((128, 128, 3), 150, np.uint8)
    hair = np.zeros((128, 128), np.uint8)
    hair[20:40, 40:90] = 255
    picture[hair > 0] = (20, 30, 40)
    return Scene(picture, hair, hair * 0, np.full_like(hair, 255), FaceAxes.of(FACE))


@pytest.mark.parametrize("shape", [(48, 48, 3), (33, 57, 3)])
def test_photographs_keep_shape_and_type(shape: tuple[int, int, int]) -> None:
    """Any light, blur, noise and JPEG leave a BGR picture of bytes as large as before."""
    picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    for seed in SEEDS:
        taken = photograph(picture, np.random.default_rng(seed))
        assert taken.shape == shape
        assert taken.dtype == np.uint8


def test_photographs_differ() -> None:
    """No two seeds give the same picture; the same seed does."""
    picture = scene().picture
    taken = {photograph(picture, np.random.default_rng(seed)).tobytes() for seed in SEEDS}
    assert len(taken) == len(SEEDS)
    assert photograph(picture, np.random.default_rng(3)).tobytes() in taken


def test_only_hair_is_recoloured() -> None:
    """Beyond the label no pixel changes; within it, nearly always."""
    before = scene()
    changed = [recolour(before, np.random.default_rng(seed)).picture for seed in SEEDS]
    for picture in changed:
        assert np.array_equal(picture[before.hair == 0], before.picture[before.hair == 0])
    bright = [picture[30, 60].mean() for picture in changed]
    assert min(bright) < 60
    assert max(bright) > 180


def test_hairless_scene_is_left_alone() -> None:
    """Without hair there is nothing to recolour, and no division by zero."""
    bald = scene()
    bald.hair[:] = 0
    assert np.array_equal(recolour(bald, np.random.default_rng(1)).picture, bald.picture)


def test_person_moves_and_stays_the_same() -> None:
    """The corner above the shoulders shows another ground; hair, face and body do not change."""
    before = scene()
    other = np.zeros((60, 60, 3), np.uint8)
    moved = [move_elsewhere(before, np.random.default_rng(seed), other) for seed in SEEDS]
    for after in moved:
        assert np.array_equal(after.picture[30, 60], before.picture[30, 60])
        assert np.array_equal(after.picture[60, 64], before.picture[60, 64])
        assert np.array_equal(after.picture[120, 10], before.picture[120, 10])
    assert sum(abs(int(after.picture[3, 3, 0]) - 150) > 5 for after in moved) > len(moved) / 2


def test_surfaces() -> None:
    """Of every kind: squares of bytes; with another picture or without; a tiny one will do."""
    for seed in SEEDS:
        for other in (None, np.zeros((9, 9, 3), np.uint8)):
            made = surface(40, np.random.default_rng(seed), other)
            assert made.shape == (40, 40, 3)
            assert made.dtype == np.uint8
