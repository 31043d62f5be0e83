"""What a client is told of the parts of its look that are not applied."""

import numpy as np
import pytest

from media.frame import Picture
from processing.look import Highlights, Look, Ombre
from server.notes import note_on

_PHOTO: Picture = np.zeros((2, 2, 3), np.uint8)
_RED = (0, 0, 255)


@pytest.mark.parametrize(
    ("look", "applied"),
    [
        (None, ()),
        (Look("e"), ()),
        (Look("e", color=_RED), ("color",)),
        (Look("e", style=_PHOTO), ("style",)),
        (Look("e", color=_RED, style=_PHOTO), ("style", "color")),
        (Look("e", color=_RED, intensity=0.0), ()),
        (Look("e", style=_PHOTO, intensity=0.0), ()),
    ],
)
def test_nothing_to_note(look: Look | None, applied: tuple[str, ...]) -> None:
    """Where all that was asked for is done, or nothing was to be done, there is no note."""
    assert note_on(look, applied) is None


def test_colour_of_a_style_photo() -> None:
    """An engine that takes the colour alone from a style photo says that the shape stays."""
    note = note_on(Look("e", style=_PHOTO), ("color",))
    assert note == "The colour of the style photo is taken over; the shape of its hair is not."


@pytest.mark.parametrize(
    "look",
    [Look("e", style=_PHOTO, color=_RED), Look("e", style=_PHOTO, color_photo=_PHOTO)],
    ids=["colour", "colour photo"],
)
def test_style_photo_beside_a_colour(look: Look) -> None:
    """Where the look has a colour of its own, nothing is taken from the style photo."""
    note = note_on(look, ("color",))
    assert note is not None
    assert "kept but not applied" in note
    assert "colour of its own" in note


def test_style_photo_of_no_use() -> None:
    """An engine that applies no style says so."""
    note = note_on(Look("e", style=_PHOTO), ())
    assert note == "The style photo is kept, but this engine applies nothing of it."


def test_parts_left_out_are_named() -> None:
    """What the engine cannot do is listed by the names that ``applied`` uses."""
    look = Look("e", color=_RED, shine=0.5, ombre=Ombre(_RED), highlights=Highlights(_RED))
    assert note_on(look, ("color",)) == "This engine does not apply: shine, ombre, highlights."


def test_both_are_said() -> None:
    """A style photo and other parts have a sentence each."""
    note = note_on(Look("e", style=_PHOTO, shine=0.5), ("color",))
    assert note is not None
    assert note.startswith("The colour of the style photo")
    assert note.endswith("This engine does not apply: shine.")
