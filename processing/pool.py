"""The workers: a thread pool of the size of the machine, handed out turn by turn.

OpenCV, libjpeg-turbo and onnxruntime release the interpreter's lock, so threads use all cores and
a picture is never copied between processes. Should an engine ever hold the lock, a process pool
takes the executor's place here and nowhere else: ``Turn.run`` would then send its call to the
process that keeps this session's styler, and the picture through shared memory.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar

import structlog

from media.clock import Clock
from processing.fair import FairQueue, Share, Ticket
from processing.saturation import Saturation

P = ParamSpec("P")
R = TypeVar("R")

THREAD_PREFIX = "frame-worker"

log = structlog.get_logger(__name__)


class Turn:
    """A granted worker. It is free again when the one call made with it has ended."""

    def __init__(self, pool: "WorkerPool", ticket: Ticket) -> None:
        self._pool = pool
        self._ticket = ticket
        self._used = False

    async def run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the call on the worker and return what it returns; once for each turn.

        A cancelled caller leaves at once, but the worker stays taken until the call has ended,
        since a thread cannot be interrupted.
        """
        if self._used:
            raise RuntimeError("a turn is for one call")
        self._used = True
        return await self._pool.submit(self._ticket, lambda: call(*args, **kwargs))

    def give_back(self) -> None:
        """Free a worker that was not used."""
        if not self._used:
            self._used = True
            self._pool.release(self._ticket, 0.0)


class WorkerPool:
    """``workers`` threads, shared fairly by the sessions. Use it from one event loop."""

    def __init__(self, workers: int, clock: Clock) -> None:
        self.workers = workers
        self._clock = clock
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix=THREAD_PREFIX)
        self._queue = FairQueue()
        self._asked: dict[int, asyncio.Future[None]] = {}
        self._busy = 0
        self._saturation = Saturation(clock)
        self._long = asyncio.Semaphore(max(1, workers - 1))
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def busy(self) -> int:
        """How many workers are taken."""
        return self._busy

    @property
    def waiting(self) -> int:
        """How many turns are asked for and not granted yet."""
        return len(self._queue)

    @property
    def is_free(self) -> bool:
        """Whether a turn would be granted at once."""
        return self._busy < self.workers and not self.waiting

    @property
    def saturation(self) -> float:
        """In what share of the last seconds somebody waited for a worker, 0 to 1."""
        return self._saturation.share

    @property
    def pace(self) -> float:
        """How many processing times pass between two turns of one session, at least 1."""
        return max(1.0, (self._busy + self.waiting) / self.workers)

    @asynccontextmanager
    async def long_turn(self, share: Share) -> AsyncIterator[Turn]:
        """A turn for work that takes much longer than a frame: never on all workers at once."""
        async with self._long, self.turn(share) as turn:
            yield turn

    @asynccontextmanager
    async def turn(self, share: Share) -> AsyncIterator[Turn]:
        """Wait for a worker in fair order and hold it until its call ends or the block is left."""
        ticket = self._queue.request(share)
        ready = self._asked[ticket.number] = asyncio.get_running_loop().create_future()
        self._grant_free_workers()
        try:
            await ready
        except asyncio.CancelledError:
            self._abandon(ticket, ready)
            raise
        turn = Turn(self, ticket)
        try:
            yield turn
        finally:
            turn.give_back()

    def submit(self, ticket: Ticket, call: Callable[[], R]) -> "asyncio.Future[R]":
        """Start a granted ticket's call; its worker is free again when it has ended.

        Raises RuntimeError after the pool was closed.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[R] = loop.create_future()
        started_s = self._clock.monotonic()

        def ended(work: "Future[R]") -> None:
            self.release(ticket, self._clock.monotonic() - started_s)
            if answer.cancelled():
                return
            if (error := work.exception()) is not None:
                answer.set_exception(error)
            else:
                answer.set_result(work.result())

        try:
            work = self._executor.submit(call)
        except RuntimeError:
            self.release(ticket, 0.0)
            raise
        # The one place where a worker hands over to the event loop.
        work.add_done_callback(lambda done: loop.call_soon_threadsafe(ended, done))
        return answer

    def release(self, ticket: Ticket, cost_s: float) -> None:
        """Charge a turn, free its worker and hand it on."""
        self._queue.charge(ticket, cost_s)
        self._busy -= 1
        if not self._busy:
            self._idle.set()
        self._grant_free_workers()

    async def warm_up(self, call: Callable[[], object]) -> None:
        """Start every thread and make this call once on each."""
        together = threading.Barrier(self.workers)

        def once_on_each() -> None:
            together.wait()
            call()

        loop = asyncio.get_running_loop()
        calls = [loop.run_in_executor(self._executor, once_on_each) for _ in range(self.workers)]
        await asyncio.gather(*calls)

    async def close(self, timeout_s: float) -> None:
        """Take no more calls, and wait for those under way, but no longer than that.

        A thread cannot be interrupted: one that hangs is left behind, and logged as such.
        """
        self._executor.shutdown(wait=False)
        try:
            async with asyncio.timeout(timeout_s):
                await self._idle.wait()
        except TimeoutError:
            log.warning("frames left on their workers", frames=self._busy)
        else:
            await asyncio.to_thread(self._executor.shutdown)

    def _grant_free_workers(self) -> None:
        while self._busy < self.workers and (ticket := self._queue.grant()) is not None:
            ready = self._asked.pop(ticket.number)
            if not ready.cancelled():
                self._busy += 1
                self._idle.clear()
                ready.set_result(None)
        self._saturation.changed(is_waited_for=len(self._queue) > 0)

    def _abandon(self, ticket: Ticket, ready: "asyncio.Future[None]") -> None:
        if not ready.cancelled():
            self.release(ticket, 0.0)
        elif ticket.in_line:
            self._queue.withdraw(ticket)
            del self._asked[ticket.number]
            self._saturation.changed(is_waited_for=len(self._queue) > 0)
