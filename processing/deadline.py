"""Which waiting frame to process next, and which to drop and why: a pure decision.

The rules of the report's section 3.5 (stale, overload) and two of our own. ``late`` predicts, from
the recent processing times and the frames in front, whether a frame can still be delivered within
the target. ``superseded`` tells a burst from a standing queue, as CoDel does for packets (Nichols
and Jacobson, "Controlling Queue Delay", 2012): a burst drains and is worth waiting for; a backlog
that has not drained for a whole target is delay and nothing else, so from then on only the newest
frame is taken, until the session has been idle once.

Everything is dropped from the old end, so a decision is how many of the oldest go, and why.
"""

from collections import deque
from collections.abc import Sequence

from media.clock import Clock
from media.frame import DropCause

RECENT_TIMES = 10
"""How many processing times are averaged (section 3.5)."""
OVERLOAD_MIN_TIMES = 5
"""With fewer times than this nothing is called an overload (section 3.5)."""
OVERLOAD_MAX_WAITING = 5
"""An overloaded session keeps this many frames waiting behind the next one (section 3.5)."""
STALE_TARGETS = 2.0
"""A frame older than this many targets is stale (section 3.5)."""
PROBE_TARGETS = 0.5
"""A frame that will be late anyway is still worth it if it waited no longer than this."""
STARVING_TARGETS = 5.0
"""A session all of whose frames were dropped for so long takes a late one, if it is not stale."""


class DeadlinePolicy:
    """Keeps one session's pictures fresh. Times in milliseconds, the clock is handed in."""

    def __init__(self, target_ms: float, clock: Clock) -> None:
        if target_ms <= 0:
            raise ValueError("the target latency must be above zero")
        self._target_ms = target_ms
        self._clock = clock
        self._times_ms: deque[float] = deque(maxlen=RECENT_TIMES)
        self._backlog_since_s: float | None = None
        self._started_s = -float("inf")
        self._hungry_since_s: float | None = None

    @property
    def mean_ms(self) -> float:
        """Mean of the recent processing times; 0 before the first."""
        return sum(self._times_ms) / len(self._times_ms) if self._times_ms else 0.0

    def record(self, processing_ms: float) -> None:
        """Remember how long a frame took on its worker."""
        self._times_ms.append(processing_ms)

    def idle(self) -> None:
        """Nothing waits: whatever backlog there was has drained."""
        self._backlog_since_s = None

    def choose(self, arrivals_s: Sequence[float], pace: float = 1.0) -> tuple[DropCause, ...]:
        """Why each of the oldest frames is dropped; the frame after them is to be processed.

        ``arrivals_s`` are the arrival times of the waiting frames, the oldest first. ``pace`` (at
        least 1) is how many processing times pass between two turns of this session, since other
        sessions want the workers too. The answer is as long as ``arrivals_s`` when none is left.
        """
        now_s = self._clock.monotonic()
        ages_ms = [(now_s - arrived_s) * 1000.0 for arrived_s in arrivals_s]
        drops: list[DropCause] = []
        self._drop_stale(ages_ms, drops)
        self._drop_overload(ages_ms, drops)
        self._drop_superseded(ages_ms, drops, now_s)
        self._drop_late(ages_ms, drops, max(1.0, pace), now_s)
        if len(drops) < len(ages_ms):
            self._started_s, self._hungry_since_s = now_s, None
        elif self._hungry_since_s is None and arrivals_s:
            self._hungry_since_s = now_s
        return tuple(drops)

    def _drop_stale(self, ages_ms: Sequence[float], drops: list[DropCause]) -> None:
        limit_ms = STALE_TARGETS * self._target_ms
        while len(drops) < len(ages_ms) and ages_ms[len(drops)] > limit_ms:
            drops.append(DropCause.STALE)

    def _drop_overload(self, ages_ms: Sequence[float], drops: list[DropCause]) -> None:
        enough = len(self._times_ms) >= OVERLOAD_MIN_TIMES
        if enough and self.mean_ms > self._target_ms:
            behind = len(ages_ms) - len(drops) - 1
            surplus = behind - OVERLOAD_MAX_WAITING
            drops.extend([DropCause.OVERLOAD] * max(0, surplus))

    def _drop_superseded(
        self, ages_ms: Sequence[float], drops: list[DropCause], now_s: float
    ) -> None:
        behind = len(ages_ms) - len(drops) - 1
        if behind < 1:
            return
        if self._backlog_since_s is None:
            self._backlog_since_s = now_s
        if (now_s - self._backlog_since_s) * 1000.0 > self._target_ms:
            drops.extend([DropCause.SUPERSEDED] * behind)

    def _drop_late(
        self, ages_ms: Sequence[float], drops: list[DropCause], pace: float, now_s: float
    ) -> None:
        while len(drops) < len(ages_ms) and self._is_late(ages_ms, len(drops), pace):
            is_newest = len(drops) == len(ages_ms) - 1
            if is_newest and (self._may_probe(ages_ms[-1], now_s) or self._is_starving(now_s)):
                return
            drops.append(DropCause.LATE)

    def _is_late(self, ages_ms: Sequence[float], front: int, pace: float) -> bool:
        """Whether taking this one would make it, or the newest behind it, miss the target."""
        mean_ms = self.mean_ms
        behind = len(ages_ms) - front - 1
        own_ms = ages_ms[front] + mean_ms
        newest_ms = ages_ms[-1] + mean_ms * pace * behind + mean_ms
        return max(own_ms, newest_ms) > self._target_ms

    def _may_probe(self, age_ms: float, now_s: float) -> bool:
        """A late picture beats a frozen one, and only trying shows that the work got cheaper."""
        is_fresh = age_ms <= PROBE_TARGETS * self._target_ms
        return is_fresh and (now_s - self._started_s) * 1000.0 > self._target_ms

    def _is_starving(self, now_s: float) -> bool:
        if self._hungry_since_s is None:
            return False
        return (now_s - self._hungry_since_s) * 1000.0 > STARVING_TARGETS * self._target_ms
