"""Limits: never more than promised in any minute, and thinned evenly rather than cut off."""

from itertools import pairwise
from random import Random

import pytest

from server.budget import BURST_S, WINDOW_S, Budget, News, Reminder

_LIMITS = [1, 2, 3, 10, 30, 240, 1200, 2400]


def _let_through(budget: Budget, moments_s: list[float]) -> list[float]:
    return [moment_s for moment_s in moments_s if budget.spend(moment_s)]


def _most_in_a_minute(moments_s: list[float]) -> int:
    """The most of these moments that lie within less than one minute."""
    most, first = 0, 0
    for last, moment_s in enumerate(moments_s):
        while moment_s - moments_s[first] >= WINDOW_S:
            first += 1
        most = max(most, last - first + 1)
    return most


def _every(interval_s: float, span_s: float) -> list[float]:
    return [number * interval_s for number in range(int(span_s / interval_s))]


@pytest.mark.parametrize("per_minute", _LIMITS)
def test_flood_gets_no_more_than_the_limit(per_minute: int) -> None:
    """At ten times the limit no minute has more than the limit, and half of it at least."""
    passed = _let_through(Budget(per_minute, 0.0), _every(6.0 / per_minute, 300.0))
    assert _most_in_a_minute(passed) <= per_minute
    assert len(passed) >= 0.5 * per_minute * 300.0 / WINDOW_S


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("per_minute", _LIMITS)
def test_any_traffic_keeps_to_the_limit(per_minute: int, seed: int) -> None:
    """Rests, bursts and trickles at random: no minute has more than the limit."""
    random, now_s, moments_s = Random(seed), 0.0, []
    for _ in range(3000):
        now_s += random.choice([0.0, 0.0, 0.01, 0.1, 60.0 / per_minute, random.expovariate(1.0)])
        moments_s.append(now_s)
    assert _most_in_a_minute(_let_through(Budget(per_minute, 0.0), moments_s)) <= per_minute


@pytest.mark.parametrize("per_minute", [240, 1200, 2400])
def test_steady_use_just_below_the_limit_always_passes(per_minute: int) -> None:
    """A client that keeps one in a hundred below the limit is never refused."""
    moments_s = _every(WINDOW_S / (0.99 * per_minute), 300.0)
    assert _let_through(Budget(per_minute, 0.0), moments_s) == moments_s


def test_jitter_of_a_quarter_second_passes() -> None:
    """At 30 frames/s, what a network holds back for a quarter of a second comes in whole."""
    held_up = [moment_s - moment_s % BURST_S + BURST_S for moment_s in _every(1 / 30, 60.0)]
    assert _let_through(Budget(2400, 0.0), held_up) == held_up


def test_too_many_are_thinned_evenly() -> None:
    """At twice the limit every second passes: no silence is longer than a few frames."""
    passed = _let_through(Budget(2400, 0.0), _every(1 / 80, 60.0))
    gaps_s = [later - earlier for earlier, later in pairwise(passed)]
    assert max(gaps_s) <= 3.0 / 40.0


def test_rest_earns_one_burst_only() -> None:
    """After an hour of silence a quarter of a second's worth passes at once, no more."""
    budget = Budget(2400, 0.0)
    assert [budget.spend(3600.0) for _ in range(20)].count(True) == 10


def test_first_message_always_passes() -> None:
    """Even the smallest limit lets the first through, and the next only after its time."""
    budget = Budget(1, 100.0)
    assert budget.spend(100.0)
    assert not budget.spend(159.9)


def test_reminder_speaks_once_in_its_interval() -> None:
    """A reminder is due at first, then again when exactly its interval has passed."""
    reminder = Reminder(1.0)
    assert [reminder.is_due(now_s) for now_s in (0.0, 0.5, 0.999, 1.0, 1.5, 2.0)] == [
        True, False, False, True, False, True,
    ]  # fmt: skip


def test_reminder_counts_from_when_it_spoke() -> None:
    """Asking in vain does not put the next time off."""
    reminder = Reminder(1.0)
    reminder.is_due(0.0)
    for now_s in (0.4, 0.8):
        assert not reminder.is_due(now_s)
    assert reminder.is_due(1.1)


def test_what_is_new_is_said_at_once() -> None:
    """What is as it was, no more often than the interval; counted from whatever was said last."""
    news = News(5.0)
    said = [(0.0, "a"), (1.0, "a"), (2.0, "b"), (3.0, "a"), (7.0, "a"), (8.0, "a"), (9.0, "a")]
    assert [news.is_due(thing, now_s) for now_s, thing in said] == [
        True, False, True, True, False, True, False,
    ]  # fmt: skip
