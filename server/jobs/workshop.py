"""Has films changed in processes of their own, one for each."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from processing.film.task import ANSWER, Done, Failure, Fault, FilmTask, Progress
from server.children import child

STALL_S: Final = 60.0
"""A process that says nothing for so long hangs."""


log = structlog.get_logger(__name__)


class FilmFaulty(Exception):
    """The film cannot be changed, however often it is tried; the text is for its owner."""


class WorkFailed(Exception):
    """The work ended before its time; it may succeed when it is tried again."""


class Workshop:
    """Changes films, each within ``timeout_s``, by running ``module``."""

    def __init__(self, timeout_s: float, module: str = "processing.film.child") -> None:
        self._timeout_s = timeout_s
        self._module = module

    async def change(self, task: FilmTask, progress: Callable[[int], None]) -> Done:
        """Have the film changed; ``progress`` is told how many frames are done.

        Raises FilmFaulty, WorkFailed, and StorageFailed where there can be no more processes. Who
        is cancelled leaves no process behind.
        """
        try:
            async with asyncio.timeout(self._timeout_s), child(self._module) as process:
                return await _outcome(process, task, progress)
        except TimeoutError:
            raise FilmFaulty("The video takes too long to process") from None


async def _outcome(
    process: asyncio.subprocess.Process, task: FilmTask, progress: Callable[[int], None]
) -> Done:
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise RuntimeError("a child has pipes")
    stdin.write(task.model_dump_json().encode())
    stdin.close()
    while True:
        match await _answer(stdout):
            case Progress(frames=frames):
                progress(frames)
            case Done() as done:
                return done
            case Fault(text=text):
                raise FilmFaulty(f"The video cannot be used: {text}")
            case Failure(text=text):
                log.error("film failed", detail=text)
                raise WorkFailed
            case None:
                log.error("film ended its process", code=await process.wait())
                raise WorkFailed


async def _answer(stdout: asyncio.StreamReader) -> Progress | Done | Fault | Failure | None:
    """What the process says next; None if it has ended."""
    try:
        async with asyncio.timeout(STALL_S):
            line = await stdout.readline()
    except TimeoutError:
        log.error("film stalled")  # noqa: TRY400
        raise WorkFailed from None
    return ANSWER.validate_json(line) if line.endswith(b"\n") else None
