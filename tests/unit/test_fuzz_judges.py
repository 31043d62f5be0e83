"""What fuzzing takes for a fault, and what it keeps of it."""

import json
import random
from pathlib import Path

import pytest

from tests.fuzz.find import MOST_ALIKE, Finds
from tests.fuzz.mutation import mutated
from tests.fuzz.service.process import fault_in
from tests.fuzz.service.vitals import MOST, Vitals, growth

CALM = Vitals(handles=24, threads=14, children=0, memory_mib=230.0)


def _grown(memory_mib: float) -> Vitals:
    return Vitals(CALM.handles, CALM.threads, CALM.children, CALM.memory_mib + memory_mib)


def test_what_settles_has_not_grown() -> None:
    """A warm-up and some unrest are no growth."""
    unrest = [_grown(2.0 * (number % 3)) for number in range(8)]
    assert growth([_grown(-150.0), _grown(-100.0), *unrest]) == []
    assert growth([CALM]) == []


def test_what_rises_and_rises_has() -> None:
    """It is told, with both halves' medians."""
    rising = [_grown(MOST.memory_mib * number) for number in range(8)]
    assert growth(rising) == ["memory_mib: 374, then 518"]


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        ("Hair try-on is served on http://127.0.0.1:1", False),
        ("RuntimeWarning: coroutine 'x' was never awaited", True),
        ("Traceback (most recent call last):", True),
        (json.dumps({"message": "request refused", "level": "warning", "status": 404}), False),
        (json.dumps({"message": "full", "level": "error", "status": 503}), False),
        (json.dumps({"message": "bad", "level": "error", "status": 500}), True),
        (json.dumps({"message": "odd", "level": "info", "exception": "Traceback"}), True),
    ],
)
def test_lines_of_a_log(line: str, is_fault: bool) -> None:
    """Errors but for a full server, and what is no log line at all."""
    assert (fault_in(line) is not None) is is_fault


def test_finds_are_kept_so_that_they_can_be_sent_again(tmp_path: Path) -> None:
    """A file for each, and few that are alike."""
    finds = Finds(tmp_path / "finds")
    for number in range(MOST_ALIKE + 2):
        finds.note("wire", f"request {number:032x} failed", b"sent %d" % number)
    assert len(list(finds.folder.iterdir())) == len(finds.all) == MOST_ALIKE
    told = json.loads(min(finds.folder.iterdir()).read_text())
    assert told["where"] == "wire"


def test_the_same_seed_does_the_same() -> None:
    """So that a find can be found again."""
    one, other = (
        [mutated(b"GET / HTTP/1.1", rng, (b"POST",)) for _ in range(50)]
        for rng in (random.Random(7), random.Random(7))
    )
    assert one == other
    assert len(set(one)) > 25
