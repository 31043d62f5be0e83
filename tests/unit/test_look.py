"""A look: what may be asked for, how parts replace each other, what is shown and kept."""

from typing import Any

import numpy as np
import pytest

from media.frame import Picture
from processing.look import (
    Look,
    LookError,
    LookValues,
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
    """An empty look is allowed: default engine, no colour, full intensity."""
    assert parse_values({}) == LookValues(engine=None, color=None, intensity=1.0)


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
    with pytest.raises(LookError, match=f"^{field}: ") as caught:
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
    ],
)
def test_empty_is_nothing_to_apply(look: Look, *, is_empty: bool) -> None:
    """A look is empty without colour and photos, or at no intensity; black is a colour."""
    assert look.is_empty is is_empty


def test_values_replace_the_json_part() -> None:
    """New values replace engine, colour, shade and intensity; the style photo stays."""
    look = Look("old", color=(1, 2, 3), intensity=0.2, style=_PHOTO)
    changed = look.with_values(_values(color="copper", intensity=0.5), "classic")
    assert changed.describe() == {
        "engine": "classic", "color": "#a64b23", "shade": "copper", "intensity": 0.5,
        "style_image": True, "color_image": False,
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
def test_values_make_the_same_look_again(color: str | None) -> None:
    """The JSON part that is stored restores engine, colour, shade and intensity."""
    look = Look("classic").with_values(_values(color=color, intensity=0.25), "classic")
    stored = look.values().model_dump()
    again = Look("other").with_values(parse_values(stored), stored["engine"])
    assert again.describe() == look.describe()


def test_wrong_colour_changes_nothing() -> None:
    """Values with an unknown colour raise, and give no half-changed look."""
    with pytest.raises(LookError, match=r"^color: "):
        Look("classic").with_values(_values(color="puce"), "classic")
