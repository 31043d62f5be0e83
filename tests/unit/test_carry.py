"""What was edited in one frame comes to all the others, and nothing else does."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from media.frame import Picture
from processing.cloud.carry.carrier import AHEAD, Carrier
from processing.cloud.carry.key import Key
from processing.cloud.paste.portrait import Portrait
from tests.carry_scene import SIZE, ByColour, ByPlace, carried, filmed, mask_of, moves
from tests.paste_scene import RED, ellipse, hair, portrait

COUNT = 7
BLUE, HAND = (200, 60, 40), (80, 105, 200)


def key(edit: Portrait, own: Portrait | None = None, index: int = 0) -> Key:
    """The scene with other hair."""
    return Key(index, own or portrait(), edit)


def test_colour_comes_to_every_frame() -> None:
    """Where hair is it is red; the face and all away from hair is the frame's own, bit for bit."""
    along = moves(COUNT)
    pictures = filmed(portrait(), along)
    for move, before, after in zip(
        along, pictures, carried([key(portrait(RED))], pictures, along), strict=True
    ):
        inner = mask_of(hair(1.5) & ~ellipse(1.2), move)
        assert np.abs(after[inner].mean(axis=0) - RED).max() < 6
        for kept in (ellipse(0.9), ~ellipse(1.9)):
            where = mask_of(kept, move)
            assert np.array_equal(after[where], before[where])


def test_hair_that_was_cut_stays_cut() -> None:
    """Where it was the wall is seen, as it is beside the head, and no outline is left."""
    along, own, short = moves(COUNT, 1.5, 0.0), portrait(size=2.0), portrait(size=1.4)
    pictures, true = filmed(own, along), filmed(short, along)
    for move, after, right in zip(
        along, carried([key(short, own)], pictures, along), true, strict=True
    ):
        bare = mask_of(ellipse(1.95) & ~ellipse(1.6), move)
        assert (
            np.abs(cv2.blur(after, (5, 5))[bare].astype(int) - cv2.blur(right, (5, 5))[bare]).mean()
            < 12
        )
        assert after[bare].max(axis=1).min() > 60


def test_hair_that_is_new_goes_with_the_head() -> None:
    """Also where the frame has none."""
    along, own = moves(COUNT), portrait(size=1.25)
    pictures = filmed(own, along)
    edit = portrait(RED, size=1.7)
    for move, after in zip(along, carried([key(edit, own)], pictures, along), strict=True):
        new = mask_of(hair(1.6) & ~ellipse(1.35), move)
        assert np.abs(after[new].mean(axis=0) - RED).max() < 10


def test_a_hand_before_new_hair_stays() -> None:
    """What the keyframe does not explain has come before it."""
    along, own = moves(COUNT, 0.0, 0.0), portrait(size=1.25)
    pictures = filmed(own, along)
    for picture in pictures[3:]:
        picture[100:160, 90:135] = HAND
    after = carried([key(portrait(RED, size=1.9), own)], pictures, along)
    spot = np.s_[120:140, 108:124]
    assert np.abs(after[2][spot].reshape(-1, 3).mean(axis=0) - RED).max() < 20
    assert np.abs(after[-1][spot].astype(int) - pictures[-1][spot]).mean() < 25


def test_another_scene_stays_as_it_is() -> None:
    """No keyframe counts beyond a cut."""
    along = moves(COUNT)
    pictures = filmed(portrait(), along)
    after = carried([key(portrait(RED))], pictures, along, cuts=(0, 4))
    changed = [not np.array_equal(*pair) for pair in zip(pictures, after, strict=True)]
    assert changed == [True] * 4 + [False] * 3


def test_a_stranger_stays_as_he_is() -> None:
    """Somebody else in the same place was not edited."""
    along = moves(COUNT)
    pictures = filmed(portrait(person=2), along)
    for before, after in zip(pictures, carried([key(portrait(RED))], pictures, along), strict=True):
        assert np.array_equal(before, after)


def test_one_keyframe_goes_over_to_the_next_in_steps() -> None:
    """The hair's colour never jumps."""
    along = moves(14, 0.0, 0.0)
    pictures = filmed(portrait(), along)
    keys = [key(portrait(RED)), key(portrait(BLUE), index=13)]
    inner = hair(1.5) & ~ellipse(1.2)
    colours = np.array([one[inner].mean(axis=0) for one in carried(keys, pictures, along)])
    assert np.abs(np.diff(colours, axis=0)).max() < 0.2 * np.abs(np.subtract(RED, BLUE)).max()


def test_light_follows_the_frame() -> None:
    """A frame in half the light has hair in half the light."""
    along = moves(3, 0.0, 0.0)
    pictures = filmed(portrait((50, 50, 50)), along)
    dim = [np.asarray(picture * 0.7, np.uint8) for picture in pictures]
    after = carried([key(portrait(RED), portrait((50, 50, 50)))], dim, along)
    inner = hair(1.5) & ~ellipse(1.2)
    assert after[1][inner].mean(axis=0)[2] < 0.92 * RED[2]


@pytest.mark.parametrize("count", [1, 2, AHEAD + 1, 2 * AHEAD + 3])
def test_every_frame_comes_back_and_few_are_held(count: int) -> None:
    """However short the film is; no more are read than are looked at ahead."""
    along, read = moves(count, 0.0, 0.0), 0
    pictures = filmed(portrait(), along)

    def reading() -> Iterator[Picture]:
        nonlocal read
        for picture in pictures:
            read += 1
            yield picture

    begins = np.arange(count) == 0
    carrier = Carrier([key(portrait(RED))], begins, ByPlace(along).of(pictures), ByColour())
    given = 0
    for picture in carrier.carried(reading()):
        given += 1
        assert picture.shape == (*SIZE, 3)
        assert read - given <= AHEAD
    assert given == count
