"""The frames' way through mailbox, policy and fair queue, in virtual time: no loop, no threads.

The order of events is that of ``FrameRunner`` and ``WorkerPool``: a worker is handed on first,
then the session that had it tells its client, and only then asks for the next turn.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from media.frame import DropCause
from media.mailbox import Mailbox
from processing.deadline import DeadlinePolicy
from processing.fair import FairQueue, Share, Ticket
from processing.ledger import Figures, Ledger
from tests.fakes import ManualClock

TARGET_MS = 200.0
MAILBOX_FRAMES = 10

Service: TypeAlias = Callable[[float, Random], float]
"""How long a frame started at this time (s) occupies a worker, in seconds."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A frame without a picture."""

    arrived_s: float
    size_bytes: int = 1


@dataclass(frozen=True, slots=True)
class Delivery:
    """A frame that came back."""

    at_s: float
    latency_ms: float


class Simulation:
    """``workers`` workers and the sessions that share them, from zero seconds on."""

    def __init__(self, workers: int, seed: int = 1) -> None:
        self.clock = ManualClock()
        self.random = Random(seed)
        self.sessions: list[Session] = []
        self._workers = workers
        self._busy = 0
        self._line = FairQueue()
        self._granted: dict[int, Callable[[Ticket], None]] = {}
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0

    @property
    def pace(self) -> float:
        """See WorkerPool."""
        return max(1.0, (self._busy + len(self._line)) / self._workers)

    def connect(
        self, arrivals_s: Iterable[float], service: Service, window: int | None = None
    ) -> "Session":
        """A client that has a frame at these times, ascending.

        With a ``window`` it sends a frame only while fewer than that many are unanswered.
        """
        session = Session(self, service, window)
        self.sessions.append(session)
        self._next_arrival(session, iter(arrivals_s))
        return session

    def run(self, until_s: float) -> None:
        """Let time pass up to that moment."""
        while self._events and self._events[0][0] <= until_s:
            self.clock.now_s, _, action = heapq.heappop(self._events)
            action()
        self.clock.now_s = until_s

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something later."""
        self._number += 1
        heapq.heappush(self._events, (self.clock.now_s + seconds, self._number, action))

    def ask(self, share: Share, granted: Callable[[Ticket], None]) -> None:
        """Ask for a worker."""
        self._granted[self._line.request(share).number] = granted
        self._grant()

    def release(self, ticket: Ticket, cost_s: float) -> None:
        """Give a worker back, which goes to the next in line before anything else happens."""
        self._line.charge(ticket, cost_s)
        self._busy -= 1
        self._grant()

    def _grant(self) -> None:
        while self._busy < self._workers and (ticket := self._line.grant()) is not None:
            self._busy += 1
            granted = self._granted.pop(ticket.number)
            self.after(0.0, lambda granted=granted, ticket=ticket: granted(ticket))  # type: ignore[misc]

    def _next_arrival(self, session: "Session", arrivals_s: Iterator[float]) -> None:
        moment_s = next(arrivals_s, None)
        if moment_s is None:
            return

        def arrive() -> None:
            self._next_arrival(session, arrivals_s)
            session.arrive()

        self.after(moment_s - self.clock.now_s, arrive)


class Session:
    """One client and its runner."""

    def __init__(self, simulation: Simulation, service: Service, window: int | None) -> None:
        self._simulation = simulation
        self._service = service
        self._window = window
        self._mailbox: Mailbox[Sent] = Mailbox(MAILBOX_FRAMES, 1_000_000)
        self._policy = DeadlinePolicy(TARGET_MS, simulation.clock)
        self._ledger = Ledger(simulation.clock)
        self._share = Share()
        self._is_working = False
        self._held = 0
        self._unanswered = 0
        self.deliveries: list[Delivery] = []

    @property
    def figures(self) -> Figures:
        """The session's figures now."""
        return self._ledger.figures(len(self._mailbox) + self._held)

    def latencies_ms(self, from_s: float = 0.0, to_s: float = float("inf")) -> list[float]:
        """How long the frames took that came back in this span of time, ascending."""
        return sorted(d.latency_ms for d in self.deliveries if from_s <= d.at_s < to_s)

    def arrive(self) -> None:
        """The camera has a picture."""
        if self._window is not None and self._unanswered >= self._window:
            return
        self._unanswered += 1
        self._ledger.received()
        for _ in self._mailbox.put(Sent(self._simulation.clock.now_s)):
            self._ledger.dropped(DropCause.OVERFLOW)
            self._unanswered -= 1
        self._go_on()

    def _go_on(self) -> None:
        if self._is_working:
            return
        if self._mailbox:
            self._is_working = True
            self._simulation.ask(self._share, self._take_turn)
        else:
            self._policy.idle()

    def _take_turn(self, ticket: Ticket) -> None:
        arrivals_s = [frame.arrived_s for frame in self._mailbox]
        causes = self._policy.choose(arrivals_s, self._simulation.pace)
        for cause in causes:
            self._mailbox.take()
            self._ledger.dropped(cause)
        frame, cost_s = None, 0.0
        if self._mailbox:
            self._held, frame = 1, self._mailbox.take()
            cost_s = self._service(self._simulation.clock.now_s, self._simulation.random)
        # The client hears of the drops when the turn is over, as in FrameRunner.
        self._simulation.after(cost_s, lambda: self._end_turn(ticket, frame, len(causes), cost_s))

    def _end_turn(self, ticket: Ticket, frame: Sent | None, drops: int, cost_s: float) -> None:
        self._simulation.release(ticket, cost_s)
        self._unanswered -= drops
        if frame is not None:
            self._deliver(frame, cost_s)
        self._is_working = False
        assert self.figures.balance == 0, "a frame is unaccounted for"
        self._go_on()

    def _deliver(self, frame: Sent, cost_s: float) -> None:
        now_s = self._simulation.clock.now_s
        self._policy.record(cost_s * 1000.0)
        self._held = 0
        self._unanswered -= 1
        self._ledger.delivered(frame.arrived_s)
        self.deliveries.append(Delivery(now_s, (now_s - frame.arrived_s) * 1000.0))


def steady(fps: float, phase_s: float = 0.0) -> Iterator[float]:
    """A frame every 1 / fps seconds."""
    number = 0
    while True:
        yield phase_s + number / fps
        number += 1


def jittered(fps: float, jitter_ms: float, seed: int) -> Iterator[float]:
    """Steady, but each frame is up to ``jitter_ms`` early or late; none overtakes another."""
    random = Random(seed)
    last_s = 0.0
    for due_s in steady(fps, jitter_ms / 1000.0):
        last_s = max(last_s, due_s + random.uniform(-jitter_ms, jitter_ms) / 1000.0)
        yield last_s


def bursts(frames: int, interval_s: float) -> Iterator[float]:
    """That many frames at once, again and again."""
    for moment_s in steady(1.0 / interval_s):
        yield from [moment_s] * frames


def taking(mean_ms: float, spread: float = 0.1) -> Service:
    """A service time that varies evenly by that share around its mean."""

    def service(_: float, random: Random) -> float:
        return mean_ms * random.uniform(1.0 - spread, 1.0 + spread) / 1000.0

    return service
