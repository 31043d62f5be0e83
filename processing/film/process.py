"""What every process that works on a film has: a task to read, answers to write, and bounds."""

import os
import resource
import select
import sys
import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from pydantic import BaseModel

from processing.film.task import Answer, Progress, ScoutAnswer

PROGRESS_S: Final = 0.2
"""No more often is the progress told."""
MEMORY_BYTES: Final = 8 * 1024**3
WRITTEN_BYTES: Final = 1024**3
PATIENCE_S: Final = 300.0

T = TypeVar("T", bound=BaseModel)


class Teller:
    """Writes answers; of the progress one now and then."""

    def __init__(self, write: Callable[[str], object], monotonic: Callable[[], float]) -> None:
        self._write = write
        self._monotonic = monotonic
        self._told_s = -PROGRESS_S

    def say(self, answer: Answer | ScoutAnswer) -> None:
        """Write an answer."""
        self._write(answer.model_dump_json() + "\n")

    def progress(self, frames: int) -> None:
        """So many frames are done."""
        now_s = self._monotonic()
        if now_s - self._told_s >= PROGRESS_S:
            self._told_s = now_s
            self.say(Progress(frames=frames))


def confine() -> None:
    """Bound what this process may use."""
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, WRITTEN_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(what)
        resource.setrlimit(what, (limit if most < 0 else min(limit, most), most))


def serve(kind: type[T], work: Callable[[T, Teller], Answer | ScoutAnswer]) -> int:
    """Read a task from the standard input and do it; its answers go to the standard output.
    Returns the process's exit code, 0 however it ended."""
    # It may have been started ahead of its task, which then never came.
    if not select.select([sys.stdin], [], [], PATIENCE_S)[0]:
        return 0
    text = sys.stdin.buffer.read()
    if not text:
        return 0
    task = kind.model_validate_json(text)
    confine()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    teller = Teller(_write, time.monotonic)
    teller.say(work(task, teller))
    return 0


def _write(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


def _end_with_parent() -> None:
    """Nobody reads any more: also a decoder that hangs is ended then."""
    watched = select.poll()
    watched.register(sys.stdout.fileno(), 0)
    watched.poll()
    os._exit(1)
