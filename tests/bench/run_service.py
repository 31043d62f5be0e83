"""``run.py`` itself as a child process, with workers of one thread that have a processor each."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Final

import psutil

from tests.bench.child import ROOT, STOP_TIMEOUT_S, Server

NO_LIMIT: Final = 10_000_000
UNLIMITED: Final = (
    "frames-per-minute",
    "max-sessions",
    "max-connections",
    "max-user-sessions",
    "connections-per-minute",
    "calls-per-hour",
)
START_S: Final = 60.0


@contextmanager
def run_service(workers: int, redis_url: str) -> Iterator[Server]:
    """The service with so many workers, the first on the first processor and so on, for the length
    of the block."""
    with tempfile.TemporaryDirectory() as folder:
        flags = [f"--{name}={NO_LIMIT}" for name in UNLIMITED]
        own = [f"--data-dir={folder}", "--port=0", "--threads=1", "--log-level=error"]
        command = [sys.executable, "run.py", f"--workers={workers}", f"--redis-url={redis_url}"]
        process = subprocess.Popen(
            [*command, *own, *flags], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        try:
            server = Server(process.pid, port_of(process))
            pin(server, workers)
            yield server
        finally:
            end(process)


def pin(server: Server, workers: int) -> None:
    """Each worker keeps to a processor of its own."""
    processors = sorted(os.sched_getaffinity(0))
    for slot, worker in serving(server, workers).items():
        for thread in worker.threads():
            os.sched_setaffinity(thread.id, {processors[slot % len(processors)]})


def serving(server: Server, workers: int) -> dict[int, psutil.Process]:
    """The processes that serve, by their slots; a service of one worker is its own."""
    process = psutil.Process(server.pid)
    if workers == 1:
        return {0: process}
    found = {}
    for child in process.children():
        if slot := re.search(r'"slot":(\d+)', " ".join(child.cmdline())):
            found[int(slot[1])] = child
    return found


def port_of(process: "subprocess.Popen[str]", within_s: float = START_S) -> int:
    """Where it serves, as soon as it says so. Raises RuntimeError where it ends first, or says
    nothing for so long, and is killed."""
    assert process.stdout is not None
    too_late = Timer(within_s, _kill, (process,))
    too_late.start()
    try:
        for line in process.stdout:
            if "is served on" in line:
                return int(line.rsplit(":", 1)[1])
    finally:
        too_late.cancel()
    raise RuntimeError("the service did not start")


def end(process: "subprocess.Popen[str]", within_s: float = STOP_TIMEOUT_S) -> None:
    """Ask it to end; kill it, and its workers, if that does not help."""
    process.terminate()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        _kill(process)
        process.wait()


def _kill(process: "subprocess.Popen[str]") -> None:
    """The supervisor first: it would put others in its workers' place."""
    with suppress(psutil.NoSuchProcess):
        workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for worker in workers:
            worker.kill()
