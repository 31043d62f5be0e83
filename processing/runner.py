"""Moves one session's frames: mailbox, policy, worker, sink. Knows no transport and no codec."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from media.clock import Clock
from media.frame import DropCause
from media.mailbox import Mailbox, Waiting
from processing.deadline import DeadlinePolicy
from processing.fair import Share
from processing.ledger import Figures, Ledger
from processing.load import LoadMeter
from processing.pool import WorkerPool
from processing.tally import NOBODY, Tally
from processing.watch import UNWATCHED, Steps, Watch

F = TypeVar("F", bound=Waiting)
R = TypeVar("R")
F_contra = TypeVar("F_contra", bound=Waiting, contravariant=True)
R_contra = TypeVar("R_contra", contravariant=True)


class Sink(Protocol[F_contra, R_contra]):
    """Where a session's outcomes go: exactly one call for every frame that was let in."""

    async def delivered(self, frame: F_contra, result: R_contra, processing_ms: float) -> None:
        """Send the result; the frame counts as delivered when this returns."""
        ...

    async def dropped(self, frame: F_contra, cause: DropCause) -> None:
        """Tell the client that this frame was given up."""
        ...

    async def failed(self, frame: F_contra, error: Exception) -> None:
        """Tell the client that this frame could not be processed."""
        ...


@dataclass(frozen=True, slots=True)
class _Outcome(Generic[R]):
    """What became of a frame on its worker: the result, and the time it took from then on."""

    result: R
    started_s: float
    processing_ms: float


@dataclass(frozen=True, slots=True)
class _Failure:
    """What a frame's processing raised, and the time it took from then on."""

    error: Exception
    started_s: float
    processing_ms: float


