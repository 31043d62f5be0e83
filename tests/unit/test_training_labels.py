"""Labels: how doubt becomes weight, and what is corrected by rule and by mark."""

import numpy as np

from processing.training.faces import Face
from processing.training.labels import Label, Plane, correct, from_teacher

EYE, DEPTH = 40, 40
"""Of the face below, px: so far apart are the eyes, so far below them is the mouth."""
FACE = Face(100, 120, 80, 110, ((80, 100), (120, 100), (100, 120), (85, 140), (115, 140)))
SHAPE = (260, 200)


def row(down: float) -> int:
    """The picture's row at this place down the face: 0 at the eyes, 1 at the mouth."""
    return int(100 + down * DEPTH)


def label(*bands: tuple[float, float]) -> Label:
    """Sure of hair between these places down the face, all across, and of none elsewhere."""
    hair = np.zeros(SHAPE, np.uint8)
    for top, bottom in bands:
        hair[max(0, row(top)) : row(bottom)] = 255
    return Label(hair, np.full(SHAPE, 255, np.uint8))


def test_doubt_lowers_the_weight() -> None:
    """Where the views agree a pixel counts fully, where they differ less, unseen not at all."""
    planes: list[Plane] = [np.array([row], np.uint8) for row in ((9, 9, 9), (0, 128, 0))]
    made = from_teacher(planes[0], planes[1], np.array([[248, 248, 0]], np.uint8))
    assert made.hair.tolist() == [[9, 9, 9]]
    assert made.weight[0, 0] == 255
    assert 60 < made.weight[0, 1] < 120
    assert made.weight[0, 2] == 0


def test_correction_leaves_the_label_itself_alone() -> None:
    """A label is corrected in a copy."""
    given = label((-2, 3))
    correct(given, FACE, "hat")
    assert given.hair.max() == 255
    assert given.weight.min() == 255


def test_beard_is_no_hair() -> None:
    """Hair over mouth and chin is taken away, and around it nothing is sure; the crown stays."""
    made = correct(label((-2.4, -0.8), (0.8, 1.9)), FACE, None)
    assert made.hair[row(1.3), 100] == 0
    assert made.weight[row(1.3), 100] == 255
    assert made.weight[row(1.5), 140] == 0
    assert made.hair[row(-1.5), 100] == 255
    assert made.weight[row(-1.5), 100] == 255


def test_long_beard_is_followed_down() -> None:
    """A beard that fills the chin is taken away below it too, and the chest is unsure."""
    made = correct(label((0.4, 3.5)), FACE, None)
    assert made.hair[row(2.8), 100] == 0
    assert made.weight[row(2.8), 100 + EYE] == 0


def test_clean_chin_changes_nothing_around_it() -> None:
    """Long hair beside a bare chin is hair as before."""
    given = label((-2.4, 3.5))
    given.hair[:, 60:140] = 0
    made = correct(given, FACE, None)
    assert made.hair[row(1.5), 40] == 255
    assert made.weight[row(1.5), 40] == 255


def test_traces_below_short_hair_are_unsure() -> None:
    """With nearly all hair above the nose, what little is below may be a collar."""
    made = correct(label((-2.4, -0.8), (3.3, 3.5)), FACE, None)
    assert made.hair[row(3.4), 100] == 255
    assert made.weight[row(3.4), 100] == 0
    assert made.weight[row(-1.5), 100] == 255


def test_hat_is_no_hair() -> None:
    """Marked so, everything above the brows is surely none; at the temples nothing is sure."""
    made = correct(label((-2.4, 0.3)), FACE, "hat")
    assert made.hair[row(-1.5), 100] == 0
    assert made.weight[row(-1.5), 100] == 255
    assert made.weight[row(-0.5), 30] == 0
    assert made.weight[row(0.2), 30] == 255 // 3


def test_bald_skin_is_no_hair() -> None:
    """Marked so, the forehead's breadth is surely none, and the sides count little."""
    made = correct(label((-2.4, -0.1)), FACE, "bald_bad")
    assert made.hair[row(-1.0), 100] == 0
    assert made.weight[row(-1.0), 100] == 255
    assert made.weight[row(-1.0), 5] == 255 // 4


def test_good_labels_of_hats_and_bald_heads_stay() -> None:
    """The marks that only say what is seen change no label."""
    given = label((-2.4, -0.8))
    for mark in ("hat_ok", "bald_ok"):
        assert np.array_equal(correct(given, FACE, mark).hair, given.hair)


def test_empty_label_stays_empty() -> None:
    """A picture without any hair is no error, and all of it counts."""
    made = correct(label(), FACE, None)
    assert made.hair.max() == 0
    assert made.weight.min() == 255
