"""What the audit of the pinned packages finds, and what it lets be."""

from dataclasses import replace
from datetime import date
from importlib import metadata

import pytest

from tests.audit.__main__ import fails, summary
from tests.audit.advisories import Advisory, Answers, Explanation, explanations_of, judge
from tests.audit.licences import licences_unexplained, what_binds
from tests.audit.pins import (
    SERVED,
    TESTED,
    TRAINED,
    Pin,
    pins_at_odds,
    pins_not_installed,
    pins_of,
    read_pins,
)

WEAK = Pin("weak", "1.0")
KNOWN = Advisory(WEAK, frozenset({"PYSEC-1", "CVE-2026-1"}), "reads too far (mended in 1.1)")
WHY = Explanation("weak", "CVE-2026-1", "what is read is ours", date(2027, 1, 1))
TODAY = date(2026, 12, 31)


def test_pins_are_read() -> None:
    """Comments and constraints are no pins; names are compared as the index compares them."""
    text = "a_B==1.0\n    # via c\n-c requirements.txt\nc==2 ; python_version < '3'\n\n"
    assert list(pins_of(text)) == [Pin("a-b", "1.0"), Pin("c", "2", applies=False)]


@pytest.mark.parametrize(
    "line",
    ["a", "a>=1", "a==1.*", "a==1,!=2", "a~=1.0", "a @ https://host/a.whl", "-e .", "-r b.txt"],
)
def test_line_that_leaves_a_choice_is_refused(line: str) -> None:
    """Each line names one version, from the index."""
    with pytest.raises(ValueError, match=r"no requirement|leaves open"):
        list(pins_of(line))


@pytest.mark.parametrize("name", [SERVED, TESTED, TRAINED])
def test_own_files_are_pins(name: str) -> None:
    """Every line of our requirements files is an exact pin."""
    assert read_pins(name)


def test_files_that_disagree_are_found() -> None:
    """Tests run with what is served; a package may be pinned once for each interpreter."""
    served = [Pin("a", "1"), Pin("a", "2"), Pin("b", "1")]
    others = [Pin("a", "2"), Pin("b", "2"), Pin("c", "1")]
    assert [text.partition(":")[0] for text in pins_at_odds(served, others)] == ["b 2"]


def test_what_is_not_installed_is_found() -> None:
    """Another version and no version are told; what is for other systems is let be."""
    pytest_pin = Pin("pytest", metadata.version("pytest"))
    assert not list(pins_not_installed([pytest_pin, Pin("not-there", "1", applies=False)]))
    wrong = [replace(pytest_pin, version="0"), Pin("not-there", "1")]
    assert list(pins_not_installed(wrong)) == [
        f"pytest 0: pinned, but {pytest_pin.version} is installed",
        "not-there 1: pinned, but nothing is installed",
    ]


@pytest.mark.parametrize(
    ("told", "files", "binds"),
    [
        ("MIT", [], ""),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", ["libavif.so"], ""),
        ("", [], "its licence is not told"),
        ("GPL-3.0-only", [], "GPL-3.0-only"),
        ("AGPL-3.0-only", [], "AGPL-3.0-only"),
        ("LGPL-2.1-or-later", [], "LGPL-2.1-or-later"),
        (
            "License :: GNU Affero General Public License v3",
            [],
            "License :: GNU Affero General Public License v3",
        ),
        ("SSPL-1.0", [], "SSPL-1.0"),
        ("BSD-3-Clause", ["libx264-d65.so.165"], "holds x264 (GPL)"),
        ("BSD-3-Clause", ["libavcodec.62.dylib"], "holds avcodec (LGPL)"),
    ],
)
def test_what_binds_is_seen(told: str, files: list[str], binds: str) -> None:
    """Licences that ask for the source are seen, in the metadata and in a wheel's libraries."""
    assert what_binds(told, files) == binds


def test_reason_is_asked_for_and_no_other() -> None:
    """A package that binds needs a reason; a reason needs a package that binds."""
    pins = [Pin("av", "0"), Pin("pytest", "0"), Pin("not-there", "0")]
    assert not list(licences_unexplained(pins, {"av": "because"}))
    assert [text.partition(":")[0] for text in licences_unexplained(pins, {"av": ""})] == ["av"]
    wrong = licences_unexplained(pins, {"av": "because", "pytest": "because"})
    assert [text.partition(":")[0] for text in wrong] == ["pytest"]


def test_weakness_is_told_unless_it_is_explained() -> None:
    """By any of its names, for its own package, until a day."""
    found = Answers((KNOWN,), ())
    assert list(judge(found, [], TODAY)) == [str(KNOWN)]
    assert not list(judge(found, [WHY], TODAY))
    assert list(judge(found, [WHY], WHY.until)) == [f"{WHY}: to be thought over again"]
    other = replace(WHY, package="strong")
    assert str(KNOWN) in list(judge(found, [other], TODAY))


def test_explanation_of_nothing_is_told() -> None:
    """What is mended needs no explanation; while the index is silent nobody knows."""
    gone = f"{WHY}: not known against the pinned version any more"
    assert list(judge(Answers((), ()), [WHY], TODAY)) == [gone]
    assert not list(judge(Answers((), (WEAK,)), [WHY], TODAY))


def test_explanation_needs_all_its_fields() -> None:
    """A package, an id, a reason and a day."""
    entry = {"package": "weak", "id": "CVE-2026-1", "why": WHY.why, "until": WHY.until}
    assert explanations_of([entry]) == [WHY]
    with pytest.raises(TypeError):
        explanations_of([{"package": "weak", "id": "CVE-2026-1"}])


def test_silent_index_is_told_and_strictly_an_error() -> None:
    """Without a network lint says what it could not look at; with --strict it fails."""
    silent = Answers((), (WEAK, Pin("other", "1")))
    assert summary(7, silent).startswith("NOT AUDITED: the package index has no answer for 2 of 7")
    assert not fails([], silent, is_strict=False)
    assert fails([], silent, is_strict=True)
    assert fails(["a finding"], Answers((), ()), is_strict=False)
    assert summary(7, Answers((KNOWN,), ())) == "7 pins, 1 known weaknesses"
