"""Faces as ``faces.json`` has them, and the coordinates that turn with a face."""

import numpy as np
import pytest

from processing.training.faces import Face, FaceAxes

UPRIGHT = {
    "box": [80.0, 70.0, 40.0, 60.0],
    "lm": [90.0, 90.0, 110.0, 90.0, 100.0, 102.0, 92.0, 114.0, 108.0, 114.0],
}


def test_entry_is_parsed() -> None:
    """A box's corner and sides become centre and sides; ten numbers become five points."""
    face = Face.parse(UPRIGHT)
    assert (face.cx, face.cy, face.width, face.height) == (100.0, 100.0, 40.0, 60.0)
    assert face.landmarks[2] == (100.0, 102.0)
    assert len(face.landmarks) == 5


def test_largest_face_comes_first() -> None:
    """However they are listed, the face with the largest box leads."""
    small = UPRIGHT | {"box": [0.0, 0.0, 10.0, 12.0]}
    assert [face.width for face in Face.parse_all([small, UPRIGHT])] == [40.0, 10.0]


def test_axes_of_an_upright_face() -> None:
    """The origin lies between the eyes, the mouth is 1 down, an eye half a distance across."""
    axes = FaceAxes.of(Face.parse(UPRIGHT))
    down, across = axes.grid((200, 200))
    assert (down[90, 100], across[90, 100]) == (0.0, 0.0)
    assert down[114, 100] == pytest.approx(1.0)
    assert across[90, 110] == pytest.approx(10 / axes.eye_px)


def test_point_and_grid_agree() -> None:
    """A tilted face's point lies where the grid says those coordinates are."""
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    marks = np.array(Face.parse(UPRIGHT).landmarks) @ turn.T + [60, -20]
    face = Face(0, 0, 40, 60, tuple((float(x), float(y)) for x, y in marks))
    axes = FaceAxes.of(face)
    x, y = (round(value) for value in axes.point(0.7, -0.4))
    down, across = axes.grid((250, 250))
    assert down[y, x] == pytest.approx(0.7, abs=0.05)
    assert across[y, x] == pytest.approx(-0.4, abs=0.05)


def test_profile_keeps_its_width() -> None:
    """The eyes of a profile coincide; the width is then taken from the face's depth."""
    marks = ((90.0, 90.0), (90.0, 90.0), (80.0, 100.0), (92.0, 114.0), (92.0, 114.0))
    axes = FaceAxes.of(Face(95, 100, 40, 60, marks))
    assert axes.eye_px == pytest.approx(0.75 * axes.depth_px)
