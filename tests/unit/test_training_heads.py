"""Whole pictures for the head finder, and what it is to answer."""

import numpy as np
import pytest

from processing.local.natural import heads
from processing.training.crowd import make_crowd
from processing.training.head_targets import FACE_UNIT_PX, STRIDE_PX, HeadTargets, Seen
from tests.unit.test_training_scene import portrait

CELLS = (12, 16)


def test_engine_reads_what_is_taught() -> None:
    """Cells and heights mean the same in training and in the engine."""
    assert (STRIDE_PX, FACE_UNIT_PX) == (heads.CELL_PX, heads.FACE_UNIT_PX)


def test_peak_and_place_of_a_face() -> None:
    """The heat is 1 in the face's cell, and its place leads back to centre and height."""
    targets = HeadTargets.of([Seen(70.0, 42.0, 48.0)], CELLS)
    row, column = np.unravel_index(targets.heat[0].argmax(), CELLS)
    assert (row, column) == (5, 8)
    assert targets.heat[0, row, column] == 1
    across, down, size = targets.place[:, row, column]
    assert (column + across + 0.5) * STRIDE_PX == pytest.approx(70.0, abs=1e-3)
    assert (row + down + 0.5) * STRIDE_PX == pytest.approx(42.0, abs=1e-3)
    assert np.exp(size) * FACE_UNIT_PX == pytest.approx(48.0, abs=1e-3)


def test_place_counts_near_a_centre_only() -> None:
    """Far from any face the place weighs nothing, however large the face is."""
    targets = HeadTargets.of([Seen(20.0, 20.0, 60.0)], CELLS)
    assert targets.weight[0, 2, 2] == 1
    assert targets.weight[0, 11, 15] == 0
    assert targets.weight.sum() < 12


def test_every_face_has_its_peak() -> None:
    """Two faces near each other: two cells of 1, each with its own height."""
    targets = HeadTargets.of([Seen(28.0, 44.0, 40.0), Seen(76.0, 44.0, 20.0)], CELLS)
    assert int((targets.heat == 1).sum()) == 2
    assert targets.place[2, 5, 3] > targets.place[2, 5, 9]


def test_faces_outside_are_passed_over() -> None:
    """A centre beyond the edge is not asked for; one in the outermost pixel is."""
    outside = [Seen(-1.0, 40.0, 30.0), Seen(40.0, 110.0, 30.0), Seen(140.0, 40.0, 30.0)]
    assert HeadTargets.of(outside, CELLS).heat.max() == 0
    assert HeadTargets.of([Seen(127.9, 95.9, 30.0)], CELLS).heat[0, 11, 15] == 1


def test_crowds_show_the_faces_they_tell() -> None:
    """Pictures of the asked shape with none to four heads, each no higher than the picture."""
    counts = set()
    for seed in range(40):
        picture, seen = make_crowd([portrait()], (64, 96), np.random.default_rng(seed))
        assert picture.shape == (64, 96, 3)
        assert all(4 < face.height < 70 for face in seen)
        counts.add(len(seen))
    assert counts >= {0, 1, 2}


def test_crowds_faces_lie_in_the_picture() -> None:
    """A portrait's largest face is put into the picture, not beside it."""
    for seed in range(40):
        _, seen = make_crowd([portrait()], (64, 96), np.random.default_rng(seed))
        for face in seen:
            assert 0 <= face.cx < 96
            assert 0 <= face.cy < 64


def test_tiny_portraits_do_no_harm() -> None:
    """A face at the edge of its portrait leaves strips too thin to paste; they are left out."""
    for seed in range(40):
        assert make_crowd([portrait()], (32, 32), np.random.default_rng(seed))[0].size == 3072
