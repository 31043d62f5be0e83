"""What mailbox, policy and fair queue do together, in virtual time: fresh, fair, never stuck."""

from collections.abc import Iterator
from random import Random

import pytest

from media.frame import DropCause
from processing.ledger import percentile
from tests.simulation import TARGET_MS, Session, Simulation, bursts, jittered, steady, taking

_MINUTE_S = 60.0


def _dropped(session: Session) -> dict[DropCause, int]:
    """Drops by cause, without the causes of which there are none."""
    return {cause: count for cause, count in session.figures.dropped.items() if count}


def _alone(arrivals_s: Iterator[float], mean_ms: float, window: int | None = None) -> Session:
    """A minute of one session on one worker."""
    simulation = Simulation(workers=1)
    session = simulation.connect(arrivals_s, taking(mean_ms), window)
    simulation.run(_MINUTE_S)
    assert session.figures.balance == 0
    return session


def _rates(simulation: Simulation) -> list[float]:
    """Frames a second that each session got back in a minute."""
    simulation.run(_MINUTE_S)
    assert all(session.figures.balance == 0 for session in simulation.sessions)
    return [len(session.deliveries) / _MINUTE_S for session in simulation.sessions]


# -- overload -----------------------------------------------------------------------------------


@pytest.mark.parametrize("jitter_ms", [0.0, 5.0, 15.0])
def test_overload_keeps_the_worker_busy_and_frames_fresh(jitter_ms: float) -> None:
    """At 30 frames/s and 60 ms a frame, 90 % of what can be done is, and within 150 ms."""
    session = _alone(jittered(30.0, jitter_ms, seed=1), 60.0)
    assert len(session.deliveries) / _MINUTE_S >= 15.0
    assert percentile(session.latencies_ms(), 0.95) <= 150.0


def test_overload_does_not_wear_out() -> None:
    """The last ten seconds of an overloaded minute are as good as the first ten."""
    session = _alone(jittered(30.0, 5.0, seed=1), 60.0)
    first, last = session.latencies_ms(0.0, 10.0), session.latencies_ms(50.0, 60.0)
    assert len(last) == pytest.approx(len(first), rel=0.05)
    assert percentile(last, 0.95) <= percentile(first, 0.95) * 1.1


@pytest.mark.parametrize("mean_ms", [35.0, 45.0, 100.0, 150.0, 180.0, 199.0, 205.0, 250.0])
def test_no_service_time_stalls_a_session(mean_ms: float) -> None:
    """Whatever a frame takes, nine tenths of the worker's time are used."""
    session = _alone(jittered(30.0, 5.0, seed=1), mean_ms)
    possible = min(30.0, 1000.0 / mean_ms)
    assert len(session.deliveries) / _MINUTE_S >= 0.9 * possible


def test_slower_than_the_target_still_moves() -> None:
    """At 300 ms a frame, with a target of 200 ms, probing still gives three pictures a second."""
    session = _alone(jittered(30.0, 5.0, seed=1), 300.0)
    assert len(session.deliveries) / _MINUTE_S >= 3.0
    assert percentile(session.latencies_ms(), 0.95) <= 400.0


@pytest.mark.parametrize("window", [2, 3])
def test_slower_than_the_target_stays_fresh_for_a_careful_client(window: int) -> None:
    """A client that waits for answers gets, at 300 ms a frame, no picture older than two frames."""
    session = _alone(jittered(30.0, 5.0, seed=1), 300.0, window)
    assert len(session.deliveries) / _MINUTE_S >= 3.0
    assert percentile(session.latencies_ms(), 0.95) <= 400.0


@pytest.mark.parametrize("window", [1, 2, 3])
def test_overload_with_a_careful_client(window: int) -> None:
    """A client that keeps few frames under way gets at 60 ms a frame what the camera allows."""
    session = _alone(jittered(30.0, 5.0, seed=1), 60.0, window)
    assert len(session.deliveries) / _MINUTE_S >= 14.0
    assert percentile(session.latencies_ms(), 0.95) <= 150.0


# -- below capacity -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("mean_ms", [20.0, 30.0])
def test_below_capacity_drops_nothing(mean_ms: float, seed: int) -> None:
    """At 25 frames/s, each up to 15 ms early or late, a fast enough worker drops none."""
    session = _alone(jittered(25.0, 15.0, seed), mean_ms)
    assert _dropped(session) == {}
    assert percentile(session.latencies_ms(), 0.95) <= 2.0 * mean_ms


def test_many_sessions_below_capacity_drop_nothing() -> None:
    """Eight sessions that together want nine tenths of two workers lose none of their frames."""
    simulation = Simulation(workers=2)
    for seed in range(8):
        simulation.connect(jittered(25.0, 15.0, seed), taking(9.0))
    _rates(simulation)
    assert [_dropped(session) for session in simulation.sessions] == [{}] * 8


def test_bursts_are_worked_off() -> None:
    """Three frames at once every 100 ms, at 25 ms each, are all processed."""
    session = _alone(bursts(3, 0.1), 25.0)
    assert _dropped(session) == {}
    assert session.latencies_ms()[-1] <= 100.0


def test_hiccup_of_the_worker_is_over_at_once() -> None:
    """One frame in five seconds that takes 150 ms costs at most three frames and no second."""

    def service(now_s: float, random: Random) -> float:
        return 0.150 if now_s % 5.0 < 0.04 else 0.020 * random.uniform(0.9, 1.1)

    simulation = Simulation(workers=1)
    session = simulation.connect(jittered(25.0, 5.0, seed=1), service)
    simulation.run(_MINUTE_S)
    assert session.figures.dropped_total <= 3 * 12
    for second in range(12):
        calm = session.latencies_ms(5.0 * second + 0.5, 5.0 * second + 5.0)
        assert len(calm) >= 110
        assert calm[-1] <= 60.0


