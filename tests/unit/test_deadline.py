"""The drop policy, rule by rule, at its exact borders, and for traffic made at random."""

from collections.abc import Sequence
from random import Random

import pytest

from media.frame import DropCause
from processing.deadline import DeadlinePolicy
from tests.fakes import ManualClock

_TARGET_MS = 256.0
"""A power of two, and ages in 1 / 1024 s, so that sums and borders are exact."""
_TICK_MS = 1000.0 / 1024.0

_STALE, _OVERLOAD = DropCause.STALE, DropCause.OVERLOAD
_LATE, _SUPERSEDED = DropCause.LATE, DropCause.SUPERSEDED


class _Scene:
    """A policy, its clock, and frames given by their ages."""

    def __init__(self, target_ms: float = _TARGET_MS, *times_ms: float) -> None:
        self.clock = ManualClock(1024.0)
        self.policy = DeadlinePolicy(target_ms, self.clock)
        for time_ms in times_ms:
            self.policy.record(time_ms)

    def choose(self, *ages_ms: float, pace: float = 1.0) -> list[DropCause]:
        """What becomes of frames of these ages, the oldest first."""
        now_s = self.clock.now_s
        return list(self.policy.choose([now_s - age / 1000.0 for age in ages_ms], pace))

    def wait(self, ms: float) -> None:
        """Let time pass."""
        self.clock.advance(ms / 1000.0)


def _ticks(number: float) -> float:
    """Milliseconds whose seconds are a binary fraction, so that no rounding blurs a border."""
    return number * _TICK_MS


_EXACT_MS = _ticks(256)
"""A target of exactly a quarter of a second."""


def test_target_must_be_above_zero() -> None:
    """A target of no time at all is refused."""
    with pytest.raises(ValueError, match="above zero"):
        DeadlinePolicy(0.0, ManualClock())


def test_nothing_waiting_nothing_dropped() -> None:
    """With no frames there is no decision, and it is not taken for a start."""
    scene = _Scene(_EXACT_MS, _ticks(300))
    assert scene.choose() == []
    assert scene.choose(0.0) == []


def test_fresh_frame_goes_on() -> None:
    """A fresh frame alone is taken, before any processing time is known."""
    assert _Scene().choose(0.0) == []


def test_mean_is_of_the_last_ten() -> None:
    """The mean is 0 before the first time, and forgets all but the last ten."""
    scene = _Scene()
    assert scene.policy.mean_ms == 0.0
    for time_ms in [1000.0] * 5 + [10.0] * 9 + [20.0]:
        scene.policy.record(time_ms)
    assert scene.policy.mean_ms == 11.0


# -- stale --------------------------------------------------------------------------------------


def test_stale_above_twice_the_target() -> None:
    """A frame of exactly twice the target is not stale yet; the least bit older is."""
    at_border = _Scene(_EXACT_MS).choose(_ticks(512))
    above = _Scene(_EXACT_MS).choose(_ticks(512.5))
    assert _STALE not in at_border
    assert above == [_STALE]


def test_stale_even_when_it_is_the_last() -> None:
    """Stale frames go even if nothing is left: nobody wants to see them."""
    assert _Scene().choose(900.0, 800.0, 700.0) == [_STALE] * 3


def test_only_the_stale_end_is_stale() -> None:
    """Fresh frames behind stale ones are kept."""
    assert _Scene().choose(900.0, 10.0) == [_STALE]


# -- overload -----------------------------------------------------------------------------------


def _slow(times: int, mean_ms: float) -> _Scene:
    return _Scene(_EXACT_MS, *[mean_ms] * times)


def test_overload_keeps_five() -> None:
    """Slower than the target with eight waiting: two go, five stay behind the next one."""
    drops = _slow(5, _ticks(257)).choose(*[0.0] * 8)
    assert drops[:2] == [_OVERLOAD] * 2
    assert drops.count(_OVERLOAD) == 2


@pytest.mark.parametrize(
    ("times", "mean_ticks", "waiting"),
    [(4, 300, 9), (5, 256, 9), (5, 300, 6), (0, 0, 9)],
    ids=["four times only", "exactly the target", "five behind the next", "no times"],
)
def test_no_overload_at_the_borders(times: int, mean_ticks: float, waiting: int) -> None:
    """Too few times, a mean of exactly the target, or just five behind the next are no overload."""
    drops = _slow(times, _ticks(mean_ticks)).choose(*[0.0] * waiting)
    assert _OVERLOAD not in drops


