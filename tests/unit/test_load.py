"""How hard a session finds it to keep up: turns against the time between frames."""

import pytest

from processing.load import PAUSE_S, RECENT, LoadMeter
from tests.simulation import bursts, steady

MANY = 30


def _pressure(interval_s: float, turn_s: float, frames: int = MANY, since_s: float = 0.0) -> float:
    return _fed(LoadMeter(), interval_s, turn_s, frames, since_s).pressure


def _fed(
    meter: LoadMeter, interval_s: float, turn_s: float, frames: int = MANY, since_s: float = 0.0
) -> LoadMeter:
    for number in range(frames):
        meter.arrived(since_s + number * interval_s)
        meter.worked(turn_s)
    return meter


def test_no_frames_no_pressure() -> None:
    """A session that has just begun is at rest, however long its first frames take."""
    assert LoadMeter().pressure == 0.0
    assert _pressure(0.04, 1.0, frames=RECENT - 1) == 0.0


@pytest.mark.parametrize(
    ("interval_s", "turn_s", "pressure"),
    [(0.040, 0.004, 0.1), (0.040, 0.030, 0.75), (0.040, 0.040, 1.0), (0.040, 0.060, 1.5)],
)
def test_pressure_is_turn_over_interval(interval_s: float, turn_s: float, pressure: float) -> None:
    """At a steady rate it is the time a turn takes over the time between frames."""
    assert _pressure(interval_s, turn_s) == pytest.approx(pressure)


def test_rises_and_falls_within_a_third_of_a_second() -> None:
    """At 30 frames/s ten frames are enough to see that the work got dearer, or cheaper again."""
    meter = _fed(LoadMeter(), 1 / 30, 0.010)
    assert meter.pressure == pytest.approx(0.3)
    _fed(meter, 1 / 30, 0.050, frames=RECENT, since_s=1.0)
    assert meter.pressure == pytest.approx(1.5)
    _fed(meter, 1 / 30, 0.010, frames=RECENT, since_s=1.0 + RECENT / 30)
    assert meter.pressure == pytest.approx(0.3)


def test_bursts_count_at_their_rate() -> None:
    """Three frames at once every 100 ms press about as much as one every 33 ms."""
    meter = LoadMeter()
    for at_s, _ in zip(bursts(3, 0.1), range(MANY), strict=False):
        meter.arrived(at_s)
        meter.worked(0.025)
    assert 0.6 <= meter.pressure <= 1.0


def test_frames_of_one_moment_are_a_great_pressure() -> None:
    """A flood at one moment is more than any worker can do, and divides by no zero."""
    assert _pressure(0.0, 0.010) > 10.0


def test_pause_begins_anew() -> None:
    """After a second without a frame nothing is known, whatever was measured before."""
    meter = _fed(LoadMeter(), 0.040, 0.080)
    meter.arrived(MANY * 0.040 + PAUSE_S)
    assert meter.pressure == 0.0


def test_slow_session_is_at_rest() -> None:
    """A frame a second and less is never pressed, though a turn takes long."""
    meter = LoadMeter()
    for at_s, _ in zip(steady(0.9), range(MANY), strict=False):
        meter.arrived(at_s)
        meter.worked(0.5)
    assert meter.pressure == 0.0


def test_memory_is_bounded() -> None:
    """However many frames come, only the last few are remembered."""
    meter = _fed(LoadMeter(), 0.01, 0.01, frames=1000)
    assert len(meter._arrivals_s) == RECENT + 1
    assert len(meter._turns_s) == RECENT
