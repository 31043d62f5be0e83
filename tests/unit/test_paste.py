"""Of an edit only the hair is taken over; the face stays the user's, bit for bit."""

import cv2
import numpy as np
import pytest

from processing.cloud.paste.affine import scaling
from processing.cloud.paste.pair import sharpened
from processing.cloud.paste.paster import Pasted, paste
from processing.cloud.paste.portrait import Portrait
from processing.cloud.paste.unfit import Unfit, UnfitPicture
from processing.local.natural.heads import Head
from tests.paste_scene import RED, SIZE_PX, edited, ellipse, hair, portrait
from tests.unit.test_natural_track import HEAD, ByLevel, Finder
from tests.unit.test_natural_track import portrait as drawn

LARGER = scaling(1.5)
SIZE = (540, 540)
IN_HAIR = hair(1.5) & ~ellipse(1.2)


def pasted(own: Portrait, clean: Portrait, gain: float = 1.0) -> Pasted:
    """The clean edit larger, in another light, laid in."""
    return paste(own, edited(clean, LARGER, SIZE, gain))


def color_of(picture: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The mean."""
    return np.asarray(picture[where].mean(axis=0))


@pytest.mark.parametrize("gain", [0.8, 1.15])
def test_hair_arrives_in_the_photos_light(gain: float) -> None:
    """Red is red, however dark or light the model gave the picture back."""
    result = pasted(portrait(), portrait(RED), gain)
    assert np.abs(color_of(result.picture, IN_HAIR) - RED).max() < 4
    assert result.change > 30


def test_all_else_stays_bit_for_bit() -> None:
    """The inner face, and whatever lies away from the hair; the photo itself is not written to."""
    own = portrait()
    before = own.view.picture.copy()
    result = pasted(own, portrait(RED), 1.1)
    kept = ellipse(0.9) | ~ellipse(1.85)
    assert np.array_equal(result.picture[kept], before[kept])
    assert not result.share[kept].any()
    assert np.array_equal(own.view.picture, before)


def test_hair_that_is_gone_leaves_no_outline() -> None:
    """Shorter hair: where it was the wall is seen, in its own light, without a dark line."""
    result = pasted(portrait(size=1.8), portrait(RED, size=1.4), 1.1)
    bare = ellipse(1.95) & ~ellipse(1.5)
    wall = portrait(RED, size=1.4).view.picture
    blurred = [cv2.blur(of, (5, 5)).astype(int) for of in (result.picture, wall)]
    assert np.abs(blurred[0] - blurred[1])[bare].max() < 30


def test_a_fringe_that_is_gone_leaves_no_outline() -> None:
    """Not on the face either, where the matte shows less of the hair than there is."""
    own, clean = portrait(), portrait(RED)
    own.view.picture[130:152, 150:210] = (30, 30, 30)
    own.alpha[132:150, 152:208] = 255
    result = pasted(own, clean)
    forehead = np.s_[130:152, 150:210]
    found, true = (
        cv2.blur(of, (5, 5))[forehead].astype(int) for of in (result.picture, clean.view.picture)
    )
    assert np.abs(found - true).max() < 30


def test_bared_wall_has_the_light_of_the_wall() -> None:
    """The model lit the scene otherwise than the face: what hair bares is the photo's wall."""
    clean = portrait(RED, size=1.4)
    wall = ~ellipse(1.0) & ~hair(1.4)
    clean.view.picture[wall] = clean.view.picture[wall] * 0.8
    result = pasted(portrait(size=1.8), clean)
    bare = ellipse(1.75) & ~ellipse(1.55)
    true = portrait(RED, size=1.4).view.picture
    assert np.abs(color_of(result.picture, bare) - color_of(true, bare)).max() < 8


def test_a_fringe_lies_over_the_face() -> None:
    """New hair may cover what was face; the rest of the face stays."""
    clean, own = portrait(RED), portrait()
    fringe = np.zeros((SIZE_PX, SIZE_PX), np.bool_)
    fringe[130:150, 150:210] = True
    clean.view.picture[fringe] = RED
    clean.alpha[fringe] = 255
    result = pasted(own, clean)
    assert np.abs(color_of(result.picture, fringe) - RED).max() < 12
    below = ellipse(0.9)
    below[:156] = False
    assert np.array_equal(result.picture[below], own.view.picture[below])


def test_another_scene_makes_no_halo() -> None:
    """Where the model drew another background, its own is not taken around the hair."""
    own, clean = portrait(), portrait(RED)
    stripes = np.where(np.indices((SIZE_PX, SIZE_PX)).sum(axis=0) % 24 < 12, 40, 230)
    beyond = ~ellipse(1.6)
    clean.view.picture[beyond] = stripes[beyond][:, None]
    result = pasted(own, clean)
    rim = ellipse(1.72) & ~ellipse(1.66)
    alike = pasted(own, portrait(RED))
    assert result.share[rim].mean() < 0.3 * alike.share[rim].mean()


def test_the_same_hair_is_refused() -> None:
    """A model that changed nothing but the light."""
    with pytest.raises(UnfitPicture) as refused:
        pasted(portrait(), portrait(), 0.9)
    assert refused.value.reason is Unfit.UNCHANGED


def test_an_edit_that_shows_too_little_is_refused() -> None:
    """The face is there, but half of the hair lies beyond the edit's edge."""
    with pytest.raises(UnfitPicture) as refused:
        paste(portrait(), edited(portrait(RED), scaling(1.0, 0.0, 125.0), (SIZE_PX, 235)))
    assert refused.value.reason is Unfit.TOO_DIFFERENT


def test_hair_at_the_edge_goes_on() -> None:
    """An edit that lacks some rows at its foot: hair hangs on down to the photo's."""
    own, clean = portrait(), portrait(RED)
    for one in (own, clean):
        hanging = np.s_[200:, 120:135]
        one.alpha[hanging] = 255
        one.view.picture[hanging] = one.view.picture[180, 120]
    result = paste(own, edited(clean, scaling(1.0), (SIZE_PX, SIZE_PX - 8)))
    assert np.abs(result.picture[-1, 127].astype(int) - RED).max() < 6


def test_hair_that_is_gone_is_gone_at_the_edge_too() -> None:
    """Where the edit lacks some rows at its foot no outline of the old hair is left there."""
    own = portrait()
    own.view.picture[200:, 120:135] = (30, 30, 30)
    own.alpha[200:, 122:133] = 255
    result = paste(own, edited(portrait(RED), scaling(1.0), (SIZE_PX, SIZE_PX - 8)))
    assert cv2.blur(result.picture, (3, 3))[-4, 115:140].min() > 80


def test_hair_at_the_top_grows_no_taller() -> None:
    """An edit that lacks some rows at its head: above them the photo stays as it is."""
    own, clean = portrait(), portrait(RED)
    clean.alpha[:90, 170:190] = 255
    clean.view.picture[:90, 170:190] = RED
    result = paste(own, edited(clean, scaling(1.0, 0.0, 8.0), (SIZE_PX, SIZE_PX - 8)))
    assert np.array_equal(result.picture[:5], own.view.picture[:5])
    assert np.abs(result.picture[40, 180].astype(int) - RED).max() < 6


def test_bald_heads_can_be_given_hair() -> None:
    """No hair before: all of it is new."""
    result = pasted(portrait(size=1.0), portrait(RED))
    assert np.abs(color_of(result.picture, IN_HAIR) - RED).max() < 4


@pytest.mark.parametrize(
    ("heads", "reason"),
    [
        ((), Unfit.NO_HEAD),
        ((HEAD, Head(80, 80, 110, 0.99)), Unfit.SEVERAL_HEADS),
    ],
)
def test_one_head_is_wanted(heads: tuple[Head, ...], reason: Unfit) -> None:
    """Nobody, or more than one: it is not said whose hair is meant."""
    with pytest.raises(UnfitPicture) as refused:
        Portrait.of(drawn(), Finder(*heads), ByLevel())
    assert refused.value.reason is reason


def test_a_portrait_knows_its_hair() -> None:
    """The matte of the whole picture."""
    found = Portrait.of(drawn(), Finder(HEAD), ByLevel())
    assert found.shape == (480, 640)
    assert found.alpha[165, 320] > 240
    assert found.alpha[240, 320] == 0


def test_only_what_was_enlarged_is_sharpened() -> None:
    """An edge gets steeper, an even picture stays."""
    step = np.repeat(np.linspace(50, 200, 32, dtype=np.uint8)[None, :, None], 3, axis=2)
    step = np.tile(step, (16, 1, 1))
    assert sharpened(step, 1.0) is step
    edge = np.where(np.indices(step.shape)[1] < 16, 60, 180).astype(np.uint8)
    soft = np.asarray(cv2.GaussianBlur(edge, (0, 0), 2.0), np.uint8)
    assert (
        np.diff(sharpened(soft, 3.0)[8, :, 0].astype(int)).max()
        > np.diff(soft[8, :, 0].astype(int)).max()
    )
