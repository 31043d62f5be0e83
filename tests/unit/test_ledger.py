"""A session's figures: counts that add up, latencies and rates over their windows."""

import pytest

from media.frame import DropCause
from processing.ledger import (
    LATENCY_WINDOW_S,
    MAX_REMEMBERED,
    RATE_WINDOW_S,
    Ledger,
    percentile,
)
from tests.fakes import ManualClock
from tests.runner_scene import CountingTally


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ledger(clock: ManualClock) -> Ledger:
    return Ledger(clock)


def _deliver(ledger: Ledger, clock: ManualClock, latency_s: float) -> None:
    ledger.received()
    ledger.delivered(clock.monotonic() - latency_s)


def test_new_ledger_shows_zeros(ledger: Ledger) -> None:
    """At the start all figures are zero, and every cause is listed."""
    figures = ledger.figures(0)
    assert (figures.received, figures.delivered, figures.failed, figures.in_flight) == (0, 0, 0, 0)
    assert dict(figures.dropped) == dict.fromkeys(DropCause, 0)
    assert (figures.fps, figures.p50_ms, figures.p95_ms) == (0.0, 0.0, 0.0)
    assert figures.average_latency_ms == 0.0
    assert figures.balance == 0


def test_every_outcome_is_counted_once(ledger: Ledger, clock: ManualClock) -> None:
    """Deliveries, failures and each cause have their own count; the balance is zero."""
    _deliver(ledger, clock, 0.1)
    ledger.received()
    ledger.failed()
    for cause in DropCause:
        ledger.received()
        ledger.dropped(cause)
    ledger.received()
    figures = ledger.figures(1)
    assert figures.received == 3 + len(DropCause)
    assert (figures.delivered, figures.failed, figures.in_flight) == (1, 1, 1)
    assert dict(figures.dropped) == dict.fromkeys(DropCause, 1)
    assert figures.dropped_total == len(DropCause)
    assert figures.balance == 0


def test_a_tally_is_told(clock: ManualClock) -> None:
    """Of everything, as soon as it is counted."""
    tally = CountingTally()
    ledger = Ledger(clock, tally)
    clock.advance(1.0)
    _deliver(ledger, clock, 0.25)
    for _ in range(2):
        ledger.received()
    ledger.failed()
    ledger.dropped(DropCause.LATE)
    assert tally.counts == {"received": 3, "delivered": 1, "failed": 1, "late": 1}
    assert tally.latencies_s == [0.25]


def test_balance_shows_a_lost_frame(ledger: Ledger) -> None:
    """A frame that nobody accounts for makes the balance one."""
    ledger.received()
    assert ledger.figures(0).balance == 1


def test_figures_are_a_snapshot(ledger: Ledger) -> None:
    """Figures handed out do not change when more is counted."""
    before = ledger.figures(0)
    ledger.received()
    ledger.dropped(DropCause.LATE)
    assert before.received == 0
    assert before.dropped[DropCause.LATE] == 0


def test_latency_runs_from_arrival(ledger: Ledger, clock: ManualClock) -> None:
    """Percentiles and mean are of the time from arrival to delivery, in milliseconds."""
    clock.advance(5.0)
    for latency_s in (0.010, 0.020, 0.030, 0.040, 0.100):
        _deliver(ledger, clock, latency_s)
    figures = ledger.figures(0)
    assert figures.p50_ms == pytest.approx(30.0)
    assert figures.p95_ms == pytest.approx(100.0)
    assert figures.average_latency_ms == pytest.approx(40.0)


def test_percentiles_forget_what_is_old(ledger: Ledger, clock: ManualClock) -> None:
    """A delivery counts for the percentiles for ten seconds to the dot, for the mean for ever."""
    _deliver(ledger, clock, 0.5)
    clock.advance(LATENCY_WINDOW_S)
    assert ledger.figures(0).p95_ms == pytest.approx(500.0)
    clock.advance(0.001)
    figures = ledger.figures(0)
    assert figures.p95_ms == 0.0
    assert figures.average_latency_ms == pytest.approx(500.0)


def test_rate_is_over_the_last_two_seconds(ledger: Ledger, clock: ManualClock) -> None:
    """A steady 20 frames/s is shown as 20, and as 0 two seconds after the last."""
    for _ in range(100):
        clock.advance(0.05)
        _deliver(ledger, clock, 0.01)
    assert ledger.figures(0).fps == pytest.approx(20.0, abs=0.5)
    clock.advance(RATE_WINDOW_S + 0.001)
    assert ledger.figures(0).fps == 0.0


def test_rate_of_a_young_session_is_over_its_life(ledger: Ledger, clock: ManualClock) -> None:
    """In the first two seconds the rate is not watered down by time before the session."""
    for _ in range(10):
        clock.advance(0.05)
        _deliver(ledger, clock, 0.01)
    assert ledger.figures(0).fps == pytest.approx(20.0, rel=0.01)


def test_memory_is_bounded(ledger: Ledger, clock: ManualClock) -> None:
    """However many frames are delivered at once, only a bounded number is remembered."""
    for _ in range(3 * MAX_REMEMBERED):
        _deliver(ledger, clock, 0.01)
    assert len(ledger._recent) == MAX_REMEMBERED
    assert ledger.figures(0).delivered == 3 * MAX_REMEMBERED


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, 0.0),
        ([7.0], 0.0, 7.0),
        ([7.0], 1.0, 7.0),
        ([1.0, 2.0, 3.0, 4.0, 5.0], 0.5, 3.0),
        ([float(number) for number in range(1, 101)], 1.0, 100.0),
    ],
)
def test_percentile(values: list[float], share: float, expected: float) -> None:
    """The percentile is one of the values; of none it is 0, and 1.0 is the largest."""
    assert percentile(values, share) == expected


@pytest.mark.parametrize(("count", "share"), [(100, 0.50), (100, 0.95), (20, 0.95), (2, 0.50)])
def test_percentile_is_the_nearest_rank(count: int, share: float) -> None:
    """Of 1 to n the nearest rank is the smallest value that the share of all does not exceed."""
    values = [float(number) for number in range(1, count + 1)]
    assert percentile(values, share) == -(-count * share // 1)
