"""``python -m tests.clean_root``, as root, where there is debootstrap: the image's recipe, in a
clean root, and the service that comes of it in use. Nothing may serve on its port here."""

import argparse
import asyncio
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.clean_root.recipe import Image, copied, image, instructions, variables
from tests.clean_root.root import REPOSITORY, CleanRoot
from tests.clean_root.use import used

RECIPE: Final = REPOSITORY / "deploy" / "Dockerfile"
URL: Final = "http://127.0.0.1:8000"
FLAGS: Final = ("--host=127.0.0.1",)
"""Nobody is asked who they are, so that no others are let in."""
STOP_S: Final = 30.0
NO_CAPABILITY: Final = "grep -q 'CapBnd:\t0*$' /proc/self/status"
SEALED: Final = (
    "/bin/sh", "-c",
    f"touch /data/x && ! touch /app/x /tmp/x /opt/hair/x && {NO_CAPABILITY}",
)  # fmt: skip
TROUBLE: Final = ('"level": "error"', '"level": "critical"', "Traceback")


def main(mirror: str, made: Path | None) -> int:
    """The exit code: 1 if something was not as it should be."""
    text = RECIPE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        root = CleanRoot(made or Path(folder) / "root")
        if made is None:
            root.make(mirror)
            print("a clean root", flush=True)
        build(root, text)
        return serve(root, image(text))


def build(root: CleanRoot, text: str) -> None:
    """Do what the recipe says, stage after stage; all stages have one root here, so that nothing
    needs to be taken from one to the next."""
    folder, environment, stage = "/", dict[str, str](), 0
    for one in instructions(text):
        if one.stage != stage:
            folder, environment, stage = "/", {}, one.stage
        match one.word:
            case "WORKDIR":
                folder = one.text
            case "ENV":
                environment |= variables(one)
            case "COPY" if found := copied(one):
                root.copy(found[0], Path(folder) / found[1])
            case "RUN":
                print(f"RUN {one.text[:90]}", flush=True)
                root.run(one.text, folder, environment)


def serve(root: CleanRoot, recipe: Image) -> int:
    """Begin it as a container would be begun, use it, ask how it is, and end it."""
    process = begun(root, recipe, [*recipe.entrypoint, *FLAGS])
    said = [_until_served(process)]
    try:
        for what in asyncio.run(used(URL)):
            print(what, flush=True)
        sealed = begun(root, recipe, SEALED)
        sealed.communicate(timeout=STOP_S)
        print(f"no capability, nothing to write but data: {sealed.returncode}")
        health = begun(root, recipe, recipe.healthcheck)
        health.communicate(timeout=STOP_S)
        print(f"health check: {health.returncode}")
    finally:
        process.send_signal(signal.SIGTERM)
        began_s = time.monotonic()
        said.append(process.communicate(timeout=STOP_S)[0])
    print(f"ended with {process.returncode} after {time.monotonic() - began_s:.1f} s")
    trouble = [line for line in "".join(said).splitlines() if any(map(line.__contains__, TROUBLE))]
    print(*trouble, f"{len(trouble)} lines of trouble in its log", sep="\n")
    return int(any((sealed.returncode, health.returncode, process.returncode, trouble)))


def begun(root: CleanRoot, recipe: Image, command: Sequence[str]) -> "subprocess.Popen[str]":
    """One of the image's commands."""
    return root.begin(command, recipe.user, recipe.group, recipe.folder, recipe.environment)


def _until_served(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "is served on" in line:
            return said
    raise RuntimeError(f"it did not start: {said}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.clean_root", description=__doc__)
    parser.add_argument("--mirror", default="", help="of Debian, if debootstrap's own is not to be")
    parser.add_argument("--root", type=Path, help="one that debootstrap has made already")
    arguments = parser.parse_args()
    raise SystemExit(main(arguments.mirror, arguments.root))
