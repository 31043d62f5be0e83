"""Child processes: servers that live as long as a block, and runs of the load generator."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.host import READY
from tests.bench.plan import LoadPlan, LoadReport

ROOT = Path(__file__).parents[2]
STOP_TIMEOUT_S = 15.0
LOAD_MARGIN_S = 90.0
"""Beyond its window: connecting, the last answers, and a machine that has other things to do."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    pid: int
    port: int


@contextmanager
def serving(module: str, *arguments: str) -> Iterator[Server]:
    """A server in a child process, ended with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Server(process.pid, _read_port(process))
    finally:
        _stop(process)


def put_under_load(plan: LoadPlan) -> LoadReport:
    """One run of the load generator. Raises CalledProcessError if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        cwd=ROOT,
        input=plan.to_json() + b"\n",
        stdout=subprocess.PIPE,
        timeout=plan.warm_up_s + plan.window_s + LOAD_MARGIN_S,
        check=True,
    )
    return LoadReport.from_json(done.stdout)


def _read_port(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith(READY):
        raise RuntimeError(f"the server did not start: {process.args!r}")
    return int(line.removeprefix(READY))


def _stop(process: "subprocess.Popen[str]") -> None:
    """Let go of its standard input; kill it if that does not help."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
