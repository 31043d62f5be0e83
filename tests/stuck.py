"""A process in the place of those that change films, and look them through; the task's source
says what it does."""

import json
import sys
import time

from processing.film.task import Done, Failure, Fault, KeyframeFile, Progress, Scouted


def main() -> int:
    """Do it. Returns the exit code."""
    source = json.loads(sys.stdin.buffer.read())["source"]
    said = {
        "done": Progress(frames=1).model_dump_json()
        + "\n"
        + Done(frames=2, sampled_frames=1, keeps_sound=True).model_dump_json(),
        "scouted": Scouted(keyframes=(KeyframeFile(index=3, path="k"),)).model_dump_json(),
        "fault": Fault(text="a hole").model_dump_json(),
        "failure": Failure(text="Traceback of something").model_dump_json(),
        "babble": "no JSON",
    }
    sys.stdout.write(said.get(source, "") + "\n" * (source in said))
    sys.stdout.flush()
    if source == "hang":
        time.sleep(60)
    return 7 if source == "crash" else 0


if __name__ == "__main__":
    sys.exit(main())
