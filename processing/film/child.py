"""A film changed in a process of its own: whatever it does to a decoder takes nobody along, live
frames do not wait for the interpreter's lock, and it can be ended at any moment.

``python -m processing.film.child`` reads a FilmTask from its standard input and writes Answers to
its standard output.
"""

import sys
import traceback
from pathlib import Path
from typing import Final

from media.codec import decode_photo
from media.film.kind import FilmError
from media.film.probe import probe
from media.frame import Picture
from processing.film.carrying import carrier_of
from processing.film.dyer import FilmOrder, dye_film
from processing.film.process import Teller, serve
from processing.film.task import Answer, Done, Failure, Fault, FilmTask
from processing.local import local_engines
from processing.look import Look

PHOTO_PX: Final = 25_000_000


def change(task: FilmTask, teller: Teller) -> Answer:
    """Change the film; the answer says how it ended."""
    try:
        source = Path(task.source)
        film = probe(source, task.limits)
        engines = local_engines(task.networks)
        engine = engines.get(task.look.engine or engines.default)
        look = _look(task, engine.name)
        target, thumbnail = Path(task.target), Path(task.thumbnail)
        carrier = carrier_of(task, film, lambda: teller.progress(0))
        order = FilmOrder(source, film, target, thumbnail, look, task.rate, task.stabilize, carrier)
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


def main() -> int:
    """Do the task. Returns the process's exit code, 0 however it ended."""
    return serve(FilmTask, change)


if __name__ == "__main__":
    sys.exit(main())
