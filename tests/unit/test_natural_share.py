"""Whose hair is whose."""

import numpy as np

from processing.local.natural.crop import Square
from processing.local.natural.heads import Head
from processing.local.natural.share import feather, shares


def test_a_single_head_owns_everything() -> None:
    """With one head nothing is shared out."""
    assert shares([Head(0, 0, 10, 1)], [Square(0, 0, 30)], 8) == [1.0]


def test_two_heads_share_the_middle() -> None:
    """Each owns what is nearer to it, and together they own every place once."""
    heads = [Head(100, 100, 100, 1), Head(220, 100, 100, 1)]
    square = Square(160, 100, 240)
    left, right = shares(heads, [square, square], 96)
    assert isinstance(left, np.ndarray)
    assert np.allclose(left + right, 1, atol=1e-5)
    assert left[48, 10] == 1
    assert left[48, 86] == 0


def test_hair_that_leaves_the_crop_fades() -> None:
    """Where the crop ends inside the picture weights run out; at the picture's own edge not."""
    weights = feather(Square(320, 140, 320), 96, (480, 640))
    assert weights[0, 48] == 1
    assert weights[48, 48] == 1
    assert weights[95, 48] < 0.2
    assert weights[48, 0] < 0.2
    assert (np.diff(weights[80:, 48]) <= 0).all()
