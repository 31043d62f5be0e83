"""A process in the place of the one that changes films; the task's source says what it does."""

import sys
import time

from processing.film.task import Done, Failure, Fault, FilmTask, Progress


def main() -> int:
    """Do it. Returns the exit code."""
    task = FilmTask.model_validate_json(sys.stdin.buffer.read())
    said = {
        "done": Progress(frames=1).model_dump_json()
        + "\n"
        + Done(frames=2, sampled_frames=1, keeps_sound=True).model_dump_json(),
        "fault": Fault(text="a hole").model_dump_json(),
        "failure": Failure(text="Traceback of something").model_dump_json(),
        "babble": "no JSON",
    }
    sys.stdout.write(said.get(task.source, "") + "\n" * (task.source in said))
    sys.stdout.flush()
    if task.source == "hang":
        time.sleep(60)
    return 7 if task.source == "crash" else 0


if __name__ == "__main__":
    sys.exit(main())
