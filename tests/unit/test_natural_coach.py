"""What the person in the picture is told."""

import numpy as np

from processing.engine import Advice
from processing.local.natural.coach import advise
from processing.local.natural.heads import Head

LIT = np.full((480, 640, 3), 120, np.uint8)
DARK = np.full((480, 640, 3), 12, np.uint8)
NEAR = Head(320, 240, 200, 1.0)
FAR = Head(320, 240, 50, 1.0)


def test_all_is_well() -> None:
    """One head, near and lit: nothing to say."""
    assert advise(LIT, [NEAR]) == ()


def test_each_trouble_has_its_advice() -> None:
    """Nobody, darkness, distance and company are each named."""
    assert advise(LIT, []) == (Advice.NO_HEAD,)
    assert advise(DARK, []) == (Advice.NO_HEAD, Advice.TOO_DARK)
    assert advise(DARK, [NEAR]) == (Advice.TOO_DARK,)
    assert advise(LIT, [FAR]) == (Advice.TOO_FAR,)
    assert advise(LIT, [NEAR, FAR]) == (Advice.SEVERAL_HEADS,)


def test_a_dark_room_with_a_lit_face_is_light_enough() -> None:
    """What counts is the face, not the wall behind it."""
    picture = DARK.copy()
    picture[140:340, 220:420] = 130
    assert advise(picture, [NEAR]) == ()


def test_head_outside_the_picture() -> None:
    """A head that is just leaving is no reason to fail."""
    assert advise(LIT, [Head(-100, -100, 150, 1.0)]) == ()
    for cx in (-100, 900):
        assert advise(DARK, [Head(cx, 240, 100, 1.0)]) == ()


def test_tiny_picture() -> None:
    """A picture of one pixel can be judged."""
    assert advise(np.zeros((1, 1, 3), np.uint8), []) == (Advice.NO_HEAD, Advice.TOO_DARK)
