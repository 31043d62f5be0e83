"""What the service costs beside the passthrough: at full speed, at camera speed, in a crowd."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean, median

from tests.bench import figures
from tests.bench.plan import CLOSED_LOOP, DELIVERED, LoadReport, Protocol
from tests.bench.subjects import NO_LOOK, PASSTHROUGH, Subject, subjects
from tests.bench.table import counts, megabytes, percent, table, verdict

SATURATING_SESSIONS = 8
SATURATING_UNDER_WAY = 1
"""With more, the service would rightly see a backlog that never drains, and drop from it."""
CROWD_WARM_UP_S = 3.0
"""Every session's first frame is searched for faces all over, which takes its time."""
LOAD_LAG_MAX_MS = 100.0
"""A load generator that stalls for longer measures the machine and not the server."""
NO_LOOK_SHARE_MIN = 0.8
"""Of the passthrough's frames a second and core."""


@dataclass(frozen=True, slots=True)
class Options:
    """How much is measured."""

    threads: int
    servers: tuple[str, ...]
    protocols: tuple[Protocol, ...]
    sessions: tuple[int, ...]
    rates_fps: tuple[float, ...]
    window_s: float
    rounds: int
    crowd_sessions: int
    crowd_fps: float
    overload_s: float
    fairness_s: float
    stage_ms: float
    slow_s: float
    cloud_s: float
    page_s: float
    rolling_fps: float
    rolling_engine: str
    rolling_intensity: float


@dataclass(frozen=True, slots=True)
class Cost:
    """A run in figures."""

    delivered: int
    fps: float
    fps_per_core: float
    cpu_ms: float
    cores: float
    load_cores: float
    p50_ms: float
    p95_ms: float
    drops: dict[str, int]
    rss_bytes: float


def cost_of(report: LoadReport) -> Cost:
    """What a run says."""
    outcomes = figures.total_counts([session.in_window for session in report.sessions])
    delivered = outcomes.pop(DELIVERED, 0)
    withheld = sum(session.withheld for session in report.sessions)
    latency_ms = [value for _, value in report.latency_ms]
    return Cost(
        delivered=delivered,
        fps=delivered / report.window_s,
        fps_per_core=figures.per_core(delivered, report.server_cpu_s),
        cpu_ms=figures.cpu_ms_per_frame(delivered, report.server_cpu_s),
        cores=report.server_cpu_s / report.window_s,
        load_cores=report.load_cpu_s / report.window_s,
        p50_ms=figures.percentile(latency_ms, 0.50),
        p95_ms=figures.percentile(latency_ms, 0.95),
        drops=outcomes | ({"withheld": withheld} if withheld else {}),
        rss_bytes=max(size for _, size in report.rss_bytes),
    )


def faults_of(name: str, report: LoadReport) -> list[str]:
    """What must not happen in any run, one line each."""
    faults = [f"{name}: {error}" for error in report.errors]
    unbalanced = sum(session.client_balance for session in report.sessions)
    if unbalanced:
        faults.append(f"{name}: {unbalanced} frames without exactly one answer")
    if server := sum(session.server_balance for session in report.sessions):
        faults.append(f"{name}: the server's figures are {server} frames off")
    if report.load_lag_ms > LOAD_LAG_MAX_MS:
        faults.append(f"{name}: load generator held up for {report.load_lag_ms:.0f} ms, run again")
    if out_of_order := sum(session.out_of_order for session in report.sessions):
        faults.append(f"{name}: {out_of_order} results out of order")
    return faults


def saturation(options: Options) -> str:
    """Full speed: several clients, each sending as soon as it is answered."""
    with subjects(options.servers, options.threads) as servers:
        parts = [_saturate(servers, protocol, options) for protocol in options.protocols]
    return "\n\n".join(parts)


def _saturate(servers: Sequence[Subject], protocol: Protocol, options: Options) -> str:
    reports = [
        [_full_speed(server, protocol, options.window_s) for server in servers]
        for _ in range(options.rounds)
    ]
    costs = [[cost_of(report) for report in one_round] for one_round in reports]
    by_server = {
        server.name: [one_round[column] for one_round in costs]
        for column, server in enumerate(servers)
    }
    faults = {
        line
        for one_round in reports
        for server, report in zip(servers, one_round, strict=True)
        for line in faults_of(server.name, report)
    }
    return "\n".join([_saturation_table(by_server, protocol), *sorted(faults)])


def _full_speed(server: Subject, protocol: Protocol, window_s: float) -> LoadReport:
    rates_fps = [CLOSED_LOOP] * SATURATING_SESSIONS
    return server.measure(
        protocol, rates_fps, window_s=window_s, under_way_max=SATURATING_UNDER_WAY
    )


