"""A film changed in a process of its own: whatever it does to a decoder takes nobody along, live
frames do not wait for the interpreter's lock, and it can be ended at any moment.

``python -m processing.film.child`` reads a FilmTask from its standard input and writes Answers to
its standard output.
"""

import os
import resource
import select
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

from media.codec import decode_photo
from media.film.kind import FilmError
from media.film.probe import probe
from media.frame import Picture
from processing.film.dyer import FilmOrder, dye_film
from processing.film.task import Answer, Done, Failure, Fault, FilmTask, Progress
from processing.local import local_engines
from processing.look import Look

PROGRESS_S: Final = 0.2
"""No more often is the progress told."""
NICENESS: Final = 10
"""Live frames come first."""
MEMORY_BYTES: Final = 8 * 1024**3
WRITTEN_BYTES: Final = 1024**3
PATIENCE_S: Final = 300.0
PHOTO_PX: Final = 25_000_000


class Teller:
    """Writes answers; of the progress one now and then."""

    def __init__(self, write: Callable[[str], object], monotonic: Callable[[], float]) -> None:
        self._write = write
        self._monotonic = monotonic
        self._told_s = -PROGRESS_S

    def say(self, answer: Answer) -> None:
        """Write an answer."""
        self._write(answer.model_dump_json() + "\n")

    def progress(self, frames: int) -> None:
        """So many frames are done."""
        now_s = self._monotonic()
        if now_s - self._told_s >= PROGRESS_S:
            self._told_s = now_s
            self.say(Progress(frames=frames))


def change(task: FilmTask, teller: Teller) -> Answer:
    """Change the film; the answer says how it ended."""
    try:
        source = Path(task.source)
        film = probe(source, task.limits)
        engines = local_engines(task.networks)
        engine = engines.get(task.look.engine or engines.default)
        look = _look(task, engine.name)
        target, thumbnail = Path(task.target), Path(task.thumbnail)
        order = FilmOrder(source, film, target, thumbnail, look, task.rate, task.stabilize)
        dyed = dye_film(order, engine, teller.progress)
    except FilmError as error:
        return Fault(text=str(error))
    except Exception:
        return Failure(text=traceback.format_exc())
    return Done(
        frames=dyed.frames, sampled_frames=dyed.sampled_frames, keeps_sound=dyed.keeps_sound
    )


def _look(task: FilmTask, engine: str) -> Look:
    look = Look(engine).with_values(task.look, engine)
    if task.style is not None:
        look = look.with_style(_photo(task.style))
    if task.color is not None:
        look = look.with_color_photo(_photo(task.color))
    return look


def _photo(path: str) -> Picture:
    return decode_photo(Path(path).read_bytes(), PHOTO_PX, None)


def confine() -> None:
    """Bound what this process may use, and stand back behind others."""
    os.nice(NICENESS)
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, WRITTEN_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(what)
        resource.setrlimit(what, (limit if most < 0 else min(limit, most), most))


def _end_with_parent() -> None:
    """Nobody reads any more: also a decoder that hangs is ended then."""
    watched = select.poll()
    watched.register(sys.stdout.fileno(), 0)
    watched.poll()
    os._exit(1)


def main() -> int:
    """Do the task. Returns the process's exit code, 0 however it ended."""

    def write(line: str) -> None:
        sys.stdout.write(line)
        sys.stdout.flush()

    # It may have been started ahead of its task, which then never came.
    if not select.select([sys.stdin], [], [], PATIENCE_S)[0]:
        return 0
    text = sys.stdin.buffer.read()
    if not text:
        return 0
    task = FilmTask.model_validate_json(text)
    confine()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    teller = Teller(write, time.monotonic)
    teller.say(change(task, teller))
    return 0


if __name__ == "__main__":
    sys.exit(main())