class FrameRunner(Generic[F, R]):
    """Processes a session's frames one after the other, as fresh as the workers allow.

    ``render`` is called on a worker with the frame and the pressure: how hard it is to keep up for
    this session (see LoadMeter) or for all together (see Saturation), whichever is harder;
    ``prepare``, if there is one, on a worker that is idle when a frame comes while another one is
    processed. The ``tally`` is told of every frame, the ``watch`` of those that it wants.
    """

    def __init__(
        self,
        *,
        mailbox: Mailbox[F],
        policy: DeadlinePolicy,
        pool: WorkerPool,
        share: Share,
        render: Callable[[F, float], R],
        sink: Sink[F, R],
        clock: Clock,
        prepare: Callable[[], None] | None = None,
        tally: Tally = NOBODY,
        watch: Watch[F, R] = UNWATCHED,
    ) -> None:
        self._mailbox = mailbox
        self._policy = policy
        self._pool = pool
        self._share = share
        self._render = render
        self._sink = sink
        self._clock = clock
        self._prepare = prepare
        self._watch = watch
        self._came = asyncio.Event()
        self._ledger = Ledger(clock, tally)
        self._load = LoadMeter()
        self._wake = asyncio.Event()
        self._closing = False
        self._held = 0

    @property
    def in_flight(self) -> int:
        """Frames that wait or are worked on."""
        return len(self._mailbox) + self._held

    def figures(self) -> Figures:
        """The session's figures now."""
        return self._ledger.figures(self.in_flight)

    async def offer(self, frame: F) -> None:
        """Let a frame in; the oldest that wait leave for it. Never waits for processing."""
        self._ledger.received()
        self._load.arrived(frame.arrived_s)
        if self._closing:
            await self._drop([frame], DropCause.CLOSED)
            return
        evicted = self._mailbox.put(frame)
        self._wake.set()
        self._came.set()
        await self._drop(evicted, DropCause.OVERFLOW)

    async def refuse(self, frame: F, cause: DropCause) -> None:
        """Count a frame that is not let in at all."""
        self._ledger.received()
        await self._drop([frame], cause)

    def close(self) -> None:
        """Let nothing more in; ``run`` ends when what waits has been worked off."""
        self._closing = True
        self._wake.set()

    async def run(self) -> None:
        """Work until closed and empty. When cancelled, what waits is counted as ``closed``."""
        ahead = asyncio.create_task(self._look_ahead())
        try:
            while await self._has_frames():
                await self._take_turn()
        finally:
            ahead.cancel()
            self._abandon()
            await asyncio.wait([ahead])

    async def _look_ahead(self) -> None:
        """Prepare frames that wait for one that is processed, while a worker has nothing to do."""
        while self._prepare is not None:
            await self._came.wait()
            self._came.clear()
            if self._held and self._mailbox and self._pool.is_free:
                async with self._pool.turn(self._share) as turn:
                    await turn.run(self._prepare)

    async def _has_frames(self) -> bool:
        while not self._mailbox and not self._closing:
            self._policy.idle()
            self._wake.clear()
            await self._wake.wait()
        return len(self._mailbox) > 0

    async def _take_turn(self) -> None:
        """Wait for a worker, then decide: only then is it known what is still fresh."""
        asked_s = self._clock.monotonic()
        async with self._pool.turn(self._share) as turn:
            gone = self._give_up()
            frame = self._take()
            pressure = max(self._load.pressure, self._pool.saturation)
            outcome = await turn.run(self._attempt, frame, pressure) if frame is not None else None
        self._load.worked(self._clock.monotonic() - asked_s)
        for dropped, cause in gone:
            self._look_at_dropped(dropped, cause)
            await self._sink.dropped(dropped, cause)
        if frame is not None and outcome is not None:
            await self._hand_over(frame, outcome)

    def _give_up(self) -> list[tuple[F, DropCause]]:
        arrivals_s = [frame.arrived_s for frame in self._mailbox]
        causes = self._policy.choose(arrivals_s, self._pool.pace)
        for cause in causes:
            self._ledger.dropped(cause)
        return [(self._mailbox.take(), cause) for cause in causes]

    def _take(self) -> F | None:
        if not self._mailbox:
            return None
        self._held = 1
        return self._mailbox.take()

    def _attempt(self, frame: F, pressure: float) -> _Outcome[R] | _Failure:
        """On the worker. What an engine raises is the fault of one frame, not of the session."""
        started_s = self._clock.monotonic()
        try:
            result = self._render(frame, pressure)
        except Exception as error:
            return _Failure(error, started_s, (self._clock.monotonic() - started_s) * 1000.0)
        return _Outcome(result, started_s, (self._clock.monotonic() - started_s) * 1000.0)

    async def _hand_over(self, frame: F, outcome: _Outcome[R] | _Failure) -> None:
        self._policy.record(outcome.processing_ms)
        handed_s = self._clock.monotonic() if self._watch.wants() else None
        if isinstance(outcome, _Failure):
            self._held = 0
            self._ledger.failed()
            await self._sink.failed(frame, outcome.error)
        else:
            await self._sink.delivered(frame, outcome.result, outcome.processing_ms)
            self._held = 0
            self._ledger.delivered(frame.arrived_s)
        if handed_s is not None:
            self._look_back(frame, outcome, handed_s)

    def _look_back(self, frame: F, outcome: _Outcome[R] | _Failure, handed_s: float) -> None:
        """At a frame that has just been sent, or refused."""
        processed_s = outcome.started_s + outcome.processing_ms / 1000.0
        steps = Steps(outcome.started_s, processed_s, handed_s, self._clock.monotonic())
        if isinstance(outcome, _Failure):
            self._watch.failed(frame, outcome.error, steps)
        else:
            self._watch.delivered(frame, outcome.result, steps)

    async def _drop(self, frames: Sequence[F], cause: DropCause) -> None:
        for _ in frames:
            self._ledger.dropped(cause)
        for frame in frames:
            self._look_at_dropped(frame, cause)
            await self._sink.dropped(frame, cause)

    def _look_at_dropped(self, frame: F, cause: DropCause) -> None:
        if self._watch.wants():
            self._watch.dropped(frame, cause, self._clock.monotonic())

    def _abandon(self) -> None:
        self._closing = True
        for _ in range(self.in_flight):
            self._ledger.dropped(DropCause.CLOSED)
        self._held = 0
        while self._mailbox:
            self._mailbox.take()
