"""``run.py`` itself as a child process, with workers of one thread that have a processor each."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
            server = Server(process.pid, _port(process))
            pin(server, workers)
            yield server
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_TIMEOUT_S)


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


def _port(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    due_s = time.monotonic() + START_S
    while time.monotonic() < due_s:
        line = process.stdout.readline()
        if "is served on" in line:
            return int(line.rsplit(":", 1)[1])
        if not line:
            break
    raise RuntimeError("the service did not start")
