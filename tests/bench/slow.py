"""Live sessions beside clients that take their time."""

from dataclasses import dataclass
from statistics import median
from typing import Final

import psutil

from tests.bench.child import serving
from tests.bench.scenarios import Cost, Options, cost_of, faults_of
from tests.bench.subjects import IDENTITY, Subject, staged
from tests.bench.table import counts, megabytes, table, verdict

SESSIONS: Final = 4
RATE_FPS: Final = 15.0
SLOW_CLIENTS: Final = 500
WARM_UP_S: Final = 3.0
RATIO_MAX: Final = 1.20


@dataclass(frozen=True, slots=True)
class _Run:
    """What the sessions saw, and how many connections there were beside theirs."""

    name: str
    cost: Cost
    held: int
    faults: list[str]


def slow(options: Options) -> str:
    """Four sessions at camera speed, alone and beside 500 slow connections, in turns."""
    alone, beside = list[_Run](), list[_Run]()
    with staged(IDENTITY, options.threads, 0.0) as server:
        for number in range(options.rounds):
            order = (_alone, _beside) if number % 2 else (_beside, _alone)
            for measure in order:
                run = measure(server, options.slow_s)
                (alone if measure is _alone else beside).append(run)
    runs = [run for pair in zip(alone, beside, strict=True) for run in pair]
    return "\n".join([_table(runs), *_verdicts(alone, beside)])


def _alone(server: Subject, window_s: float) -> _Run:
    return _measure("alone", server, window_s)


def _beside(server: Subject, window_s: float) -> _Run:
    arguments = (str(server.server.port), str(SLOW_CLIENTS))
    with serving("tests.bench.slow_clients", *arguments):
        return _measure("beside the slow", server, window_s)


def _measure(name: str, server: Subject, window_s: float) -> _Run:
    report = server.measure("binary", [RATE_FPS] * SESSIONS, window_s=window_s, warm_up_s=WARM_UP_S)
    # The sessions have left by now.
    held = len(psutil.Process(server.server.pid).net_connections("tcp")) - 1
    return _Run(name, cost_of(report), held, faults_of(name, report))


def _table(runs: list[_Run]) -> str:
    heads = [f"{SESSIONS} x {RATE_FPS:g}/s", "frames/s", "p50 ms", "p95 ms", "cores", "RSS MiB",
             "held", "drops"]  # fmt: skip
    rows = [
        [
            run.name,
            f"{run.cost.fps:.1f}",
            f"{run.cost.p50_ms:.2f}",
            f"{run.cost.p95_ms:.2f}",
            f"{run.cost.cores:.2f}",
            megabytes(run.cost.rss_bytes),
            str(run.held),
            counts(run.cost.drops),
        ]
        for run in runs
    ]
    return table(heads, rows)


def _verdicts(alone: list[_Run], beside: list[_Run]) -> list[str]:
    pairs = list(zip(alone, beside, strict=True))
    p50 = median(slow.cost.p50_ms / own.cost.p50_ms for own, slow in pairs)
    p95 = median(slow.cost.p95_ms / own.cost.p95_ms for own, slow in pairs)
    faults = sorted({fault for run in (*alone, *beside) for fault in run.faults})
    return [
        verdict(p50 <= RATIO_MAX, f"p50 beside the slow: {p50:.2f} of that alone (1.20 at most)"),
        verdict(p95 <= RATIO_MAX, f"p95 beside the slow: {p95:.2f} of that alone (1.20 at most)"),
        verdict(not faults, "; ".join(faults) or "every frame has exactly one answer"),
    ]
