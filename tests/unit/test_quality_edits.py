"""The stand-ins for edits: what the bench takes for true is true."""

import cv2
import numpy as np
import pytest

from processing.cloud.paste.affine import moved
from tests.bench.quality import edits
from tests.bench.quality.truth import Face
from tests.paste_scene import HEAD, RED, SIZE_PX, hair, portrait

MOUTH_PX = 210
POINTS = ((160.0, 165.0), (200.0, 165.0), (180.0, 185.0), (165.0, 210.0), (195.0, 210.0))
FACE = Face(135.0, 120.0, 90.0, float(HEAD.height), POINTS)


@pytest.mark.parametrize("width", [360, 300])
def test_an_edit_knows_where_it_belongs(width: int) -> None:
    """Taken back through its map it is what it was made of, but for what was redrawn."""
    clean = np.ascontiguousarray(portrait().view.picture[:, :width])
    edit = edits.harmed(clean, FACE, 5)
    assert edit.picture.shape[:2] in {sides[::-1] for sides in edits.SIZES} | set(edits.SIZES)
    back = moved(edit.picture, edit.matrix, (width, SIZE_PX))
    middle = np.s_[40:-40, 40:-40]
    one, other = (cv2.GaussianBlur(of, (0, 0), 6.0)[middle].ravel() for of in (back, clean))
    assert np.corrcoef(one, other)[0, 1] > 0.99


def test_hair_below_the_mouth_is_cut() -> None:
    """Above it stays as it is, but for a soft edge."""
    own = portrait()
    short = edits.shortened(own, FACE)
    assert np.array_equal(short[: MOUTH_PX - 20], own.view.picture[: MOUTH_PX - 20])
    gone = hair()
    gone[: MOUTH_PX + 12] = False
    assert short[gone].mean() > 80


def test_another_persons_hair_is_put_on() -> None:
    """By the points of the face, in the donor's colour."""
    result = edits.transplanted(portrait(), FACE, portrait(RED, size=1.4), FACE)
    assert np.abs(result[hair(1.35)].mean(axis=0) - RED).max() < 8
    assert result[hair(1.7) & ~hair(1.5)].mean() > 60
