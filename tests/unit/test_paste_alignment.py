"""Where an edit's pixels belong: found on the face, whatever the size; strangers are refused."""

import cv2
import numpy as np
import pytest

from processing.cloud.paste.affine import after, covered, inverse, moved, scale_of, scaling, turn_of
from processing.cloud.paste.alignment import align
from processing.cloud.paste.unfit import Unfit, UnfitPicture
from tests.paste_scene import RED, SIZE_PX, edited, portrait

PLACES = np.array([[100.0, 250.0, 180.0], [120.0, 120.0, 260.0], [1.0, 1.0, 1.0]])


def shaken(width: int, height: int) -> np.ndarray:
    """A little larger, turned and shifted, and stretched to a size."""
    shake = cv2.getRotationMatrix2D((SIZE_PX / 2, SIZE_PX / 2), 1.0, 1.02)
    shake[:, 2] += (6, -4)
    stretch = np.array([[width / SIZE_PX, 0, 0], [0, height / SIZE_PX, 0]], np.float64)
    return after(stretch, np.asarray(shake, np.float64))


@pytest.mark.parametrize("size", [(360, 360), (576, 576), (240, 240), (560, 592)])
def test_an_edit_is_laid_upon_the_photo(size: tuple[int, int]) -> None:
    """Within a half of a pixel, also where the model's size stretched the photo."""
    there = shaken(*size)
    found = align(portrait(), edited(portrait(RED), there, size))
    off = (found.matrix - inverse(there)) @ PLACES
    assert np.hypot(*off).max() < 0.5
    assert found.likeness > 0.9


def test_a_cut_is_no_stretch() -> None:
    """A model that cuts a photo to its size has not stretched it."""
    cut = scaling(1.5, 0.0, 10.0)
    found = align(portrait(), edited(portrait(RED), cut, (540, 510)))
    assert np.hypot(*((found.matrix - inverse(cut)) @ PLACES)).max() < 0.5


def test_a_stranger_is_refused() -> None:
    """Another face in the same place does not fit."""
    with pytest.raises(UnfitPicture) as refused:
        align(portrait(), edited(portrait(RED, person=2), scaling(1.5), (540, 540)))
    assert refused.value.reason is Unfit.TOO_DIFFERENT


@pytest.mark.parametrize(
    "matrix", [scaling(0.5), cv2.getRotationMatrix2D((SIZE_PX / 2, SIZE_PX / 2), 25.0, 1.0)]
)
def test_another_pose_is_refused(matrix: np.ndarray) -> None:
    """Half as large in a picture of the same size, or tilted by a quarter of a right angle."""
    with pytest.raises(UnfitPicture):
        align(portrait(), edited(portrait(RED), matrix, (SIZE_PX, SIZE_PX)))


def test_a_face_without_features_is_refused() -> None:
    """There is nothing to be found on an even face."""
    blank = portrait()
    blank.view.picture[:] = 128
    with pytest.raises(UnfitPicture):
        align(blank, edited(portrait(RED), scaling(1.0), (SIZE_PX, SIZE_PX)))


def test_maps_are_undone_and_chained() -> None:
    """Half as large and back again is nothing; scales and turns are told."""
    matrix = scaling(0.5, 10.0, 20.0)
    assert np.allclose(after(inverse(matrix), matrix), [[1, 0, 0], [0, 1, 0]])
    assert scale_of(matrix) == pytest.approx(0.5)
    turned = np.asarray(cv2.getRotationMatrix2D((5, 5), -7.0, 2.0), np.float64)
    assert turn_of(turned) == pytest.approx(7.0)


def test_shrinking_averages_and_keeps_places() -> None:
    """A quarter of the size: a slope stays where it is, stripes become grey."""
    slope = np.tile(np.arange(128, dtype=np.uint8), (64, 1))
    small = moved(slope, scaling(0.25), (32, 16))
    assert np.abs(small[8, 2:30].astype(int) - (np.arange(2, 30) * 4 + 1.5)).max() <= 1
    stripes = np.tile(np.array([0, 200], np.uint8), (64, 64))
    assert np.abs(moved(stripes, scaling(0.25), (32, 16)).astype(int) - 100).max() <= 1


def test_coverage_may_reach_beyond() -> None:
    """What a picture shows, and what lies just beside it."""
    shift = scaling(1.0, -4.0, 0.0)
    assert covered((8, 8), shift, (8, 8))[0].tolist() == [0, 0, 0, 0, 255, 255, 255, 255]
    assert covered((8, 8), shift, (8, 8), beyond_px=3)[0].tolist() == [0, *[255] * 7]
