"""Masks against the truth."""

import numpy as np
import pytest

from processing.local.natural.crop import Square
from tests.bench.quality import overlap, regions
from tests.bench.quality.arrays import Mask, is_hair, shrunk
from tests.bench.quality.truth import Face

FACE = Face(40.0, 40.0, 20.0, 30.0, ((45, 50), (55, 50), (50, 57), (46, 63), (54, 63)))


def test_iou_of_the_same_is_one() -> None:
    """A perfect mask has 1, also where there is nothing to find."""
    assert overlap.iou(_box(10, 30), _box(10, 30)) == 1.0
    assert overlap.iou(_box(0, 0), _box(0, 0)) == 1.0


def test_iou_of_a_shifted_square() -> None:
    """A square of 20 px moved by 10 shares 200 of 600 px."""
    assert overlap.iou(_box(10, 30), _box(10, 30, 10)) == pytest.approx(1 / 3)


def test_iou_of_nothing_found_is_zero() -> None:
    """Something found where nothing is, or the other way round, has 0."""
    assert overlap.iou(_box(10, 30), _box(0, 0)) == overlap.iou(_box(0, 0), _box(10, 30)) == 0.0


def test_tolerance_is_a_share_of_the_diagonal() -> None:
    """0.8 % of a 3-4-5 diagonal, rounded up."""
    assert overlap.tolerance_px(300, 400) == 4
    assert overlap.tolerance_px(375, 500) == 5


def test_boundary_f_forgives_the_tolerance() -> None:
    """A contour shifted by 2 px is right within 2 px and mostly wrong within none."""
    assert overlap.boundary_f(_box(10, 30), _box(10, 30), 0) == 1.0
    assert overlap.boundary_f(_box(10, 30), _box(10, 30, 2), 2) == 1.0
    assert overlap.boundary_f(_box(10, 30), _box(10, 30, 2), 0) < 0.6


def test_boundary_f_sees_what_iou_hardly_sees() -> None:
    """A ragged rim costs the contour far more than the area."""
    ragged = _box(10, 70)
    ragged[10:14, 10:70:8] = False
    assert overlap.iou(ragged, _box(10, 70)) > 0.98
    assert overlap.boundary_f(ragged, _box(10, 70), 1) < 0.97


def test_boundary_f_without_contours() -> None:
    """The picture's edge is no contour: both empty or both full is right, only one is wrong."""
    full = np.ones((80, 80), np.bool_)
    assert overlap.boundary_f(full, full, 1) == 1.0
    assert overlap.boundary_f(_box(0, 0), _box(10, 30), 1) == 0.0


def test_share() -> None:
    """A quarter of the region is found; of an empty region nothing can be said."""
    assert overlap.share(_box(0, 20), _box(0, 40)) == 0.25
    assert np.isnan(overlap.share(_box(0, 20), _box(0, 0)))


def test_mean_difference_tells_luck_from_merit() -> None:
    """The interval of a steady gain excludes 0, that of noise does not; both are reproducible."""
    rng = np.random.default_rng(2)
    theirs = list(rng.uniform(0.5, 0.9, 100))
    better = [value + 0.02 for value in theirs]
    noisy = list(np.add(theirs, rng.normal(0, 0.1, 100)))
    assert overlap.mean_difference(better, theirs) == pytest.approx((0.02, 0.02, 0.02))
    _, low, high = overlap.mean_difference(noisy, theirs)
    assert low < 0 < high
    assert overlap.mean_difference(noisy, theirs) == overlap.mean_difference(noisy, theirs)


def test_hair_begins_at_half() -> None:
    """127 is none, 128 is hair."""
    assert is_hair(np.array([[127, 128]], np.uint8)).tolist() == [[False, True]]


def test_picture_edge_is_no_rim() -> None:
    """Hair that leaves the picture keeps its core up to the edge."""
    core = shrunk(_box(0, 30), 5)
    assert core[0, 0]
    assert not core[27, 27]


def test_regions_of_a_face() -> None:
    """The crown lies above the brows, the lower face below the nose; they do not meet."""
    crown, lower = regions.crown(FACE, (100, 100)), regions.lower_face(FACE, (100, 100))
    assert crown[35, 50]
    assert not crown[52:].any()
    assert lower[66, 50]
    assert not lower[:58].any()
    assert regions.face_ellipse(FACE, (100, 100)).sum() == pytest.approx(np.pi * 150, rel=0.02)


def test_inside_a_square() -> None:
    """Pixels belong by their centres; what is beyond the picture is not counted."""
    assert regions.inside(Square(10, 10, 4), (100, 100)).sum() == 16
    assert regions.inside(Square(0, 0, 4), (100, 100)).sum() == 4


def test_square_of_a_face() -> None:
    """The crop rule: around the box's centre, with a side of so many face heights."""
    square = FACE.square(2.2)
    assert (square.cx, square.cy, square.side) == pytest.approx((50.0, 55.0, 66.0))


def _box(start: int, stop: int, right: int = 0) -> Mask:
    mask = np.zeros((80, 80), np.bool_)
    mask[start:stop, start + right : stop + right] = True
    return mask
