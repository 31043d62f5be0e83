"""Processes of our own beside this one, for what may crash or hang on a stranger's file."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from storage.errors import StorageFailed

ROOT: Final = Path(__file__).parents[1]
LINE_BYTES: Final = 256 * 1024
"""No line of an answer is longer."""


@asynccontextmanager
async def child(module: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python process that runs this module; it does not outlive the block.

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
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await asyncio.shield(process.wait())
