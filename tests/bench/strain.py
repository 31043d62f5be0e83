"""The service under more than it can do: one session too fast, and one greedy among eight."""

from tests.bench import figures
from tests.bench.plan import CLOSED_LOOP, DELIVERED, LoadReport
from tests.bench.scenarios import Cost, Options, cost_of, faults_of
from tests.bench.subjects import Subject, staged
from tests.bench.table import counts, megabytes, percent, table, verdict

OVERLOAD_STAGE_MS = 60.0
OVERLOAD_FPS = 30.0
OVERLOAD_WARM_UP_S = 2.0
CAPACITY_SHARE_MIN = 0.9
DELIVERED_MIN_FPS = 15.0
P95_MAX_MS = 150.0
LATENCY_DRIFT_MAX = 0.10
RSS_DRIFT_MAX = 0.05
EDGE_S = 10.0
"""The first and the last seconds that are compared; a sixth of a shorter run."""

SESSIONS = 8
GREED = 10.0
"""How many times as fast as the others the greedy one sends."""
DEMAND = 2.0
"""How many times the capacity is asked for."""
SPREAD_MAX = 0.2
FAIR_SHARE_MIN = 0.8
NO_FAULTS = "every frame has exactly one answer, results in order"
CALIBRATION_S = 4.0
CALIBRATION_SESSIONS = 2


def overload(options: Options) -> str:
    """One worker, a stage of 60 ms, 30 frames a second: asleep, and burning a processor."""
    parts = []
    for engine in ("sleep", "burn"):
        with staged(engine, 1, OVERLOAD_STAGE_MS) as server:
            report = server.measure(
                "binary", [OVERLOAD_FPS], window_s=options.overload_s,
                warm_up_s=OVERLOAD_WARM_UP_S,
            )  # fmt: skip
        parts.append(_overload_part(engine, report))
    return "\n\n".join(parts)


def _overload_part(engine: str, report: LoadReport) -> str:
    cost = cost_of(report)
    heads = [f"overload, {engine} {OVERLOAD_STAGE_MS:g} ms", "in/s", "out/s", "frame ms",
             "p50 ms", "p95 ms", "cores", "RSS MiB", "drops"]  # fmt: skip
    row = [
        f"{report.window_s:g} s",
        f"{OVERLOAD_FPS:g}",
        f"{cost.fps:.2f}",
        f"{report.mean_processing_ms:.1f}",
        f"{cost.p50_ms:.0f}",
        f"{cost.p95_ms:.0f}",
        f"{cost.cores:.2f}",
        megabytes(cost.rss_bytes),
        counts(cost.drops),
    ]
    return "\n".join([table(heads, [row]), *_overload_verdicts(report, cost)])


def _overload_verdicts(report: LoadReport, cost: Cost) -> list[str]:
    stage_fps = 1000.0 / OVERLOAD_STAGE_MS
    able_fps = 1000.0 / report.mean_processing_ms if report.mean_processing_ms else 0.0
    p50, p95 = (latency_drift(report, share) for share in (0.50, 0.95))
    rss = figures.change_by_thirds(report.rss_bytes, report.window_s)
    faults = faults_of("overload", report)
    return [
        verdict(
            cost.fps >= CAPACITY_SHARE_MIN * able_fps,
            f"{percent(cost.fps / able_fps if able_fps else 0.0)} of the {able_fps:.1f} frames/s "
            f"that the worker can do, coding included (90 % wanted)",
        ),
        verdict(
            cost.fps >= DELIVERED_MIN_FPS,
            f"{cost.fps:.2f} frames/s (15 wanted, 90 % of the {stage_fps:.1f} of the stage alone)",
        ),
        verdict(cost.p95_ms <= P95_MAX_MS, f"p95 {cost.p95_ms:.0f} ms (at most 150 wanted)"),
        verdict(abs(p50) <= LATENCY_DRIFT_MAX, f"p50, last seconds against first: {p50:+.1%}"),
        verdict(abs(p95) <= LATENCY_DRIFT_MAX, f"p95, last seconds against first: {p95:+.1%}"),
        verdict(abs(rss) <= RSS_DRIFT_MAX, f"memory, last third against first: {rss:+.1%}"),
        verdict(not faults, "; ".join(faults) or NO_FAULTS),
    ]


