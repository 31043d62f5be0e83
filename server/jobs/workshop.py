"""Has films changed, and looked through, in processes of their own, one for each."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from pydantic import TypeAdapter

from processing.film.task import (
    ANSWER,
    SCOUT_ANSWER,
    Done,
    Failure,
    Fault,
    FilmTask,
    Progress,
    Scouted,
    ScoutTask,
)
from server.background import at_work
from server.children import child
from server.jobs import starved
from server.jobs.starved import Limit
from storage.errors import StorageFailed

STALL_S: Final = 60.0
"""A process that says nothing for so long hangs, unless it waits for a processor."""

End = TypeVar("End", Done, Scouted)


class FilmFaulty(Exception):
    """The film cannot be changed, however often it is tried; the text is for its owner."""


class WorkFailed(Exception):
    """The work ended before its time, of ``reason``; it may succeed when it is tried again.
    ``details`` are for the log."""

    def __init__(self, reason: str, **details: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details


class Workshop:
    """Changes films, each within ``timeout_s``, by running ``module``; ``scouting`` looks them
    through. Both stand back behind all else, since live frames come first; the time in which they
    have to does not count.

    A process takes half a second to start. One that is expected to be needed is started ahead, and
    waits; if nothing comes for long it goes by itself.
    """

    def __init__(
        self,
        timeout_s: float,
        module: str = "processing.film.child",
        scouting: str = "processing.film.scouting",
    ) -> None:
        self._timeout_s = timeout_s
        self._module = module
        self._scouting = scouting
        self._spare: _Spare | None = None
        self._is_open = True
        self._changing_spare = asyncio.Lock()

    async def expect(self) -> None:
        """Have a process ready, since a film is likely to come."""
        async with self._changing_spare:
            if not self._is_open or (self._spare is not None and self._spare.is_waiting):
                return
            await self._dismiss()
            with suppress(StorageFailed):
                self._spare = await _Spare.start(self._module)

    async def change(self, task: FilmTask, progress: Callable[[int], None]) -> Done:
        """Have the film changed; ``progress`` is told how many frames are done.

        Raises FilmFaulty, WorkFailed, and StorageFailed where there can be no more processes. Who
        is cancelled leaves no process behind.
        """
        async with self._in_time() as limit, self._process() as process:
            return await _outcome(process, task, progress, ANSWER, limit)

    async def scout(self, task: ScoutTask, progress: Callable[[int], None]) -> Scouted:
        """Have the film looked through; ``progress`` is told now and then that this goes on, of no
        frames. Raises as ``change``."""
        async with (
            self._in_time() as limit,
            child(self._scouting, stands_back=True) as process,
        ):
            return await _outcome(process, task, progress, SCOUT_ANSWER, limit)

    async def close(self) -> None:
        """Let the process go that waits."""
        self._is_open = False
        async with self._changing_spare:
            await self._dismiss()

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[Limit]:
        try:
            async with asyncio.timeout(self._timeout_s) as timeout:
                yield Limit(timeout, self._timeout_s)
        except TimeoutError:
            raise FilmFaulty("The video takes too long to process") from None

    @asynccontextmanager
    async def _process(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """The one that waits, or a new one."""
        spare, self._spare = self._spare, None
        if spare is not None and not spare.is_waiting:
            await spare.stack.aclose()
            spare = None
        if spare is None:
            spare = await _Spare.start(self._module)
        async with spare.stack:
            yield spare.process

    async def _dismiss(self) -> None:
        spare, self._spare = self._spare, None
        if spare is not None:
            await spare.stack.aclose()


@dataclass(frozen=True, slots=True)
class _Spare:
    """A process that waits to be told what to do; leaving the stack ends it."""

    process: asyncio.subprocess.Process
    stack: AsyncExitStack

    @classmethod
    async def start(cls, module: str) -> "_Spare":
        """Raises StorageFailed where there can be no more processes."""
        stack = AsyncExitStack()
        return cls(await stack.enter_async_context(child(module, stands_back=True)), stack)

    @property
    def is_waiting(self) -> bool:
        """Whether it has not gone yet."""
        return self.process.returncode is None


async def _outcome(
    process: asyncio.subprocess.Process,
    task: FilmTask | ScoutTask,
    progress: Callable[[int], None],
    answers: TypeAdapter[Progress | End | Fault | Failure],
    limit: Limit,
) -> End:
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise RuntimeError("a child has pipes")
    stdin.write(task.model_dump_json().encode())
    stdin.close()
    async with _heard(process.pid, limit) as silence:
        while True:
            match await _answer(stdout, answers):
                case Progress(frames=frames):
                    silence.renew()
                    progress(frames)
                case Fault(text=text):
                    raise FilmFaulty(f"The video cannot be used: {text}")
                case Failure(text=text):
                    raise WorkFailed("failure", detail=text)
                case None:
                    raise WorkFailed("process ended", code=await process.wait())
                case over:
                    return over


@asynccontextmanager
async def _heard(pid: int, limit: Limit) -> AsyncIterator[Limit]:
    """How long the process may be silent, by the same time as it may work."""
    try:
        async with asyncio.timeout(STALL_S) as timeout:
            silence = Limit(timeout, STALL_S)
            look = partial(starved.waits_of, pid)
            async with at_work(starved.deferred([limit, silence], look)):
                yield silence
    except TimeoutError:
        raise WorkFailed("stalled") from None


async def _answer(
    stdout: asyncio.StreamReader, answers: TypeAdapter[Progress | End | Fault | Failure]
) -> Progress | End | Fault | Failure | None:
    """What the process says next; None if it has ended."""
    try:
        line = await stdout.readline()
        return answers.validate_json(line) if line.endswith(b"\n") else None
    except ValueError:
        raise WorkFailed("nonsense said") from None
