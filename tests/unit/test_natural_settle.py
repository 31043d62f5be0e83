"""The matte's edge in time."""

import numpy as np

from processing.local.natural.matte import Draft
from processing.local.natural.planes import Bytes
from processing.local.natural.settle import MatteSettler

PLAIN = np.full((40, 50), 100, np.uint8)


def draft(level: int, left: int = 10, luma: Bytes = PLAIN) -> Draft:
    """A matte of one level."""
    return Draft(left, 10, 50, 40, np.full((40, 50), level, np.uint8), luma)


def test_the_first_matte_is_taken_as_it_is() -> None:
    """There is nothing to hold it to."""
    assert (MatteSettler().settle(draft(90)).alpha == 90).all()


def test_still_pixels_hold_the_matte() -> None:
    """Where the picture stays the same, a matte that jumps to and fro hardly moves."""
    settler = MatteSettler()
    settler.settle(draft(100))
    levels = [settler.settle(draft(level)).alpha[20, 20] for level in (140, 100) * 8]
    assert int(max(levels[4:])) - int(min(levels[4:])) < 15


def test_changed_pixels_let_go_at_once() -> None:
    """Where the picture changes the new matte counts, and only there."""
    settler = MatteSettler()
    settler.settle(draft(250))
    moved = PLAIN.copy()
    moved[:20, :30] = 160
    alpha = settler.settle(draft(0, luma=moved)).alpha
    assert (alpha[:20, :30] == 0).all()
    assert (alpha[25:, 35:] > 100).all()


def test_nothing_stays_for_ever() -> None:
    """After a while of no hair there is none left, not even a trace."""
    settler = MatteSettler()
    settler.settle(draft(255))
    for _ in range(25):
        alpha = settler.settle(draft(0)).alpha
    assert alpha.max() == 0
    for _ in range(25):
        alpha = settler.settle(draft(255)).alpha
    assert alpha.min() == 255


def test_another_rectangle_starts_anew() -> None:
    """When the rectangle moves nothing is compared."""
    settler = MatteSettler()
    settler.settle(draft(250))
    assert (settler.settle(draft(10, left=11)).alpha == 10).all()
