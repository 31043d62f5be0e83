"""A look: what may be asked for, how parts replace each other, what is shown and kept."""

import re
from typing import Any

import numpy as np
import pytest

from media.frame import Picture
from processing.look import (
    Highlights,
    Look,
    LookError,
    LookValues,
    Ombre,
    bgr_of,
    hex_of,
    parse_color,
    parse_values,
)

_PHOTO: Picture = np.zeros((2, 2, 3), np.uint8)


def _values(**fields: Any) -> LookValues:
    return LookValues.model_validate(fields)


# -- values -------------------------------------------------------------------------------------


def test_values_have_defaults() -> None:
    """An empty look is allowed: default engine, nothing asked for, full intensity."""
    assert parse_values({}).model_dump() == {
        "engine": None, "color": None, "intensity": 1.0, "shine": 0.0,
        "ombre": None, "highlights": None,
    }  # fmt: skip


def test_parts_have_defaults() -> None:
    """Of an ombre only the tips need be said, of highlights only the colour."""
    values = parse_values({"ombre": {"tips": "copper"}, "highlights": {"color": "copper"}})
    assert values.model_dump()["ombre"] == {
        "tips": "copper", "roots": None, "position": 0.5, "softness": 0.5,
    }  # fmt: skip
    assert values.model_dump()["highlights"] == {"color": "copper", "amount": 0.4}


def test_defaults_are_the_same_in_json_and_in_the_look() -> None:
    """What is left out of the JSON means what is left out of the records."""
    look = Look("classic").with_values(parse_values({}), "classic")
    assert look.describe() == Look("classic").describe()
    data = {"ombre": {"tips": "#030201"}, "highlights": {"color": "#030201"}}
    parts = look.with_values(parse_values(data), "classic")
    assert (parts.ombre, parts.highlights) == (Ombre((1, 2, 3)), Highlights((1, 2, 3)))


@pytest.mark.parametrize("intensity", [0, 0.0, 0.5, 1, 1.0])
def test_intensity_from_nothing_to_full(intensity: float) -> None:
    """Intensity may be any number from 0 to 1, its borders included."""
    assert parse_values({"intensity": intensity}).intensity == intensity


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"intensity": -0.001}, "intensity"),
        ({"intensity": 1.001}, "intensity"),
        ({"intensity": float("nan")}, "intensity"),
        ({"intensity": float("inf")}, "intensity"),
        ({"intensity": "0.5"}, "intensity"),
        ({"intensity": True}, "intensity"),
        ({"intensity": None}, "intensity"),
        ({"shine": -0.001}, "shine"),
        ({"shine": 1.001}, "shine"),
        ({"shine": "much"}, "shine"),
        ({"shine": None}, "shine"),
        ({"ombre": "copper"}, "ombre"),
        ({"ombre": {}}, "ombre.tips"),
        ({"ombre": {"tips": None}}, "ombre.tips"),
        ({"ombre": {"tips": 5}}, "ombre.tips"),
        ({"ombre": {"tips": "x" * 65}}, "ombre.tips"),
        ({"ombre": {"tips": "copper", "roots": 5}}, "ombre.roots"),
        ({"ombre": {"tips": "copper", "position": 1.1}}, "ombre.position"),
        ({"ombre": {"tips": "copper", "softness": float("nan")}}, "ombre.softness"),
        ({"ombre": {"tips": "copper", "middle": 1}}, "ombre.middle"),
        ({"highlights": []}, "highlights"),
        ({"highlights": {}}, "highlights.color"),
        ({"highlights": {"color": "copper", "amount": True}}, "highlights.amount"),
        ({"highlights": {"color": "copper", "amount": -1}}, "highlights.amount"),
        ({"color": 5}, "color"),
        ({"color": ["#ffffff"]}, "color"),
        ({"color": "x" * 65}, "color"),
        ({"engine": 5}, "engine"),
        ({"engine": "x" * 33}, "engine"),
        ({"colour": "#ffffff"}, "colour"),
        (None, "look"),
        ([], "look"),
        ("copper", "look"),
    ],
)
def test_wrong_value_is_named(data: object, field: str) -> None:
    """A look that cannot be is refused in one line that begins with the wrong field."""
    with pytest.raises(LookError, match=f"^{re.escape(field)}: ") as caught:
        parse_values(data)
    assert "\n" not in str(caught.value)


# -- colours ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "bgr"),
    [("#000000", (0, 0, 0)), ("#ffffff", (255, 255, 255)), ("#A64b23", (0x23, 0x4B, 0xA6))],
)
def test_hex_is_red_green_blue(text: str, bgr: tuple[int, int, int]) -> None:
    """``#rrggbb``, in either case, is read as blue, green, red, and written back in lower case."""
    assert parse_color(text) == (bgr, None)
    assert bgr_of(text) == bgr
    assert hex_of(bgr) == text.lower()


def test_shade_is_its_colour() -> None:
    """A shade's name gives its colour and the shade."""
    bgr, shade = parse_color("Copper")
    assert shade is not None
    assert (shade.name, hex_of(bgr)) == ("copper", "#a64b23")


