"""An edit's hair in the user's picture, seen by the shipped networks."""

from pathlib import Path

import numpy as np
import pytest

from media.frame import Picture
from processing.cloud.paste.affine import moved
from processing.cloud.paste.pair import INNER
from processing.cloud.paste.paster import paste
from processing.cloud.paste.portrait import Portrait, face_in
from processing.cloud.paste.region import RIM_HEIGHTS
from processing.cloud.paste.unfit import Unfit, UnfitPicture
from processing.local.natural.heads import HeadFinder
from processing.local.natural.model import HairModel
from tests.bench.quality import edits
from tests.bench.quality.arrays import grown, is_hair
from tests.bench.quality.overlap import iou
from tests.bench.quality.truth import Face, read_picture
from tests.pictures import portrait

SHARED = Path(__file__).parents[2].parent / "shared"
FOLDER = SHARED / "portraits" / "clean" / "faker_ai"
WHOLE = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
FINDER, SEGMENTER = HeadFinder(), HairModel()


def look(picture: Picture) -> Portrait:
    """With the networks that the service has."""
    return Portrait.of(picture, FINDER, SEGMENTER)


def face_of(own: Portrait) -> Face:
    """The head as a face, of which its height matters alone."""
    return Face(own.head.cx, own.head.cy, 0.74 * own.head.height, own.head.height, ())


def check(photo: Picture, seed: int) -> None:
    """Dyed blue, redrawn, shifted, in another light: the hair comes over, and nothing else."""
    own = look(photo)
    edit = edits.harmed(edits.dyed(photo, (200, 60, 40)), face_of(own), seed)
    edited = look(edit.picture)
    result = paste(own, edited)
    size = (own.shape[1], own.shape[0])
    off = (result.alignment.matrix - edit.matrix) @ (edited.head.cx, edited.head.cy, 1.0)
    assert np.hypot(*off) < 0.015 * own.head.height
    alpha = moved(edited.alpha, result.alignment.matrix, size)
    hair = grown(np.maximum(own.alpha, alpha) > 0, round(RIM_HEIGHTS * own.head.height) + 2)
    face = (face_in(own.head, WHOLE, size, INNER) > 0) & ~hair
    assert face.any()
    assert np.array_equal(result.picture[face], photo[face])
    assert iou(is_hair(look(result.picture).alpha), is_hair(alpha)) > 0.85


def test_dyed_hair_comes_into_the_picture() -> None:
    """On a photo that comes with the tests."""
    check(portrait(), 1)


@pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/portraits is not there")
@pytest.mark.parametrize("number", [12, 42])
def test_long_hair_comes_into_the_picture(number: int) -> None:
    """On made portraits, smooth and curly."""
    check(read_picture(FOLDER / f"{number:05d}.jpg"), number)


@pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/portraits is not there")
def test_a_stranger_is_refused() -> None:
    """Whoever the model drew, it is not the user."""
    one, other = (look(read_picture(FOLDER / f"{number:05d}.jpg")) for number in (12, 42))
    with pytest.raises(UnfitPicture) as refused:
        paste(one, other)
    assert refused.value.reason is Unfit.TOO_DIFFERENT