def _saturation_table(by_server: dict[str, list[Cost]], protocol: Protocol) -> str:
    yardstick = by_server.get(PASSTHROUGH)
    shares = {name: _share(costs, yardstick) for name, costs in by_server.items()}
    rows = [
        _saturation_row(f"{name}, {protocol}", costs, shares[name])
        for name, costs in by_server.items()
    ]
    heads = ["closed loop", "frames/s", "/s/core", "CPU ms", "share", "p50 ms", "p95 ms",
             "cores", "load", "drops"]  # fmt: skip
    lines = [table(heads, rows)]
    if yardstick and NO_LOOK in shares:
        claim = (
            f"{protocol}: no look has {percent(shares[NO_LOOK])} of the passthrough (80 % wanted)"
        )
        lines.append(verdict(shares[NO_LOOK] >= NO_LOOK_SHARE_MIN, claim))
    return "\n".join(lines)


def _saturation_row(name: str, costs: Sequence[Cost], share: float) -> list[str]:
    """Medians over the rounds; drops are added up."""
    return [
        name,
        f"{median(cost.fps for cost in costs):.0f}",
        f"{median(cost.fps_per_core for cost in costs):.0f}",
        f"{median(cost.cpu_ms for cost in costs):.2f}",
        percent(share),
        f"{median(cost.p50_ms for cost in costs):.0f}",
        f"{median(cost.p95_ms for cost in costs):.0f}",
        f"{median(cost.cores for cost in costs):.2f}",
        f"{median(cost.load_cores for cost in costs):.2f}",
        counts(figures.total_counts([cost.drops for cost in costs])),
    ]


def _share(costs: Sequence[Cost], yardstick: Sequence[Cost] | None) -> float:
    """The median over the rounds, since each round saw the same machine; nan without yardstick."""
    if yardstick is None:
        return float("nan")
    pairs = zip(costs, yardstick, strict=True)
    return median(own.fps_per_core / other.fps_per_core for own, other in pairs)


def camera(options: Options) -> str:
    """Camera speed: sessions at a fixed rate, from one to more than the machine can take."""
    rows, faults = [], []
    with subjects(options.servers, options.threads) as servers:
        for protocol, rate_fps, sessions, server in product(
            options.protocols, options.rates_fps, options.sessions, servers
        ):
            report = server.measure(protocol, [rate_fps] * sessions, window_s=options.window_s)
            name = f"{server.name}, {protocol}, {sessions} x {rate_fps:g}/s"
            rows.append([name, *_camera_cells(cost_of(report))])
            faults += faults_of(name, report)
    heads = ["open loop", "frames/s", "/s/core", "CPU ms", "p50 ms", "p95 ms", "cores", "load",
             "RSS MiB", "drops"]  # fmt: skip
    return "\n".join([table(heads, rows), *faults])


def _camera_cells(cost: Cost) -> list[str]:
    return [
        f"{cost.fps:.1f}",
        f"{cost.fps_per_core:.0f}",
        f"{cost.cpu_ms:.2f}",
        f"{cost.p50_ms:.0f}",
        f"{cost.p95_ms:.0f}",
        f"{cost.cores:.2f}",
        f"{cost.load_cores:.2f}",
        megabytes(cost.rss_bytes),
        counts(cost.drops),
    ]


def crowd(options: Options) -> str:
    """Many sessions at once: what each one gets."""
    rows, faults = [], []
    rates_fps = [options.crowd_fps] * options.crowd_sessions
    with subjects(options.servers, options.threads) as servers:
        for protocol, server in product(options.protocols, servers):
            report = server.measure(
                protocol, rates_fps, window_s=options.window_s, warm_up_s=CROWD_WARM_UP_S
            )
            name = f"{server.name}, {protocol}"
            rows.append([name, *_each_cells(report), *_camera_cells(cost_of(report))])
            faults += faults_of(name, report)
    heads = [f"{options.crowd_sessions} x {options.crowd_fps:g}/s", "each: min", "mean", "max",
             "frames/s", "/s/core", "CPU ms", "p50 ms", "p95 ms", "cores", "load", "RSS MiB",
             "drops"]  # fmt: skip
    return "\n".join([table(heads, rows), *faults])


def _each_cells(report: LoadReport) -> list[str]:
    each_fps = [
        session.in_window.get(DELIVERED, 0) / report.window_s for session in report.sessions
    ]
    return [f"{value:.1f}" for value in (min(each_fps), fmean(each_fps), max(each_fps))]
