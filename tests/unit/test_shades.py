"""The catalogue of shades: unique, well-formed, found however it is written."""

import re
from itertools import pairwise

import pytest

from processing.shades import SHADES, Shade, find_shade


@pytest.mark.parametrize("shade", SHADES, ids=lambda shade: shade.name)
def test_shade_is_well_formed(shade: Shade) -> None:
    """A name in kebab case, a title, a family in one word, and a colour in lower-case hex."""
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", shade.name)
    assert shade.title == shade.title.strip().capitalize()
    assert re.fullmatch(r"[a-z]+", shade.family)
    assert re.fullmatch(r"#[0-9a-f]{6}", shade.color)


@pytest.mark.parametrize("field", ["name", "title", "color"])
def test_no_shade_is_twice(field: str) -> None:
    """No two shades share a name, a title or a colour."""
    values = [getattr(shade, field) for shade in SHADES]
    assert len(set(values)) == len(values)


def test_families_stand_together() -> None:
    """The catalogue lists each family in one piece."""
    families = [shade.family for shade in SHADES]
    changes = sum(a != b for a, b in pairwise(families))
    assert changes == len(set(families)) - 1


@pytest.mark.parametrize("shade", SHADES, ids=lambda shade: shade.name)
def test_found_by_name_and_title(shade: Shade) -> None:
    """A shade is found by its name and by its title, in any case."""
    for text in (shade.name, shade.title, shade.name.upper()):
        assert find_shade(text) is shade


@pytest.mark.parametrize("text", ["Ash Brown", "ASH_BROWN", "  ash - brown ", "ash\tbrown"])
def test_spaces_hyphens_and_underscores_are_one(text: str) -> None:
    """Words may be parted by spaces, hyphens or underscores."""
    found = find_shade(text)
    assert found is not None
    assert found.name == "ash-brown"


@pytest.mark.parametrize("text", ["", " ", "-", "ashbrown", "brown ash", "copper!", "#a64b23"])
def test_unknown_is_none(text: str) -> None:
    """What is no shade's name finds nothing."""
    assert find_shade(text) is None
