"""The crop around a head, and the way back."""

import numpy as np

from processing.local.natural.crop import BEYOND, Square, take


def ramp(height: int, width: int) -> np.ndarray:
    """A picture whose first two planes tell each pixel's column and row."""
    rows, columns = np.indices((height, width))
    return np.dstack([columns % 256, rows % 256, rows * 0]).astype(np.uint8)


def test_square_of_the_same_size_is_the_picture_itself() -> None:
    """A crop at the picture's own resolution changes no pixel."""
    picture = ramp(64, 64)
    assert np.array_equal(take(picture, Square(32, 32, 64), 64), picture)


def test_beyond_the_picture_is_grey() -> None:
    """Where the square leaves the picture there is the grey that the network was trained with."""
    crop = take(ramp(64, 64), Square(0, 32, 64), 64)
    assert (crop[:, :31] == BEYOND).all()
    assert crop[10, 40, 1] == 10


def test_large_squares_are_averaged() -> None:
    """A checkerboard shrunk eight times becomes even grey: no pixel is picked at random."""
    rows, columns = np.indices((512, 512))
    board = (((rows + columns) % 2) * 255).astype(np.uint8)
    crop = take(np.dstack([board] * 3), Square(256, 256, 512), 64)
    assert crop.min() > 120
    assert crop.max() < 135


def test_shrunk_crop_keeps_places() -> None:
    """A mark stays where the square's matrix says it is, also after averaging."""
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[200:220, 300:320] = 255
    square = Square(290.5, 215.25, 400.0)
    crop = take(picture, square, 96)
    rows, columns = np.nonzero(crop[:, :, 0] > 100)
    found = square.matrix(96) @ np.array([309.5, 209.5, 1.0])
    assert abs(columns.mean() - found[0]) < 0.4
    assert abs(rows.mean() - found[1]) < 0.4


def test_tiny_picture_in_a_huge_square() -> None:
    """A picture of a few pixels in a square a hundred times as large is no error."""
    assert take(ramp(4, 4), Square(2, 2, 900), 96).shape == (96, 96, 3)


def test_square_far_outside() -> None:
    """A square beside the picture is grey all over."""
    assert (take(ramp(64, 64), Square(-500, 900, 300), 96) == BEYOND).all()


def test_a_square_knows_which_of_its_cells_the_picture_shows() -> None:
    """Half of it lies to the left of the picture, a quarter below."""
    shown = Square(0.0, 90.0, 40.0).shown(4, (100, 200))
    assert shown.tolist() == [[False, False, True, True]] * 3 + [[False] * 4]