def test_hiccup_of_the_network_is_over_at_once() -> None:
    """Frames held up for 150 ms and then come at once are all processed."""

    def held_up() -> Iterator[float]:
        for moment_s in jittered(25.0, 5.0, seed=1):
            since_s = moment_s % 5.0
            yield moment_s if since_s > 0.150 else moment_s - since_s + 0.150

    session = _alone(held_up(), 20.0)
    assert _dropped(session) == {}
    assert session.latencies_ms()[-1] <= 200.0


def test_comes_back_when_the_work_gets_cheaper() -> None:
    """After ten seconds of 300 ms a frame, the second one at 20 ms has the full rate again."""

    def service(now_s: float, _: Random) -> float:
        return 0.300 if 10.0 <= now_s < 20.0 else 0.020

    simulation = Simulation(workers=1)
    session = simulation.connect(jittered(25.0, 5.0, seed=1), service)
    simulation.run(30.0)
    assert len(session.latencies_ms(10.0, 20.0)) >= 30
    assert len(session.latencies_ms(22.0, 30.0)) >= 8 * 25 - 1
    assert session.latencies_ms(22.0, 30.0)[-1] <= 60.0


# -- fairness -----------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("greedy_counts", [True, False], ids=["all twice", "even without it twice"])
def test_greedy_session_takes_from_nobody(workers: int, *, greedy_counts: bool) -> None:
    """Seven sessions beside one of ten times their rate get their fair share, all the same."""
    capacity = workers / 0.020
    rate = 2.0 * capacity / (17.0 if greedy_counts else 8.0)
    simulation = Simulation(workers)
    for seed in range(7):
        simulation.connect(jittered(rate, 5.0, seed), taking(20.0))
    simulation.connect(jittered(10.0 * rate, 0.2, seed=7), taking(20.0))
    *modest, greedy = _rates(simulation)
    fair_share = min(rate, capacity / 8.0)
    assert min(modest) >= 0.8 * fair_share
    assert max(modest) <= 1.2 * min(modest)
    assert sum(modest) + greedy >= 0.9 * capacity


@pytest.mark.parametrize("dear_ms", [50.0, 150.0])
def test_dear_frames_take_no_time_from_cheap_ones(dear_ms: float) -> None:
    """Four sessions with frames of 10 ms get four fifths of a fair share beside four dear ones."""
    simulation = Simulation(workers=2)
    for seed in range(4):
        simulation.connect(jittered(25.0, 5.0, seed), taking(10.0))
        simulation.connect(jittered(25.0, 5.0, seed), taking(dear_ms))
    cheap = _rates(simulation)[::2]
    assert min(cheap) >= 0.8 * 25.0


@pytest.mark.parametrize("window", [None, 1, 3], ids=["open", "one under way", "three under way"])
def test_crowd_starves_nobody_and_sees_nothing_stale(window: int | None) -> None:
    """Of 64 sessions at 60 ms on two workers each gets within half of the mean in a minute, and a
    picture is hardly ever older than two targets and its processing."""
    simulation = Simulation(workers=2)
    for seed in range(64):
        simulation.connect(jittered(30.0, 5.0, seed), taking(60.0), window)
    rates = _rates(simulation)
    mean = sum(rates) / 64
    assert mean * 64 >= 0.9 * 2 / 0.060
    assert 0.5 * mean <= min(rates) <= max(rates) <= 1.5 * mean
    latencies_ms = sorted(ms for session in simulation.sessions for ms in session.latencies_ms())
    assert percentile(latencies_ms, 0.95) <= 2.0 * TARGET_MS + 66.0


def test_newcomer_gets_half_at_once_and_no_more() -> None:
    """A session that joins a busy one has half the worker from its first second on."""
    simulation = Simulation(workers=1)
    old = simulation.connect(jittered(30.0, 5.0, seed=1), taking(40.0))
    new = simulation.connect(steady(30.0, phase_s=30.0), taking(40.0))
    simulation.run(40.0)
    for second in range(31, 40):
        rates = [len(session.latencies_ms(second, second + 1)) for session in (old, new)]
        assert min(rates) >= 11
        assert max(rates) <= 14


# -- conservation -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_no_frame_is_ever_unaccounted_for(seed: int) -> None:
    """For clients of any kind: received = delivered + dropped + failed + in flight, always."""
    random = Random(seed)
    simulation = Simulation(random.randint(1, 4), seed)
    for number in range(random.randint(1, 8)):
        arrivals_s = random.choice(
            [
                steady(random.uniform(1.0, 60.0)),
                jittered(random.uniform(5.0, 60.0), 15.0, number),
                bursts(random.randint(1, 15), random.uniform(0.05, 1.0)),
            ]
        )
        service = taking(random.choice([1.0, 20.0, 60.0, 300.0, 900.0]), spread=0.5)
        simulation.connect(arrivals_s, service, random.choice([None, 1, 3]))
    for second in range(1, 11):
        simulation.run(float(second))
        for session in simulation.sessions:
            figures = session.figures
            assert figures.balance == 0
            assert 0 <= figures.in_flight <= 11
            assert figures.delivered == len(session.deliveries)
