"""Programs that check files of their own kind."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

DEPLOY: Final = Path(__file__).parents[2] / "deploy"


class MissingProgram(Exception):
    """It is not installed; the text says how it gets here."""


def findings_of(name: str, package: str, *arguments: str | Path) -> Iterator[str]:
    """What a program has to say when it is not content. Raises MissingProgram."""
    path = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if path is None:
        raise MissingProgram(f"{name} is not installed ({package})")
    done = subprocess.run(
        [path, *arguments], capture_output=True, text=True, check=False, cwd=DEPLOY.parent
    )
    if done.returncode:
        yield f"{name}: {(done.stdout + done.stderr).strip()}"
