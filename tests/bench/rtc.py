"""WebRTC beside a stock aiortc echo in the same run: delay, cost, overload, capacity."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median

from tests.bench import figures
from tests.bench.child import serving
from tests.bench.plan import LoadReport, Protocol
from tests.bench.scenarios import Cost, Options, cost_of, faults_of
from tests.bench.strain import LATENCY_DRIFT_MAX, RSS_DRIFT_MAX, latency_drift
from tests.bench.subjects import IDENTITY, NATURAL, NO_LOOK, Subject, staged, subject
from tests.bench.table import table, verdict

STOCK = "stock aiortc"
CODECS: tuple[Protocol, ...] = ("vp8", "h264")
OURS = (NO_LOOK, IDENTITY, NATURAL)
FPS = 30.0
WARM_UP_S = 2.0
P50_MAX_MS = 15.0
NATURAL_MAX_MS = 20.0
"""What `natural` may add to the identity's median."""
STAGE_MS, OVERLOAD_MIN_FPS, OVERLOAD_P95_MAX_MS = 60.0, 15.0, 120.0
STOCK_WINDOW_S = 10.0
"""Long enough to see its delay grow."""
SLOW_FPS, HELD_P95_MS, HELD_SHARE = 15.0, 200.0, 0.95
SESSION_STEP, MOST_SESSIONS = 2, 40
CPU_SHARE_MAX = {"vp8": 1.0, "h264": 0.5}


@contextmanager
def stock(stage_ms: float = 0.0) -> Iterator[Subject]:
    """aiortc's own echo."""
    with serving("tests.bench.stock", f"--stage-ms={stage_ms}") as server:
        yield Subject(STOCK, server, None)


def webrtc(options: Options) -> str:
    """One WebRTC session, 640x480 at 30 frames/s: from camera to screen, and what it costs.

    Without a look frames are forwarded; `identity` decodes and encodes them, as the echo does.
    """
    with ExitStack() as stack:
        servers = [
            stack.enter_context(stock()),
            *(stack.enter_context(subject(name, options.threads)) for name in OURS),
        ]
        return "\n\n".join(_one_codec(codec, servers, options) for codec in CODECS)


def _one_codec(codec: Protocol, servers: Sequence[Subject], options: Options) -> str:
    reports = [
        [
            server.measure(codec, [FPS], window_s=options.window_s, warm_up_s=WARM_UP_S)
            for server in servers
        ]
        for _ in range(options.rounds)
    ]
    names = [server.name for server in servers]
    costs = {
        name: [cost_of(one_round[column]) for one_round in reports]
        for column, name in enumerate(names)
    }
    heads = [codec, "frames/s", "p50 ms", "p95 ms", "CPU ms", "load", "RSS MiB"]
    rows = [[name, *_cells(of)] for name, of in costs.items()]
    return "\n".join([table(heads, rows), *_verdicts(codec, costs), *_faults(names, reports)])


def _cells(costs: Sequence[Cost]) -> list[str]:
    """Medians over the rounds."""
    return [
        f"{median(cost.fps for cost in costs):.1f}",
        f"{median(cost.p50_ms for cost in costs):.1f}",
        f"{median(cost.p95_ms for cost in costs):.1f}",
        f"{median(cost.cpu_ms for cost in costs):.2f}",
        f"{median(cost.load_cores for cost in costs):.2f}",
        f"{median(cost.rss_bytes for cost in costs) / 1024**2:.0f}",
    ]


def _verdicts(codec: Protocol, costs: dict[str, list[Cost]]) -> list[str]:
    p50 = {name: median(cost.p50_ms for cost in of) for name, of in costs.items()}
    pairs = zip(costs[IDENTITY], costs[STOCK], strict=True)
    share = median(ours.cpu_ms / theirs.cpu_ms for ours, theirs in pairs)
    added_ms = p50[NATURAL] - p50[IDENTITY]
    most = CPU_SHARE_MAX[codec]
    return [
        verdict(p50[IDENTITY] <= P50_MAX_MS, f"p50 {p50[IDENTITY]:.1f} ms (at most 15 wanted)"),
        verdict(share <= most, f"CPU a frame: {share:.2f} of stock's ({most:g} wanted)"),
        verdict(added_ms <= NATURAL_MAX_MS, f"natural adds {added_ms:.1f} ms (at most 20 wanted)"),
    ]


