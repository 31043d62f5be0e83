"""Two workers beside one, and what is noticed of a worker that is killed."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Final

from tests.bench.child import Server
from tests.bench.killed import killed
from tests.bench.plan import CLOSED_LOOP, LoadReport
from tests.bench.run_service import run_service
from tests.bench.scenarios import SATURATING_SESSIONS, SATURATING_UNDER_WAY, Options, faults_of
from tests.bench.scenarios import cost_of as cost_in
from tests.bench.subjects import CLASSIC, COLOR, NATURAL, Subject
from tests.bench.table import counts, table, verdict
from tests.integration.redis import Redis

COUNTS: Final = (1, 2)
RATIO_MIN: Final = 1.6
WARM_UP_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class _Run:
    """So many workers under the load, for ``window_s``. ``taken_s`` is the time of their processors
    that others have used."""

    workers: int
    window_s: float
    delivered: int
    taken_s: float
    p50_ms: float
    drops: dict[str, int]
    faults: list[str]

    @property
    def fps(self) -> float:
        """As measured."""
        return self.delivered / self.window_s

    @property
    def fps_alone(self) -> float:
        """Frames a second, had nobody else used their processors."""
        had_s = self.workers * self.window_s
        return self.fps * had_s / (had_s - self.taken_s)


def workers(options: Options) -> str:
    """``run.py --workers 1`` and ``--workers 2`` under the same load, in turns: eight clients that
    send as soon as they are answered. Each worker has one thread and one processor, so that two
    have twice as much of the machine as one. The load generator is on the second processor: beside
    one worker it takes nothing from the service, beside two a part of the second worker's. That is
    taken out, with what anybody else uses of the workers' processors: frames a second of the
    processor time that was left to the service, used or not, times as many processors as it has.
    Then two workers at camera speed, of which one is killed."""
    redis = Redis()
    redis.start()
    try:
        parts = [_compared(redis, options, engine) for engine in (NATURAL, CLASSIC)]
        return "\n\n".join([*parts, killed(redis, options.window_s)])
    finally:
        redis.stop()


def _compared(redis: Redis, options: Options, engine: str) -> str:
    runs: dict[int, list[_Run]] = {count: [] for count in COUNTS}
    with ExitStack() as stack:
        servers = {count: stack.enter_context(run_service(count, redis.url)) for count in COUNTS}
        for number in range(options.rounds):
            for count in COUNTS if number % 2 else reversed(COUNTS):
                runs[count].append(_measured(servers[count], count, engine, options.window_s))
    pairs = list(zip(runs[1], runs[2], strict=True))
    ratios = [two.fps_alone / one.fps_alone for one, two in pairs]
    faults = sorted({fault for pair in pairs for run in pair for fault in run.faults})
    claim = (
        f"{engine}: two workers have {median(ratios):.2f} times the frames/s of one (1.60 at "
        f"least; {min(ratios):.2f} to {max(ratios):.2f}; as measured "
        f"{median(two.fps / one.fps for one, two in pairs):.2f})"
    )
    return "\n".join(
        [
            _table(engine, [run for pair in pairs for run in pair]),
            verdict(median(ratios) >= RATIO_MIN, claim),
            verdict(not faults, "; ".join(faults) or "every frame has exactly one answer"),
        ]
    )


def _measured(server: Server, count: int, engine: str, window_s: float) -> _Run:
    subject = Subject(engine, server, {"engine": engine, "color": COLOR})
    with _on_last_processor():
        report = subject.measure(
            "binary",
            [CLOSED_LOOP] * SATURATING_SESSIONS,
            window_s=window_s,
            warm_up_s=WARM_UP_S,
            under_way_max=SATURATING_UNDER_WAY,
        )
    return _run_of(report, count)


def _run_of(report: LoadReport, count: int) -> _Run:
    cost = cost_in(report)
    processors = sorted(os.sched_getaffinity(0))[:count]
    busy_s = sum(report.busy_s[processor] for processor in processors)
    taken_s = max(0.0, busy_s - report.tree_cpu_s)
    faults = faults_of(f"{count} workers", report)
    return _Run(count, report.window_s, cost.delivered, taken_s, cost.p50_ms, cost.drops, faults)


@contextmanager
def _on_last_processor() -> Iterator[None]:
    """What is begun within the block runs there, and nowhere else."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _table(engine: str, runs: list[_Run]) -> str:
    heads = [f"{engine}, closed loop", "frames/s", "others took", "without", "p50 ms", "drops"]
    rows = [
        [
            f"{run.workers} worker{'s' * (run.workers > 1)}",
            f"{run.fps:.1f}",
            f"{run.taken_s / run.window_s:.2f}",
            f"{run.fps_alone:.1f}",
            f"{run.p50_ms:.0f}",
            counts(run.drops),
        ]
        for run in runs
    ]
    return table(heads, rows)
