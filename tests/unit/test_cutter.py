"""Which part of a photo is sent."""

import pytest

from processing.cloud.cutter import around
from processing.local.natural.heads import Head

FACE = 100.0
HEADS = [
    pytest.param(Head(cx, cy, FACE, 1.0), height_px, width_px, id=name)
    for name, cx, cy, height_px, width_px in (
        ("in the middle", 500, 500, 1000, 1000),
        ("low in a narrow photo", 85, 300, 420, 170),
        ("high in a narrow photo", 85, 110, 420, 170),
        ("low in a wide photo", 700, 300, 400, 1000),
        ("at the left", 60, 500, 1000, 1000),
        ("at the right", 940, 500, 1000, 1000),
        ("low", 500, 900, 1000, 1000),
        ("in a photo of nothing else", 60, 65, 140, 120),
    )
]


@pytest.mark.parametrize(("head", "height_px", "width_px"), HEADS)
def test_a_square_holds_the_face(head: Head, height_px: int, width_px: int) -> None:
    """All of it, wherever it is in the photo."""
    left, top, right, bottom = around(head, height_px, width_px, is_square=True)
    assert right - left == bottom - top
    assert 0 <= left < head.cx < right <= width_px
    assert 0 <= top <= head.cy - FACE / 2
    assert head.cy + FACE / 2 <= bottom <= height_px


@pytest.mark.parametrize(("head", "height_px", "width_px"), HEADS)
def test_a_square_is_a_part_of_what_is_around(head: Head, height_px: int, width_px: int) -> None:
    """No more is sent because it has to be square."""
    left, top, right, bottom = around(head, height_px, width_px, is_square=False)
    square = around(head, height_px, width_px, is_square=True)
    assert left <= square[0] < square[2] <= right
    assert top <= square[1] < square[3] <= bottom


def test_there_is_more_below() -> None:
    """Where long hair may be."""
    _, top, _, bottom = around(Head(500, 500, FACE, 1.0), 1000, 1000, is_square=True)
    assert bottom - 500 > 1.3 * (500 - top)
