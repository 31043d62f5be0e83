"""Processes of our own beside this one, for what may crash or hang on a stranger's file."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from storage.errors import StorageFailed

ROOT: Final = Path(__file__).parents[1]
LINE_BYTES: Final = 256 * 1024
"""No line of an answer is longer."""
NICENESS: Final = 10
"""Where there is no better way to stand back, or it is refused."""


@asynccontextmanager
async def child(
    module: str, *arguments: str, stands_back: bool = False
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python process that runs this module; it does not outlive the block. One that
    ``stands_back`` gets what processor time others leave.

    Its standard input and output are pipes; what it says of itself is dropped, since libraries
    write paths there. Raises StorageFailed where there can be no more processes.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments,
            cwd=ROOT, env={}, limit=LINE_BYTES, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        raise StorageFailed(os.strerror(error.errno or 0)) from error
    if stands_back:
        _stand_back(process.pid)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await asyncio.shield(process.wait())


def _stand_back(pid: int) -> None:
    """Niceness alone is not enough: the kernel lets a process that computes finish its turn of some
    milliseconds, however nice, and a frame on its way waits for several such turns."""
    with suppress(OSError):
        if sys.platform == "linux":
            with suppress(OSError):
                os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
                return
        os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