@pytest.mark.parametrize(
    "text", ["", "#fff", "#12345", "#1234567", "123456", "#gggggg", "#a64b23\n", "#١٢٣٤٥٦", "puce"]
)
def test_other_text_is_no_colour(text: str) -> None:
    """Anything but six hex digits or a known shade is refused, and the field is named."""
    with pytest.raises(LookError, match=r"^color: "):
        parse_color(text)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"color": "puce"}, "color"),
        ({"ombre": {"tips": "puce"}}, "ombre.tips"),
        ({"ombre": {"tips": "copper", "roots": "#12"}}, "ombre.roots"),
        ({"ombre": {"tips": "copper", "roots": ""}}, "ombre.roots"),
        ({"highlights": {"color": "#gggggg"}}, "highlights.color"),
    ],
)
def test_unknown_colour_is_named(data: dict[str, Any], field: str) -> None:
    """Wherever a colour stands that is none, the text begins with its field."""
    with pytest.raises(LookError, match=f"^{re.escape(field)}: neither "):
        Look("classic").with_values(_values(**data), "classic")


# -- looks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("look", "is_empty"),
    [
        (Look("classic"), True),
        (Look("classic", color=(0, 0, 0)), False),
        (Look("classic", style=_PHOTO), False),
        (Look("classic", color_photo=_PHOTO), False),
        (Look("classic", color=(1, 2, 3), intensity=0.0), True),
        (Look("classic", style=_PHOTO, intensity=0.0), True),
        (Look("classic", shine=0.1), False),
        (Look("classic", ombre=Ombre((0, 0, 0))), False),
        (Look("classic", highlights=Highlights((0, 0, 0))), False),
        (Look("classic", shine=1.0, ombre=Ombre((0, 0, 0)), intensity=0.0), True),
    ],
)
def test_empty_is_nothing_to_apply(look: Look, *, is_empty: bool) -> None:
    """A look is empty when nothing is asked for, or at no intensity; black is a colour."""
    assert look.is_empty is is_empty


def test_parts_are_what_is_asked_for() -> None:
    """Each part of a look has its name, in one order; a colour photo is a colour."""
    assert Look("classic").parts == ()
    assert Look("classic", color_photo=_PHOTO).parts == ("color",)
    everything = Look(
        "classic", color=(1, 2, 3), shine=0.5, style=_PHOTO,
        ombre=Ombre((1, 2, 3)), highlights=Highlights((1, 2, 3)),
    )  # fmt: skip
    assert everything.parts == ("style", "color", "shine", "ombre", "highlights")


def test_values_replace_the_json_part() -> None:
    """New values replace all that values can say; the style photo stays."""
    look = Look(
        "old", color=(1, 2, 3), intensity=0.2, style=_PHOTO, highlights=Highlights((1, 2, 3))
    )
    ombre = {"tips": "Platinum", "roots": "#0A0b0C", "position": 0.25, "softness": 1}
    values = _values(color="copper", intensity=0.5, shine=1, ombre=ombre)
    assert look.with_values(values, "classic").describe() == {
        "engine": "classic", "color": "#a64b23", "shade": "copper", "intensity": 0.5, "shine": 1.0,
        "ombre": {"tips": "#e3d8c3", "roots": "#0a0b0c", "position": 0.25, "softness": 1.0},
        "highlights": None, "style_image": True, "color_image": False,
    }  # fmt: skip
    assert look.color == (1, 2, 3), "a look is never changed in place"


def test_colour_and_colour_photo_exclude_each_other() -> None:
    """The later of colour and colour photo takes the place of the earlier."""
    with_photo = Look("classic", color=(1, 2, 3), shade="copper").with_color_photo(_PHOTO)
    assert (with_photo.color, with_photo.shade) == (None, None)
    assert with_photo.color_photo is _PHOTO
    assert with_photo.with_values(_values(color="#010203"), "classic").color_photo is None


def test_values_without_a_colour_keep_the_photo() -> None:
    """Values that name no colour take the colour away, and leave the colour photo."""
    look = Look("classic", color_photo=_PHOTO)
    assert look.with_values(_values(intensity=0.3), "classic").color_photo is _PHOTO
    assert Look("classic", color=(1, 2, 3)).with_values(_values(), "classic").color is None


def test_style_leaves_the_colour() -> None:
    """A style photo is added to what is there."""
    look = Look("classic", color=(1, 2, 3)).with_style(_PHOTO)
    assert look.style is _PHOTO
    assert look.color == (1, 2, 3)


@pytest.mark.parametrize("color", [None, "#010203", "copper"])
@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"shine": 0.5, "highlights": {"color": "silver", "amount": 0.75}},
        {"ombre": {"tips": "copper"}},
        {"ombre": {"tips": "#ffffff", "roots": "teal", "position": 0.0, "softness": 1.0}},
    ],
)
def test_values_make_the_same_look_again(color: str | None, parts: dict[str, Any]) -> None:
    """The JSON part that is stored restores all of the look but its photos."""
    look = Look("classic").with_values(_values(color=color, intensity=0.25, **parts), "classic")
    stored = look.values().model_dump()
    again = Look("other").with_values(parse_values(stored), stored["engine"])
    assert again.describe() == look.describe()


def test_wrong_colour_changes_nothing() -> None:
    """Values with an unknown colour raise, and give no half-changed look."""
    with pytest.raises(LookError, match=r"^color: "):
        Look("classic").with_values(_values(color="puce"), "classic")
