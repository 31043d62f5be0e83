"""A keyframe taken apart, its fit over time, and which keyframe counts."""

import numpy as np
import pytest

from processing.cloud.carry.fit import Fit, Fitter
from processing.cloud.carry.key import Key
from processing.cloud.carry.layer import Place, Warp
from processing.cloud.carry.likeness import features, likeness
from processing.cloud.carry.mixer import STEP, Mixer
from processing.cloud.paste.affine import inverse
from processing.cloud.paste.portrait import Portrait
from processing.local.natural.view import View
from tests.carry_scene import SIZE, filmed, head_at, mask_of, moves
from tests.paste_scene import HEAD, RED, ellipse, hair, portrait


def test_a_dyed_key_changes_no_shape() -> None:
    """Nothing is bared and nothing is added."""
    key = Key(0, portrait(), portrait(RED))
    assert not key.reshapes
    assert key.kept.min() == 1.0


def test_mattes_that_differ_by_a_rim_are_of_the_same_hair() -> None:
    """As two looks at the same hair do."""
    assert not Key(0, portrait(size=1.6), portrait(RED, size=1.63)).reshapes
    assert not Key(0, portrait(size=1.63), portrait(RED, size=1.6)).reshapes


def test_hair_that_the_network_does_not_see_is_known_by_its_colour() -> None:
    """A hole in the matte of blue hair is still hair; bared wall is not."""
    edit = portrait((200, 60, 40))
    edit.alpha[100:260, 225:] = 0
    assert not Key(0, portrait(), edit).reshapes
    assert Key(0, portrait(size=1.9), portrait((170, 120, 110), size=1.4)).bares


def test_a_shorter_key_bares_and_a_longer_one_adds() -> None:
    """And the colours are known beyond what they are seen in."""
    shorter = Key(0, portrait(size=1.9), portrait(RED, size=1.4))
    assert shorter.bares
    assert not shorter.adds
    assert shorter.ground[ellipse(1.8) & ~ellipse(1.55)].mean() > 120
    longer = Key(0, portrait(size=1.2), portrait(RED, size=1.7))
    assert longer.adds
    assert not longer.bares
    assert (longer.extra[hair(1.6) & ~ellipse(1.3)] == 255).all()
    assert np.abs(longer.hair[ellipse(1.9) & ~ellipse(1.75)].mean(axis=0) - RED).max() < 3


def test_a_fit_finds_where_the_frame_comes_from() -> None:
    """Turned and moved: within a pixel, face and hair."""
    move = moves(8)[-1]
    (picture,) = filmed(portrait(), [move])
    (alpha,) = filmed(_as_picture(portrait().alpha), [move])
    key = Key(0, portrait(), portrait(RED))
    fit = Fitter(key).fit(View(picture), head_at(move), alpha[..., 0])
    place = Place(0, 0, *SIZE)
    rows, columns = np.nonzero(mask_of(ellipse(1.5), move))
    sources = Warp(key, fit, place).sources[rows, columns]
    true = inverse(move) @ np.stack([columns, rows, np.ones_like(rows)])
    assert np.hypot(*(sources - true.T).T).mean() < 1.2
    assert fit.quality == 1.0


def test_a_fit_of_another_face_is_not_trusted() -> None:
    """It is unlike."""
    fitter = Fitter(Key(0, portrait(), portrait(RED)))
    other = portrait(person=2)
    assert fitter.fit(other.view, HEAD, other.alpha).quality < 0.5


def test_faces_are_told_apart() -> None:
    """The same one in another light is alike."""
    own = portrait()
    dim = View(np.asarray(own.view.picture * 0.7, np.uint8))
    face = features(own.view, HEAD)
    assert likeness(face, features(dim, HEAD)) > 0.9
    assert likeness(face, features(portrait(person=2).view, HEAD)) < 0.5


@pytest.mark.parametrize("step_px", [0.0, 5.0])
def test_noise_is_calmed_and_even_movement_does_not_lag(step_px: float) -> None:
    """A third frame that is off between two is brought back by half; a jerk is left."""
    before, now, later = (_fit(at * step_px + off) for at, off in ((0, 0), (1, 0.08), (2, 0)))
    calm = now.calmed(before, later, HEAD)
    assert calm.matrix[0, 2] == pytest.approx(step_px + 0.04, abs=0.01)
    jerk = _fit(step_px + 30).calmed(before, later, HEAD)
    assert jerk.matrix[0, 2] == pytest.approx(step_px + 30)
    assert now.calmed(None, later, HEAD) is now


def test_the_likest_keyframe_counts_and_none_jumps() -> None:
    """From one to the other in steps, together always 1."""
    mixer = Mixer()
    assert mixer.mix(0, {0: 0.95, 50: 0.5}) == {0: 1.0}
    shares = [mixer.mix(at, {0: 0.5, 50: 0.95}) for at in range(1, 12)]
    assert all(sum(of.values()) == pytest.approx(1) for of in shares)
    firsts = [1.0, *(of.get(0, 0.0) for of in shares)]
    assert max(-np.diff(firsts)) <= STEP + 0.01
    assert shares[-1] == {50: 1.0}


def test_among_equals_the_nearest_counts() -> None:
    """In time; and without keyframes there is none."""
    mixer = Mixer()
    near = mixer.mix(10, {0: 0.9, 300: 0.9})
    assert near[0] > 0.7
    assert Mixer().mix(0, {}) == {}


def _fit(x: float) -> Fit:
    plane = np.zeros((4, 4), np.float32)
    flow, light = np.zeros((4, 4, 2), np.float32), np.ones((4, 4, 3), np.float32)
    return Fit(np.array([[1.0, 0, x], [0, 1.0, 0]]), flow, light, plane, 1.0)


def _as_picture(alpha: np.ndarray) -> Portrait:
    """A matte where a picture is wanted."""
    whole = portrait()
    whole.view.picture[:] = alpha[..., None]
    return whole