def test_stale_frames_do_not_count_as_waiting() -> None:
    """The five that an overload keeps are counted after the stale ones have gone."""
    drops = _slow(5, _ticks(300)).choose(900.0, 900.0, *[0.0] * 7)
    assert drops[:3] == [_STALE, _STALE, _OVERLOAD]
    assert drops.count(_OVERLOAD) == 1


# -- late ---------------------------------------------------------------------------------------


def test_late_by_its_own_age() -> None:
    """A frame that will be back exactly at the target is taken; one tick more and it is late."""
    for age_ticks, expected in ((156, []), (157, [_LATE])):
        scene = _Scene(_EXACT_MS, _ticks(100))
        scene.choose(0.0)
        assert scene.choose(_ticks(age_ticks)) == expected


def test_late_for_the_newest_behind_it() -> None:
    """A frame goes if the newest, processed after all in front of it, would miss the target."""
    scene = _Scene(_EXACT_MS, _ticks(64))
    assert scene.choose(*[0.0] * 4) == []
    assert scene.choose(*[0.0] * 5) == [_LATE]
    assert scene.choose(_ticks(2), *[_ticks(1)] * 3) == [_LATE]


def test_pace_stretches_the_time_in_front() -> None:
    """Where others take turns between, the frames in front of the newest take ``pace`` as long."""
    scene = _Scene(_EXACT_MS, _ticks(64))
    assert scene.choose(0.0, 0.0, pace=3.0) == []
    assert scene.choose(0.0, 0.0, pace=3.0625) == [_LATE]
    assert scene.choose(0.0, pace=1000.0) == []


def test_pace_below_one_counts_as_one() -> None:
    """A session cannot be faster than alone."""
    scene = _Scene(_EXACT_MS, _ticks(64))
    assert scene.choose(*[0.0] * 5, pace=0.0) == [_LATE]


def test_the_newest_is_the_one_kept() -> None:
    """However many must go, what goes on is the newest."""
    scene = _Scene(_EXACT_MS, _ticks(200))
    assert scene.choose(*[_ticks(9 - number) for number in range(10)]) == [_LATE] * 9


# -- probe --------------------------------------------------------------------------------------


def test_first_frame_is_a_probe() -> None:
    """A late frame is processed if none has been before: nothing else would show how long."""
    scene = _Scene(_EXACT_MS, _ticks(300))
    assert scene.choose(0.0) == []


def test_probe_once_a_target() -> None:
    """The newest, though late, is tried when the last start is longer ago than the target."""
    scene = _Scene(_EXACT_MS, _ticks(300))
    scene.choose(0.0)
    scene.wait(_EXACT_MS)
    assert scene.choose(0.0) == [_LATE]
    scene.wait(_ticks(0.5))
    assert scene.choose(_ticks(1), 0.0) == [_LATE]
    assert scene.choose(0.0) == [_LATE]


def test_probe_is_never_stale() -> None:
    """What is too old to be shown is not tried either."""
    scene = _Scene(_EXACT_MS, _ticks(300))
    scene.choose(0.0)
    scene.wait(10_000.0)
    assert scene.choose(_ticks(600)) == [_STALE]


def test_probe_is_fresh() -> None:
    """A late frame is tried if it waited for half the target at most: a fresher one will come."""
    for age_ticks, expected in ((128, []), (129, [_LATE])):
        assert _Scene(_EXACT_MS, _ticks(300)).choose(_ticks(age_ticks)) == expected


def test_starving_session_gets_its_newest() -> None:
    """After five targets of turns with nothing fresh the newest is taken, late as it is."""
    scene = _Scene(_EXACT_MS, _ticks(300))
    for _ in range(5):
        assert scene.choose(_ticks(200)) == [_LATE]
        scene.wait(_ticks(250))
    scene.wait(_ticks(31))
    assert scene.choose(_ticks(200)) == []
    assert scene.choose(_ticks(200)) == [_LATE]


def test_dropping_all_is_no_start() -> None:
    """A turn in which nothing was left does not put the next probe off."""
    scene = _Scene(_EXACT_MS, _ticks(300))
    scene.choose(0.0)
    scene.wait(_ticks(200))
    assert scene.choose(0.0) == [_LATE]
    scene.wait(_ticks(57))
    assert scene.choose(0.0) == []


# -- superseded ---------------------------------------------------------------------------------


def test_burst_is_worth_waiting_for() -> None:
    """A backlog younger than the target, or exactly as old, is worked off in order."""
    scene = _Scene(_EXACT_MS)
    assert scene.choose(_ticks(1), 0.0) == []
    scene.wait(_EXACT_MS)
    assert scene.choose(_ticks(1), 0.0) == []


