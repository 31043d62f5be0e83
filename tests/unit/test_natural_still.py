"""Hair in a photo: looked at as a whole and in its middle, both ways, kept finely."""

import numpy as np
import pytest

from processing.local.natural.crop import Square
from processing.local.natural.heads import Head
from processing.local.natural.model import Segmentation
from processing.local.natural.still import GRID_PX, hair_in, mattes_of, study, study_all, widened
from processing.local.natural.view import View
from tests.unit.test_natural_track import HEAD, ByLevel, Finder, portrait

SQUARE = Square(320.0, 240.0, 300.0)


class Squints(ByLevel):
    """Sees nothing in the left half of what it is shown."""

    def segment(self, crop: np.ndarray) -> Segmentation:
        """See Segmenter."""
        seen = super().segment(crop)
        seen.hair[:, : seen.hair.shape[1] // 2] = 0
        return seen


def test_hair_is_the_mean_of_all_looks() -> None:
    """Each side is seen by the look that is not blind there: half as likely, and alike."""
    hair = hair_in(portrait(), SQUARE, Squints())
    assert hair.shape == (GRID_PX, GRID_PX)
    # Hair is a ring around the face: one cell of it on each side.
    ring = 5 * GRID_PX // 16
    assert hair[GRID_PX // 2, ring] == hair[GRID_PX // 2, GRID_PX - 1 - ring] == 0.5
    assert hair[GRID_PX // 2, GRID_PX // 2] == hair[2, 2] == 0


def test_the_middle_is_looked_at_up_close() -> None:
    """Hair that only the closest looks see counts a third, and nothing beyond them."""

    class Near(ByLevel):
        def segment(self, crop: np.ndarray) -> Segmentation:
            seen = super().segment(crop)
            return seen if self.looks > 4 else Segmentation(seen.hair * 0, seen.face)

    segmenter = Near()
    hair = hair_in(portrait(height=170), SQUARE, segmenter)
    assert segmenter.looks == 6
    assert hair.max() == pytest.approx(1 / 3)
    assert hair[:20].max() == 0


def test_a_head_is_studied_and_matted() -> None:
    """The matte covers the hair and leaves the face out."""
    view = View(portrait())
    stills = study_all(view, Finder(HEAD), ByLevel())
    (matte,) = mattes_of(view, stills)
    assert matte is not None
    assert matte.alpha[165 - matte.top, 320 - matte.left] > 240
    assert matte.alpha[240 - matte.top, 320 - matte.left] == 0


def test_what_shows_no_face_up_close_is_no_head() -> None:
    """A doubtful find without a face is left out, a sure one is kept."""
    view = View(np.full((480, 640, 3), 120, np.uint8))
    assert study(view, Head(320, 240, 120, 0.3), ByLevel()) is None
    assert study(view, Head(320, 240, 120, 0.99), ByLevel()) is not None


def test_a_photo_without_heads_has_no_mattes() -> None:
    """Nobody there: nothing to be dyed."""
    view = View(portrait())
    assert mattes_of(view, study_all(view, Finder(), ByLevel())) == []


def _hair_at(*sides: str) -> np.ndarray:
    hair = np.zeros((GRID_PX, GRID_PX), np.float32)
    middle = slice(GRID_PX // 3, 2 * GRID_PX // 3)
    if "left" in sides:
        hair[middle, :20] = 1
    if "right" in sides:
        hair[middle, -20:] = 1
    if "top" in sides:
        hair[:20, middle] = 1
    if "bottom" in sides:
        hair[-20:, middle] = 1
    return hair


def test_a_square_that_cuts_hair_off_is_widened_towards_that_side() -> None:
    """The other sides stay where they are; no hair at a side, nothing changes."""
    shape = (480, 640)
    assert widened(SQUARE, _hair_at(), shape) == SQUARE
    wider = widened(SQUARE, _hair_at("right", "bottom"), shape)
    assert (wider.left, wider.top) == pytest.approx((SQUARE.left, SQUARE.top))
    assert wider.side > 1.2 * SQUARE.side
    both = widened(SQUARE, _hair_at("left", "right"), shape)
    assert both.cx == SQUARE.cx


def test_nothing_is_to_be_had_beyond_the_picture() -> None:
    """Where the picture ends, so does the hair."""
    hair = _hair_at("left", "right", "top", "bottom")
    assert widened(SQUARE, hair, (390, 470)).side > SQUARE.side
    tight = Square(150.0, 150.0, 302.0)
    assert widened(tight, hair, (300, 300)) == tight


def test_a_head_taken_for_a_smaller_one_gets_all_of_its_hair() -> None:
    """The find is half as high as the head is."""
    view = View(portrait())
    small = Head(HEAD.cx, HEAD.cy, HEAD.height / 2, 0.99)
    found = study(view, small, Faceless())
    assert found is not None
    assert found.square.side > 1.2 * 2.6 * small.height


class Faceless(ByLevel):
    """Sees hair, but no face."""

    def segment(self, crop: np.ndarray) -> Segmentation:
        """See Segmenter."""
        seen = super().segment(crop)
        return Segmentation(seen.hair, seen.face * 0)


class Everywhere(ByLevel):
    """Takes everything for hair, and sees no face."""

    def segment(self, crop: np.ndarray) -> Segmentation:
        """See Segmenter."""
        seen = super().segment(crop)
        return Segmentation(np.ones_like(seen.hair), seen.face * 0)


def test_a_square_is_not_widened_for_a_neighbours_hair() -> None:
    """What lies nearer to another head is not this one's."""
    view = View(np.full((480, 640, 3), 120, np.uint8))
    head = Head(320, 240, 80, 0.99)
    beside = [
        Head(320 + dx, 240 + dy, 80, 0.99) for dx, dy in ((90, 0), (-90, 0), (0, 90), (0, -90))
    ]
    alone = study(view, head, Everywhere())
    among = study(view, head, Everywhere(), beside)
    assert alone is not None
    assert among is not None
    assert among.square.side < alone.square.side


def test_one_face_found_twice_is_one_head() -> None:
    """A false find beside a face proves to be that face up close."""
    view = View(portrait())
    twice = Finder(HEAD, Head(HEAD.cx + 90, HEAD.cy + 20, HEAD.height, 0.99))
    assert len(study_all(view, twice, ByLevel())) == 1
