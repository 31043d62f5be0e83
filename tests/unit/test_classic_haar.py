"""Finding faces in real pixels."""

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from processing.local.classic.box import Box
from processing.local.classic.haar import HaarDetector
from tests import pictures

DETECTOR = HaarDetector()

# Where the astronaut's face is, by eye: the centre, and the width of the cascade's square.
FACE_CENTRE = (224, 116)
FACE_WIDTH_PX = 110


def _centre(face: Box) -> tuple[int, int]:
    return face.x_px + face.width_px // 2, face.y_px + face.height_px // 2


def _assert_is_the_face(face: Box, scale: float = 1, shift_px: int = 0) -> None:
    x, y = _centre(face)
    assert abs(x - shift_px - FACE_CENTRE[0] * scale) < 15 * scale
    assert abs(y - FACE_CENTRE[1] * scale) < 15 * scale
    assert abs(face.width_px - FACE_WIDTH_PX * scale) < 25 * scale


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_near_face_is_found_at_any_resolution(scale: float) -> None:
    """The portrait's face is found where it is, from 256 to 1024 pixels."""
    picture = np.asarray(cv2.resize(pictures.portrait(), None, fx=scale, fy=scale), np.uint8)
    (face,) = DETECTOR.find(picture, distant=False)
    _assert_is_the_face(face, scale)


def test_distant_face_is_found_by_the_search_for_such() -> None:
    """The portrait in a corner of a large empty scene is beyond the near search alone."""
    scene = np.full((720, 960, 3), 90, np.uint8)
    scene[:512, :512] = pictures.portrait()
    assert DETECTOR.find(scene, distant=False) == ()
    (face,) = DETECTOR.find(scene, distant=True)
    _assert_is_the_face(face)


def test_larger_face_comes_first() -> None:
    """Of two faces the larger is the first, on whichever side it is."""
    large = pictures.portrait()
    small = np.zeros_like(large)
    small[:400, :400] = cv2.resize(large, (400, 400))
    for pair, shift_px in ((np.hstack([small, large]), 512), (np.hstack([large, small]), 0)):
        faces = DETECTOR.find(np.ascontiguousarray(pair), distant=True)
        assert len(faces) == 2
        assert faces[0].width_px > faces[1].width_px
        _assert_is_the_face(faces[0], shift_px=shift_px)


@pytest.mark.parametrize("distant", [False, True])
@pytest.mark.parametrize("size", [(16, 16), (1, 1), (20, 400), (640, 480)])
def test_no_face_in_noise(size: tuple[int, int], distant: bool) -> None:
    """Nothing is found in noise, and tiny pictures are no error."""
    assert DETECTOR.find(pictures.noise(*size), distant) == ()


def test_face_is_followed() -> None:
    """A face is found again from a box some way off, in coordinates of the whole picture."""
    near = DETECTOR.find_near(pictures.portrait(), Box(180, 70, 105, 105))
    assert near is not None
    _assert_is_the_face(near)


def test_face_that_went_is_not_followed() -> None:
    """No face is found where there is none, nor in a corner or a tiny picture."""
    assert DETECTOR.find_near(pictures.portrait(), Box(350, 350, 110, 110)) is None
    assert DETECTOR.find_near(pictures.noise(16, 16), Box(0, 0, 10, 10)) is None


def test_each_thread_has_its_own_cascade() -> None:
    """Two threads never share a classifier, and one thread keeps its own."""
    detector = HaarDetector()
    detector.warm_up()
    mine = detector._cascade()
    theirs: list[object] = []
    thread = threading.Thread(target=lambda: theirs.append(detector._cascade()))
    thread.start()
    thread.join()
    assert detector._cascade() is mine
    assert theirs[0] is not mine


def test_missing_cascade_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A cascade that is not there is an error that names its file."""
    with pytest.raises(RuntimeError, match=r"nowhere\.xml"):
        HaarDetector(tmp_path / "nowhere.xml").warm_up()
    capfd.readouterr()
