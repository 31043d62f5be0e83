"""The head's place from the network's face map."""

import cv2
import numpy as np
import pytest

from processing.local.natural.crop import Square
from processing.local.natural.face import ASPECT, head_in

SQUARE = Square(300.0, 200.0, 240.0)


def face_map(*ellipses: tuple[float, float, float]) -> np.ndarray:
    """A (24, 24) map with ellipses: centre and height in picture px."""
    fine = np.zeros((240, 240), np.uint8)
    for cx, cy, height in ellipses:
        centre = (cx - SQUARE.left - 0.5, cy - SQUARE.top - 0.5)
        cv2.ellipse(fine, (centre, (height * ASPECT, height), 0.0), 255, -1)
    return cv2.resize(fine, (24, 24), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def test_place_and_height_are_finer_than_the_maps_cells() -> None:
    """Probabilities weigh the edge cells, so that the height is off by a few per cent only."""
    head = head_in(face_map((304.0, 188.0, 92.0)), SQUARE, (300, 200))
    assert head is not None
    assert [head.cx, head.cy] == pytest.approx([304, 188], abs=1)
    assert head.height == pytest.approx(92, rel=0.05)


def test_the_nearest_of_two_faces() -> None:
    """With two faces in the crop the one that was followed goes on being followed."""
    two = face_map((240, 200, 60), (370, 210, 80))
    for near in ((245, 205), (366, 200)):
        head = head_in(two, SQUARE, near)
        assert head is not None
        assert abs(head.cx - near[0]) < 10


def test_no_face() -> None:
    """An empty map has no head."""
    assert head_in(np.zeros((24, 24), np.float32), SQUARE, (300, 200)) is None
