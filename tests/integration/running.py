"""``run.py`` with arguments, as a process of its own: begun as people begin it, or forked."""

import asyncio
import functools
import multiprocessing
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Final

from run import main

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Running:
    """A process; ``output`` is what it says on both streams, ``send`` sends it a signal if it is
    there, ``wait`` gives its exit code."""

    pid: int
    output: asyncio.StreamReader
    send: Callable[[int], None]
    wait: Callable[[], Awaitable[int]]


Begin = Callable[[list[str]], Awaitable[Running]]


async def execute(arguments: list[str]) -> Running:
    """A new process of Python. It needs two seconds of a processor to import everything."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "run.py", *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    return Running(process.pid, process.stdout, process.send_signal, process.wait)


async def fork(arguments: list[str]) -> Running:
    """The same, forked from a process that has everything imported, and nothing begun."""
    reading, writing = os.pipe()
    output = await _reader(reading)
    process = _forking().Process(
        target=_main, args=(arguments, dict(os.environ), Connection(writing, readable=False))
    )
    # The first one waits for the imports.
    await asyncio.to_thread(process.start)
    assert process.pid is not None

    def send(number: int) -> None:
        if process.exitcode is None:
            os.kill(process.pid or 0, number)

    async def wait() -> int:
        await asyncio.to_thread(process.join)
        assert process.exitcode is not None
        return process.exitcode

    return Running(process.pid, output, send, wait)


@functools.cache
def _forking() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["run"])
    return context


async def _reader(pipe: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(pipe, "rb")
    )
    return reader


def _main(arguments: list[str], environment: dict[str, str], output: Connection) -> None:
    """What the forked process does."""
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    for stream in (1, 2):
        os.dup2(output.fileno(), stream)
    output.close()
    sys.exit(main(arguments))
