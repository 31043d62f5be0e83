"""A film looked at in a process of its own, for the frames that are worth to be edited.

``python -m processing.film.scouting`` reads a ScoutTask from its standard input and writes
ScoutAnswers to its standard output; the frames go to the task's folder, ``key-NUMBER.png``.
"""

import sys
import traceback
from pathlib import Path

from media.codec import encode_photo
from media.film.kind import FilmError
from media.film.probe import probe
from processing.film.process import Teller, serve
from processing.film.scout import Keyframe, scout
from processing.film.task import Failure, Fault, KeyframeFile, ScoutAnswer, Scouted, ScoutTask
from processing.local.memory import keep_freed_memory
from processing.local.threads import use_one_thread_per_call


def look_through(task: ScoutTask, teller: Teller) -> ScoutAnswer:
    """Find the frames; the answer says how it ended."""
    try:
        use_one_thread_per_call()
        keep_freed_memory()
        source = Path(task.source)
        film = probe(source, task.limits)
        found = scout(source, film, task.networks, task.most, lambda: teller.progress(0))
        files = tuple(_written(one, Path(task.folder)) for one in found)
    except FilmError as error:
        return Fault(text=str(error))
    except Exception:
        return Failure(text=traceback.format_exc())
    return Scouted(keyframes=files)


def _written(keyframe: Keyframe, folder: Path) -> KeyframeFile:
    path = folder / f"key-{keyframe.index}.png"
    path.write_bytes(encode_photo(keyframe.picture, "png", 100))
    return KeyframeFile(index=keyframe.index, path=str(path))


def main() -> int:
    """Do the task. Returns the process's exit code, 0 however it ended."""
    return serve(ScoutTask, look_through)


if __name__ == "__main__":
    sys.exit(main())
