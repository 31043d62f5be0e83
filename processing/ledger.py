"""A session's figures: what came, what went, what was dropped and why, how long it took."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from media.clock import Clock
from media.frame import DropCause
from processing.tally import NOBODY, Tally

LATENCY_WINDOW_S = 10.0
"""Percentiles are over the frames delivered within this time."""
RATE_WINDOW_S = 2.0
"""Frames a second are counted over this time: long enough not to flicker at 5 frames/s."""
MAX_REMEMBERED = 1024
"""Deliveries kept for the windows: ten seconds at more than 100 frames/s."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A snapshot. received = delivered + all of dropped + failed + in_flight, always."""

    received: int
    delivered: int
    dropped: Mapping[DropCause, int]
    failed: int
    in_flight: int
    fps: float
    p50_ms: float
    p95_ms: float
    average_latency_ms: float

    @property
    def dropped_total(self) -> int:
        """Dropped frames of all causes."""
        return sum(self.dropped.values())

    @property
    def balance(self) -> int:
        """Frames unaccounted for: zero, or the counters lie."""
        accounted = self.delivered + self.dropped_total + self.failed + self.in_flight
        return self.received - accounted


class Ledger:
    """Counts one session's frames, and tells a tally. Latency runs from arrival to the result being
    sent."""

    def __init__(self, clock: Clock, tally: Tally = NOBODY) -> None:
        self._clock = clock
        self._tally = tally
        self._opened_s = clock.monotonic()
        self._received = 0
        self._delivered = 0
        self._failed = 0
        self._dropped = dict.fromkeys(DropCause, 0)
        self._latency_sum_ms = 0.0
        self._recent: deque[tuple[float, float]] = deque(maxlen=MAX_REMEMBERED)

    def received(self) -> None:
        """A frame has arrived."""
        self._received += 1
        self._tally.received()

    def delivered(self, arrived_s: float) -> None:
        """A frame's result has been sent."""
        now_s = self._clock.monotonic()
        latency_ms = (now_s - arrived_s) * 1000.0
        self._delivered += 1
        self._tally.delivered(now_s - arrived_s)
        self._latency_sum_ms += latency_ms
        self._recent.append((now_s, latency_ms))

    def dropped(self, cause: DropCause) -> None:
        """A frame was given up before it was decoded."""
        self._dropped[cause] += 1
        self._tally.dropped(cause)

    def failed(self) -> None:
        """A frame could not be processed."""
        self._failed += 1
        self._tally.failed()

    def figures(self, in_flight: int) -> Figures:
        """The figures now; ``in_flight`` is counted by whoever holds the frames."""
        now_s = self._clock.monotonic()
        latencies = sorted(ms for at_s, ms in self._recent if now_s - at_s <= LATENCY_WINDOW_S)
        return Figures(
            received=self._received,
            delivered=self._delivered,
            dropped=dict(self._dropped),
            failed=self._failed,
            in_flight=in_flight,
            fps=self._fps(now_s),
            p50_ms=percentile(latencies, 0.50),
            p95_ms=percentile(latencies, 0.95),
            average_latency_ms=self._latency_sum_ms / self._delivered if self._delivered else 0.0,
        )

    def _fps(self, now_s: float) -> float:
        span_s = min(RATE_WINDOW_S, now_s - self._opened_s)
        if span_s <= 0.0:
            return 0.0
        return sum(1 for at_s, _ in self._recent if now_s - at_s <= span_s) / span_s


def percentile(ordered: list[float], share: float) -> float:
    """The nearest-rank percentile of an ascending list; 0 for an empty one."""
    if not ordered:
        return 0.0
    return ordered[max(0, ceil(share * len(ordered)) - 1)]