def latency_drift(report: LoadReport, share: float) -> float:
    """How a percentile of the last seconds differs from that of the first."""
    edge_s = min(EDGE_S, report.window_s / 6)
    first = figures.between(report.latency_ms, 0.0, edge_s)
    last = figures.between(report.latency_ms, report.window_s - edge_s, report.window_s)
    before, after = (figures.percentile(values, share) for values in (first, last))
    return figures.relative_change(before, after)


def fairness(options: Options) -> str:
    """Eight sessions, one of them ten times as fast, for a capacity that is short by half.

    Read in two ways: all demands together are twice the capacity, so that the seven could have
    all they want; and eight ordinary demands already are, so that nobody can.
    """
    with staged("sleep", 1, options.stage_ms) as server:
        capacity_fps = _capacity_fps(server)
        in_all = DEMAND * capacity_fps / (SESSIONS - 1 + GREED)
        each = DEMAND * capacity_fps / SESSIONS
        parts = [
            _share_out(server, rate_fps, capacity_fps, options.fairness_s)
            for rate_fps in (in_all, each)
        ]
    return "\n\n".join(parts)


def _capacity_fps(server: Subject) -> float:
    """What the worker does when it never waits."""
    rates_fps = [CLOSED_LOOP] * CALIBRATION_SESSIONS
    report = server.measure("binary", rates_fps, window_s=CALIBRATION_S, under_way_max=2)
    return cost_of(report).fps


def _share_out(server: Subject, rate_fps: float, capacity_fps: float, window_s: float) -> str:
    rates_fps = [rate_fps] * (SESSIONS - 1) + [GREED * rate_fps]
    report = server.measure("binary", rates_fps, window_s=window_s, warm_up_s=2.0)
    shares = figures.max_min_fair(rates_fps, capacity_fps)
    heads = [f"capacity {capacity_fps:.1f}/s", "in/s", "fair/s", "out/s", "of fair", "drops"]
    rows, got_fps = [], []
    for number, (session, fair_fps) in enumerate(zip(report.sessions, shares, strict=True)):
        outcomes = dict(session.in_window)
        fps = outcomes.pop(DELIVERED, 0) / window_s
        got_fps.append(fps)
        name = "greedy" if number == SESSIONS - 1 else f"session {number + 1}"
        cells = [f"{session.rate_fps:.1f}", f"{fair_fps:.2f}", f"{fps:.2f}"]
        rows.append([name, *cells, percent(fps / fair_fps), counts(outcomes)])
    return "\n".join([table(heads, rows), *_fairness_verdicts(report, got_fps, shares)])


def _fairness_verdicts(report: LoadReport, got_fps: list[float], shares: list[float]) -> list[str]:
    others = got_fps[:-1]
    worst = min(got / fair for got, fair in zip(others, shares, strict=False))
    apart = figures.spread(others)
    faults = faults_of("fairness", report)
    cost, used = cost_of(report), sum(got_fps) / sum(shares)
    use = f"{percent(used)} of the capacity; p50 {cost.p50_ms:.0f}, p95 {cost.p95_ms:.0f} ms"
    return [
        verdict(apart <= SPREAD_MAX, f"the seven lie within {percent(apart)} (20 % wanted)"),
        verdict(worst >= FAIR_SHARE_MIN, f"the worst has {percent(worst)} of its fair share"),
        verdict(used >= CAPACITY_SHARE_MIN, f"all together use {use}"),
        verdict(not faults, "; ".join(faults) or NO_FAULTS),
    ]