def webrtc_overload(options: Options) -> str:
    """A stage of 60 ms under 30 frames/s by WebRTC, beside the same stage in the stock echo."""
    rows, lines = [], list[str]()
    for codec in CODECS:
        with staged("sleep", options.threads, STAGE_MS) as ours, stock(STAGE_MS) as theirs:
            report = ours.measure(codec, [FPS], window_s=options.overload_s, warm_up_s=WARM_UP_S)
            beside = theirs.measure(codec, [FPS], window_s=STOCK_WINDOW_S, warm_up_s=WARM_UP_S)
        cost = cost_of(report)
        rows.append([f"ours, {codec}", *_cells([cost])])
        rows.append([f"stock, {codec}", *_cells([cost_of(beside)])])
        lines += _overload_verdicts(codec, report, cost)
    heads = ["60 ms stage", "frames/s", "p50 ms", "p95 ms", "CPU ms", "load", "RSS MiB"]
    return "\n".join([table(heads, rows), *lines])


def _overload_verdicts(codec: Protocol, report: LoadReport, cost: Cost) -> list[str]:
    drift = latency_drift(report, 0.50)
    rss = figures.change_by_thirds(report.rss_bytes, report.window_s)
    return [
        verdict(cost.fps >= OVERLOAD_MIN_FPS, f"{codec}: {cost.fps:.1f} frames/s (15 wanted)"),
        verdict(cost.p95_ms <= OVERLOAD_P95_MAX_MS, f"{codec}: p95 {cost.p95_ms:.0f} ms (120)"),
        verdict(abs(drift) <= LATENCY_DRIFT_MAX, f"{codec}: last seconds to first: {drift:+.1%}"),
        verdict(abs(rss) <= RSS_DRIFT_MAX, f"{codec}: memory, last third to first: {rss:+.1%}"),
        *faults_of(codec, report),
    ]


def webrtc_capacity(options: Options) -> str:
    """Sessions at 15 frames/s that hold a p95 under 200 ms; the load comes from the same cores."""
    rows = []
    for codec in CODECS:
        for name in (STOCK, *OURS):
            held, cost = _capacity(name, codec, options)
            rows.append([f"{name}, {codec}", str(held), *(_cells([cost]) if cost else ["-"] * 6)])
    heads = ["15 frames/s", "sessions", "frames/s", "p50 ms", "p95 ms", "CPU ms", "load", "RSS MiB"]
    return table(heads, rows)


def _capacity(name: str, codec: Protocol, options: Options) -> tuple[int, Cost | None]:
    """The most sessions that hold, and what they cost; each number of them is tried by itself."""
    held: tuple[int, Cost | None] = (0, None)
    with stock() if name == STOCK else subject(name, options.threads) as server:
        for sessions in range(SESSION_STEP, MOST_SESSIONS + 1, SESSION_STEP):
            rates_fps = [SLOW_FPS] * sessions
            cost = cost_of(
                server.measure(codec, rates_fps, window_s=options.window_s, warm_up_s=WARM_UP_S)
            )
            if cost.p95_ms > HELD_P95_MS or cost.fps < HELD_SHARE * SLOW_FPS * sessions:
                return held
            held = sessions, cost
    return held


def _faults(names: Sequence[str], reports: Sequence[Sequence[LoadReport]]) -> list[str]:
    return sorted(
        {
            line
            for one_round in reports
            for name, report in zip(names, one_round, strict=True)
            for line in faults_of(name, report)
        }
    )