def test_standing_queue_is_skipped() -> None:
    """A backlog that has stood for longer than the target leaves its newest only."""
    scene = _Scene(_EXACT_MS)
    scene.choose(_ticks(1), 0.0)
    scene.wait(_ticks(257))
    assert scene.choose(_ticks(2), _ticks(1), 0.0) == [_SUPERSEDED] * 2
    assert scene.choose(_ticks(1), 0.0) == [_SUPERSEDED]


def test_one_frame_alone_does_not_end_a_backlog() -> None:
    """A turn with nothing behind its frame changes nothing: only ``idle`` says it has drained."""
    scene = _Scene(_EXACT_MS)
    scene.choose(_ticks(1), 0.0)
    scene.wait(_ticks(257))
    assert scene.choose(0.0) == []
    assert scene.choose(_ticks(1), 0.0) == [_SUPERSEDED]


def test_idle_ends_a_backlog() -> None:
    """Once nothing waited, the next backlog is a new burst."""
    scene = _Scene(_EXACT_MS)
    scene.choose(_ticks(1), 0.0)
    scene.wait(_ticks(257))
    scene.policy.idle()
    assert scene.choose(_ticks(1), 0.0) == []
    scene.wait(_ticks(256))
    assert scene.choose(_ticks(1), 0.0) == []
    scene.wait(_ticks(1))
    assert scene.choose(_ticks(1), 0.0) == [_SUPERSEDED]


def test_one_frame_is_no_backlog() -> None:
    """A frame alone starts no backlog, however long frames come alone."""
    scene = _Scene(_EXACT_MS)
    for _ in range(5):
        assert scene.choose(0.0) == []
        scene.wait(_ticks(100))
    assert scene.choose(_ticks(1), 0.0) == []


def test_causes_come_in_the_order_of_the_rules() -> None:
    """In one decision the oldest are stale, then overload, then superseded."""
    scene = _Scene(_EXACT_MS, *[_ticks(300)] * 5)
    scene.choose(_ticks(1), 0.0)
    scene.wait(_ticks(300))
    drops = scene.choose(900.0, *[_ticks(8 - number) for number in range(7)])
    assert drops == [_STALE] + [_OVERLOAD] + [_SUPERSEDED] * 5


# -- any traffic --------------------------------------------------------------------------------


def _check_decision(
    scene: _Scene, ages_ms: Sequence[float], drops: Sequence[DropCause], since_start_ms: float
) -> None:
    """What must hold of every decision."""
    assert len(drops) <= len(ages_ms)
    order = [_STALE, _OVERLOAD, _SUPERSEDED, _LATE]
    assert list(drops) == sorted(drops, key=order.index), "the rules are applied in one order"
    stale = sum(age > 2.0 * _TARGET_MS for age in ages_ms)
    assert all(cause is _STALE for cause in drops[:stale])
    assert drops.count(_STALE) <= stale
    if ages_ms and len(drops) == len(ages_ms) > stale:
        may_probe = since_start_ms > _TARGET_MS and ages_ms[-1] <= 0.5 * _TARGET_MS
        is_late = ages_ms[-1] + scene.policy.mean_ms > _TARGET_MS
        assert is_late, "the newest was neither stale nor late"
        assert not may_probe, "a fresh newest was not even tried"


@pytest.mark.parametrize("seed", range(50))
def test_decisions_hold_for_any_traffic(seed: int) -> None:
    """Drops are a prefix, and the newest survives unless it is stale, or late and no probe."""
    random = Random(seed)
    scene, started_s = _Scene(), -float("inf")
    for _ in range(200):
        ages_ms = [random.uniform(0, 600) for _ in range(random.randint(0, 12))]
        ages_ms.sort(reverse=True)
        drops = scene.choose(*ages_ms, pace=random.uniform(0.5, 8.0))
        _check_decision(scene, ages_ms, drops, (scene.clock.now_s - started_s) * 1000.0)
        if len(drops) < len(ages_ms):
            started_s = scene.clock.now_s
        if random.random() < 0.5:
            scene.policy.record(random.uniform(1.0, 400.0))
        if random.random() < 0.2:
            scene.policy.idle()
        scene.wait(random.choice([0.0, 5.0, 60.0, 300.0]))


@pytest.mark.parametrize("seed", range(20))
def test_fast_enough_drops_nothing(seed: int) -> None:
    """Frames that come alone to a worker that is fast enough are never dropped."""
    random = Random(seed)
    scene = _Scene()
    for _ in range(200):
        assert scene.choose(random.uniform(0.0, _TARGET_MS / 2.0)) == []
        scene.policy.record(random.uniform(0.0, _TARGET_MS / 2.0))
        scene.policy.idle()
        scene.wait(random.uniform(0.0, 100.0))
