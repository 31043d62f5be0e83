"""Where the hair is."""

import numpy as np
import pytest

from media.frame import Picture
from processing.local.classic.box import Box, clip, hair_box, whole_of

PICTURE: Picture = np.zeros((480, 640, 3), np.uint8)


def _given_formula(face: Box, picture: Picture) -> Box:
    """The formula as it was given, transcribed."""
    fx, fy, fw, fh = face.x_px, face.y_px, face.width_px, face.height_px
    hair_x = max(0, fx - int(fw * 0.2))
    hair_y = max(0, fy - int(fh * 0.5))
    hair_w = min(picture.shape[1], fx + fw + int(fw * 0.2)) - hair_x
    hair_h = fy + int(fh * 0.2) - hair_y
    return Box(hair_x, hair_y, hair_w, hair_h)


def test_formula_holds_for_any_face_in_the_picture() -> None:
    """For random faces inside the picture the box is the given formula's."""
    rng = np.random.default_rng(5)
    for _ in range(500):
        x, y = int(rng.integers(0, 600)), int(rng.integers(0, 440))
        size = int(rng.integers(1, min(640 - x, 480 - y) + 1))
        face = Box(x, y, size, size)
        assert hair_box(face, PICTURE) == _given_formula(face, PICTURE)


@pytest.mark.parametrize(
    ("face", "expected"),
    [
        (Box(200, 200, 100, 100), Box(180, 150, 140, 70)),
        (Box(0, 0, 100, 100), Box(0, 0, 120, 20)),
        (Box(540, 300, 100, 100), Box(520, 250, 120, 70)),
        (Box(10, 0, 4, 4), Box(10, 0, 4, 0)),
        (Box(700, 10, 50, 50), Box(690, 0, 0, 20)),
    ],
)
def test_box_is_clipped_to_the_picture(face: Box, expected: Box) -> None:
    """Faces at the edges give what is left of the box, which may be nothing."""
    assert hair_box(face, PICTURE) == expected
    assert expected.cut(PICTURE).shape[:2] == (expected.height_px, expected.width_px)


def test_whole_picture_is_a_box() -> None:
    """The whole picture's box has its width and height and all its pixels."""
    assert whole_of(PICTURE) == Box(0, 0, 640, 480)
    assert whole_of(PICTURE).area_px == PICTURE.size // 3


def test_cut_is_a_view() -> None:
    """What is written to a cut is written to the picture."""
    picture = PICTURE.copy()
    Box(5, 6, 7, 8).cut(picture)[:] = 9
    assert int((picture == 9).sum()) == 7 * 8 * 3
    assert picture[6, 5, 0] == 9


def test_clip_of_boxes_apart_is_empty() -> None:
    """Two boxes without a common pixel give a box of no pixels, never a negative one."""
    assert clip(0, 0, 10, 10, Box(20, 20, 5, 5)).area_px == 0


def test_box_arithmetic() -> None:
    """Growing, scaling, moving and approaching do what they say."""
    box = Box(100, 100, 40, 20)
    assert box.grown(0.5, whole_of(PICTURE)) == Box(80, 90, 80, 40)
    assert box.scaled(0.5) == Box(50, 50, 20, 10)
    assert box.moved(3, -4) == Box(103, 96, 40, 20)
    assert box.toward(Box(110, 120, 60, 40), 0.5) == Box(105, 110, 50, 30)
    assert box.holds_centre_of(Box(130, 105, 8, 8))
    assert not box.holds_centre_of(Box(300, 105, 8, 8))
