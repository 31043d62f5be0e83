"""What the benchmark says of restarts, and of a worker that is killed, by what was measured."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import pytest
from aiohttp import ClientSession

from tests.bench import roaming
from tests.bench.killed import Camera, told
from tests.bench.plan import DELIVERED, FAILED
from tests.bench.roaming import CUT_OFF, Journey, RoamingClient
from tests.bench.rolled import CLOSED, Restart, job_verdicts, restarts_verdict, session_verdicts
from tests.bench.run_service import end, port_of

GOOD = Journey("u0", 2, 3, 1.5, 100, 0, Counter({DELIVERED: 90, "late": 10}), 0, 0, 0)
COPPER = {"color": "copper"}
KILLED_S, WINDOW_S = 1000.0, 5.0
WAITS = "print('ready', flush=True); import time; time.sleep(60)"
STUBBORN = f"""
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.run([sys.executable, "-c", {WAITS!r}])
"""


def missed(lines: list[str]) -> list[int]:
    """Which of the verdicts do not hold."""
    return [number for number, line in enumerate(lines) if line.startswith("MISSED")]


async def test_a_session_that_stays_away_has_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """From when it counts until now, or until it sends no more."""
    clock = SimpleNamespace(now_s=100.0)
    monkeypatch.setattr(roaming, "time", SimpleNamespace(monotonic=lambda: clock.now_s))
    async with ClientSession() as http:
        client = RoamingClient(http, "http://127.0.0.1", "u0", 2.0, [b""])
    clock.now_s = 104.0
    assert client.journey().gap_s == 4.0
    client.forget_gaps()
    clock.now_s = 107.0
    client.rest()
    clock.now_s = 200.0
    assert client.journey().gap_s == 3.0


@pytest.mark.parametrize(
    ("bad", "which"),
    [
        (GOOD, []),
        (replace(GOOD, gap_s=2.1), [0]),
        (replace(GOOD, outcomes=GOOD.outcomes + Counter({CUT_OFF: 1}), sent=101), [1]),
        (replace(GOOD, outcomes=GOOD.outcomes + Counter({CLOSED: 1}), sent=101), [1]),
        (replace(GOOD, outcomes=GOOD.outcomes + Counter({FAILED: 1}), sent=101), [2]),
        (replace(GOOD, sent=101), [2]),
        (replace(GOOD, unexpected=1), [2]),
        (replace(GOOD, out_of_order=1), [2]),
        (replace(GOOD, looks_lost=1), [3]),
        (replace(GOOD, moves=0), [4]),
        (replace(GOOD, moves=3), [4]),
    ],
)
def test_one_session_of_many_is_enough(bad: Journey, which: list[int]) -> None:
    """Its gap, frames, looks and moves: each has a verdict that does not hold then."""
    assert missed(session_verdicts([GOOD], [GOOD, bad, GOOD], {})) == which


def test_films_have_to_be_interrupted() -> None:
    """Where none was at hand, that none was lost says nothing."""
    made = Counter({"job handed back": 1, "ended once": 4})
    assert missed(job_verdicts(Counter(completed=4), made, 12)) == []
    assert missed(job_verdicts(Counter(completed=4), Counter({"ended once": 4}), 12)) == [0]
    assert missed(job_verdicts(Counter(completed=3, failed=1), made, 12)) == [1]
    assert missed(job_verdicts(Counter(completed=4), made, 13)) == [2]


def test_a_stop_that_fails_is_told() -> None:
    assert missed([restarts_verdict([Restart(1.0, 9.0, (0, 0))])]) == []
    assert missed([restarts_verdict([Restart(1.0, 9.0, (0, 0)), Restart(1.0, 9.0, (0, 1))])]) == [0]


def camera(
    first_s: float | None, losses: int = 1, look: dict[str, str] = COPPER, until_s: float = WINDOW_S
) -> Camera:
    """Five pictures a second, from so long after the kill until so long after it; or none."""
    begun_s = -WINDOW_S if first_s is None else first_s
    back_s = KILLED_S + first_s if first_s is not None and losses else None
    return Camera(
        came_s=[KILLED_S + tick / 5 for tick in range(int(5 * begun_s), int(5 * until_s))],
        losses=losses,
        back_s=KILLED_S,
        first_s=back_s,
        worn=COPPER,
        look=look,
    )


THEIRS, OTHERS = [camera(0.2), camera(2.0)], [camera(0.0, losses=0)]


@pytest.mark.parametrize(
    ("theirs", "others", "which"),
    [
        (THEIRS, OTHERS, []),
        (THEIRS, [], [1]),
        ([], OTHERS, [0]),
        ([*THEIRS, camera(None, until_s=0.0)], OTHERS, [0]),
        ([*THEIRS, camera(2.2)], OTHERS, [0]),
        ([*THEIRS, camera(0.2, until_s=1.0)], OTHERS, [0]),
        ([*THEIRS, camera(0.2, look={"color": "plum"})], OTHERS, [0]),
        ([*THEIRS, camera(0.2, losses=2)], OTHERS, [0]),
        ([*THEIRS, camera(0.0, losses=0)], OTHERS, [0]),
        (THEIRS, [*OTHERS, camera(0.2)], [1]),
        (THEIRS, [*OTHERS, camera(0.6, losses=0)], [1]),
    ],
)
def test_who_is_killed_and_who_is_not(
    theirs: list[Camera], others: list[Camera], which: list[int]
) -> None:
    """Back is who has a picture with their own look; nobody else is cut off, however soon back."""
    lines = told(theirs, others, KILLED_S, WINDOW_S, KILLED_S + WINDOW_S).splitlines()
    assert missed(lines[-2:]) == which


def test_a_service_that_says_nothing_is_not_waited_for() -> None:
    with begun(WAITS) as process, pytest.raises(RuntimeError):
        port_of(process, within_s=0.05)


def test_a_service_that_does_not_end_is_killed() -> None:
    """With those that it has begun."""
    with begun(STUBBORN) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        end(process, within_s=0.05)
        assert process.stdout.read() == ""  # nobody is left who could write there


def begun(program: str) -> "subprocess.Popen[str]":
    """A process that runs this."""
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
