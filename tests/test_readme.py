"""The README and its pages say what the code does: settings, codes, commands."""

import re
from collections.abc import Callable

import pytest

from server.settings import Settings
from tests import readme

OF_OTHERS = {"--allowed-peer-ip", "auth_request"}
"""What coturn and nginx call something, of which the pages tell."""


def test_settings_table_is_the_settings() -> None:
    """The README's table of settings is, to the letter, what the code declares."""
    expected = readme.settings_table()
    assert expected in readme.section("Settings"), f"paste this under Settings:\n\n{expected}\n"


@pytest.mark.parametrize(
    ("title", "render"),
    [
        ("Why a frame is dropped", readme.drops_table),
        ("Error codes", readme.errors_table),
        ("Closing codes", readme.closes_table),
        ("Metrics", readme.meters_table),
        ("Why these libraries", readme.dependencies_table),
    ],
    ids=["drop causes", "error codes", "closing codes", "meters", "dependencies"],
)
def test_table_has_every_row_and_no_other(title: str, render: Callable[[], str]) -> None:
    """Each cause, code and dependency has its row and its meaning, and there is no other row."""
    expected = [row[0] for row in readme.rows(render())]
    written = [row[0] for row in readme.rows(readme.section(title))]
    assert sorted(written) == sorted(expected), f"the table under {title}:\n\n{render()}\n"
    unsaid = [name for name, text in readme.meanings(title).items() if text in {"", readme.UNKNOWN}]
    assert not unsaid, f"under {title} nothing is said of {unsaid}"


def test_make_targets_exist() -> None:
    """Every ``make`` command that the README names is one that ``make help`` lists."""
    named = set(re.findall(r"(?:^    |`)make ([a-z-]+)", readme.readme_text(), re.MULTILINE))
    assert named, "the README names no command at all"
    assert named <= readme.make_targets(), f"no such target: {named - readme.make_targets()}"


def test_named_files_exist() -> None:
    """Every file of ours that the README names, from the root or from a room, exists."""
    paths = set(re.findall(r"`((?:[a-z_]+/)+[a-zA-Z_.]*)`", readme.readme_text()))
    bases = [readme.ROOT / room for room in (".", "media", "processing", "storage", "server")]
    missing = sorted(path for path in paths if not any((base / path).exists() for base in bases))
    assert not missing, f"the README names files that there are not: {missing}"


def test_named_meters_settings_and_addresses_exist() -> None:
    """Whatever a page names in backquotes, in tables or anywhere else."""
    quoted = readme.quoted()
    meters = {found for one in quoted for found in re.findall(r"\bhair_tryon_\w*[a-z](?!…)", one)}
    settings = {found for one in quoted for found in re.findall(r"\bHAIR_TRYON_([A-Z_]+)", one)}
    asked = {one for one in quoted if re.match(r"(GET|POST|PUT|DELETE|PATCH) [^ ]+$", one)}
    missing = [
        *(meters - readme.meters()),
        *(name for name in settings if name.lower() not in Settings.model_fields),
        *(one for one in asked if readme.address(one) not in readme.addresses()),
    ]
    assert (bool(meters), bool(settings), bool(asked)) == (True, True, True)
    assert not missing, f"the pages name what there is not: {missing}"


def test_named_words_are_in_the_code() -> None:
    """A name of several words, as of a setting, a field or a flag, is one that the code has."""
    quoted = readme.quoted()
    named = {one for one in quoted if re.fullmatch(r"[a-z]+(_[a-z]+)+|--[a-z]+(-[a-z]+)*", one)}
    words = readme.words_of_the_code() | readme.meters() | OF_OTHERS
    wanted = {one: one.removeprefix("--").replace("-", "_") for one in named}
    missing = sorted(one for one, word in wanted.items() if words.isdisjoint({one, word}))
    assert named, "the pages name nothing"
    assert not missing, f"the pages name what there is not: {missing}"


def test_no_placeholder_is_left() -> None:
    """No line of the README is a lone word in capitals that was meant to be replaced."""
    left = re.findall(r"^[A-Z][A-Z_]{3,}$", readme.readme_text(), re.MULTILINE)
    assert not left, f"still to be written: {left}"


def test_reader_finds_a_table_under_its_heading_only() -> None:
    """The helper reads the rows under one heading, and not those under the next."""
    text = "## A\n\n| Code | Meaning |\n|---|---|\n| `x` | one |\n\n## B\n\n| `y` | two |\n"
    assert readme.rows(readme.section("A", text)) == [["`x`", "one"]]
    assert readme.section("C", text) == ""
