"""One session's book: what was sent, what came back, how long it took."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.bench.plan import DELIVERED, SessionReport
from tests.bench.wire import Answer


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a run that is measured, in monotonic seconds."""

    start_s: float
    end_s: float

    def __contains__(self, at_s: float) -> bool:
        return self.start_s <= at_s < self.end_s


@dataclass(slots=True)
class Tally:
    """Counts the frames of one session and the answers to them."""

    window: Window
    sent: int = 0
    withheld: int = 0
    unexpected: int = 0
    out_of_order: int = 0
    stats: dict[str, Any] | None = None
    outcomes: Counter[str] = field(default_factory=Counter)
    in_window: Counter[str] = field(default_factory=Counter)
    latency_ms: list[tuple[float, float]] = field(default_factory=list)
    processing_ms: list[float] = field(default_factory=list)
    _due_s: dict[int, float] = field(default_factory=dict)
    _last: int = -1

    def send(self, due_s: float) -> int:
        """A frame goes out that was due at that moment. Returns its number."""
        number = self.sent
        self.sent += 1
        self._due_s[number] = due_s
        return number

    def withhold(self, due_s: float) -> None:
        """A frame that was due did not go out."""
        if due_s in self.window:
            self.withheld += 1

    def answer(self, answer: Answer) -> bool:
        """An answer came in. Returns whether a frame had been waiting for it."""
        now_s = time.monotonic()
        due_s = self._due_s.pop(answer.number, None)
        if due_s is None:
            self.unexpected += 1
            return False
        if answer.outcome == DELIVERED:
            self.out_of_order += answer.number < self._last
            self._last = answer.number
        self.outcomes[answer.outcome] += 1
        if now_s in self.window:
            self._answer_in_window(answer, now_s, due_s)
        return True

    def give_up(self, outcome: str) -> None:
        """What has not been answered became this."""
        self.outcomes[outcome] += len(self._due_s)
        self.in_window[outcome] += sum(due_s in self.window for due_s in self._due_s.values())
        self._due_s.clear()

    def is_settled(self, wants_stats: bool) -> bool:
        """Whether every frame is answered and the server's figures have caught up."""
        told = self.stats is not None and self.stats["received"] == self.sent
        return not self._due_s and (not wants_stats or (told and not self.stats_in_flight))

    @property
    def stats_in_flight(self) -> int:
        """Frames under way by the server's last figures."""
        return int(self.stats["in_flight"]) if self.stats else 0

    def report(self, rate_fps: float) -> SessionReport:
        """The book, closed."""
        return SessionReport(
            rate_fps=rate_fps,
            sent=self.sent,
            withheld=self.withheld,
            outcomes=self.outcomes,
            in_window=self.in_window,
            unanswered=len(self._due_s),
            unexpected=self.unexpected,
            out_of_order=self.out_of_order,
            stats=self.stats,
        )

    def _answer_in_window(self, answer: Answer, now_s: float, due_s: float) -> None:
        self.in_window[answer.outcome] += 1
        if answer.outcome == DELIVERED:
            self.latency_ms.append((now_s - self.window.start_s, (now_s - due_s) * 1000.0))
            self.processing_ms.append(answer.processing_ms)
