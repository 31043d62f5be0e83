"""One session's runner with a worker, a sink and a clock, as the tests of the runner need it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from media.frame import DropCause, EncodedFrame
from media.mailbox import Mailbox
from processing.deadline import DeadlinePolicy
from processing.fair import Share
from processing.pool import WorkerPool
from processing.runner import FrameRunner
from tests.fakes import Gate, ManualClock, RecordingSink

MAX_FRAMES = 3
MAX_BYTES = 100


class CountingTally:
    """A tally that can be compared with the session's own figures."""

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self.latencies_s: list[float] = []

    def received(self) -> None:
        """See Tally."""
        self.counts["received"] += 1

    def delivered(self, latency_s: float) -> None:
        """See Tally."""
        self.counts["delivered"] += 1
        self.latencies_s.append(latency_s)

    def dropped(self, cause: DropCause) -> None:
        """See Tally."""
        self.counts[cause] += 1

    def failed(self) -> None:
        """See Tally."""
        self.counts["failed"] += 1


class RunnerScene:
    """A runner with workers of its own, a sink that writes down, and a clock that stands."""

    def __init__(self, *, max_bytes: int = MAX_BYTES, workers: int = 1) -> None:
        self.clock = ManualClock(100.0)
        self.pool = WorkerPool(workers, self.clock)
        self.prepared: list[int] = []
        self.sink = RecordingSink()
        self.tally = CountingTally()
        self.gates: dict[str, Gate] = {}
        self.errors: dict[str, Exception] = {}
        self.takes_s = 0.0
        self.pressures: list[float] = []
        self.runner: FrameRunner[EncodedFrame, str] = FrameRunner(
            mailbox=Mailbox(MAX_FRAMES, max_bytes),
            policy=DeadlinePolicy(200.0, self.clock),
            pool=self.pool,
            share=Share(),
            render=self._render,
            sink=self.sink,
            clock=self.clock,
            prepare=lambda: self.prepared.append(len(self.sink.told)),
            tally=self.tally,
        )
        self.running: asyncio.Task[None] | None = None

    def start(self) -> "asyncio.Task[None]":
        """Let the runner run."""
        self.running = asyncio.create_task(self.runner.run())
        return self.running

    async def offer(self, *names: str, size_bytes: int = 1) -> None:
        """Frames arrive now."""
        for name in names:
            now_s = self.clock.monotonic()
            await self.runner.offer(EncodedFrame(name, b"x" * size_bytes, now_s))

    def hold(self, name: str) -> Gate:
        """Keep this frame on its worker until the gate is opened."""
        return self.gates.setdefault(name, Gate())

    async def finish(self) -> None:
        """Close, and wait until all is worked off."""
        self.runner.close()
        assert self.running is not None
        await self.running

    async def cancel(self) -> None:
        """Cancel the runner, as when a session ends."""
        assert self.running is not None
        self.running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.running

    def assert_balanced(self, *, in_flight: int | None = None) -> None:
        """No frame is unaccounted for, in this very moment, by the session or by the tally."""
        figures = self.runner.figures()
        assert figures.balance == 0, figures
        assert figures.in_flight == self.runner.in_flight
        told = Counter[str]({cause.value: count for cause, count in figures.dropped.items()})
        told.update(received=figures.received, delivered=figures.delivered, failed=figures.failed)
        assert self.tally.counts == told
        if in_flight is not None:
            assert figures.in_flight == in_flight

    def _render(self, frame: EncodedFrame, pressure: float) -> str:
        self.pressures.append(pressure)
        self.clock.advance(self.takes_s)
        if frame.frame_id in self.gates:
            self.gates[frame.frame_id]()
        if frame.frame_id in self.errors:
            raise self.errors[frame.frame_id]
        return frame.frame_id.upper()


@asynccontextmanager
async def runner_scene(
    *, max_bytes: int = MAX_BYTES, workers: int = 1
) -> AsyncIterator[RunnerScene]:
    """A scene that is cleared away when the block is left, whatever still waits in it."""
    scene = RunnerScene(max_bytes=max_bytes, workers=workers)
    yield scene
    for gate in scene.gates.values():
        gate.open()
    if scene.running is not None:
        scene.running.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await scene.running
    await scene.pool.close(5.0)
