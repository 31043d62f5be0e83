"""``make bench``, or ``python -m tests.bench [--quick] [SCENARIO …]``."""

import argparse
import inspect
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version

from tests.bench.cloud import cloud
from tests.bench.dashboards import dashboards
from tests.bench.files import files
from tests.bench.film import film
from tests.bench.history import history
from tests.bench.killed_page import killed_page
from tests.bench.page import page
from tests.bench.rolling import rolling
from tests.bench.rtc import webrtc, webrtc_capacity, webrtc_overload
from tests.bench.scenarios import Options, camera, crowd, saturation
from tests.bench.signing import signing
from tests.bench.slow import slow
from tests.bench.strain import fairness, overload
from tests.bench.subjects import ALL
from tests.bench.traces import traces
from tests.bench.workers import workers

SCENARIOS: dict[str, Callable[[Options], str]] = {
    "saturation": saturation,
    "camera": camera,
    "crowd": crowd,
    "overload": overload,
    "fairness": fairness,
    "slow": slow,
    "cloud": cloud,
    "webrtc": webrtc,
    "webrtc-overload": webrtc_overload,
    "webrtc-capacity": webrtc_capacity,
    "film": film,
    "files": files,
    "history": history,
    "page": page,
    "killed-page": killed_page,
    "signing": signing,
    "traces": traces,
    "dashboards": dashboards,
    "rolling": rolling,
    "workers": workers,
}


def main(arguments: Sequence[str]) -> None:
    """Run the scenarios and print what they say."""
    parsed = _parser().parse_args(arguments)
    options = _options(parsed)
    print(_machine(options), flush=True)
    for name in parsed.scenario or SCENARIOS:
        began_s = time.monotonic()
        print(f"\n## {name}: {inspect.getdoc(SCENARIOS[name])}\n", flush=True)
        print(SCENARIOS[name](options))
        print(f"\n({time.monotonic() - began_s:.0f} s)", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("scenario", nargs="*", help=", ".join(SCENARIOS))
    parser.add_argument("--quick", action="store_true", help="short runs, just to see it work")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--servers", nargs="+", choices=ALL, default=ALL)
    parser.add_argument(
        "--protocols", nargs="+", choices=["json", "binary"], default=["json", "binary"]
    )
    parser.add_argument("--sessions", nargs="+", type=int, help="at once: 1 4 16 64")
    parser.add_argument("--fps", nargs="+", type=float, default=[5.0, 30.0])
    parser.add_argument("--seconds", type=float, help="length of one run")
    parser.add_argument("--rounds", type=int, help="of the closed loop, interleaved")
    parser.add_argument("--crowd", type=int, default=100, help="sessions of the crowd")
    parser.add_argument("--crowd-fps", type=float, default=10.0)
    parser.add_argument("--overload-seconds", type=float)
    parser.add_argument("--fairness-seconds", type=float)
    parser.add_argument("--slow-seconds", type=float)
    parser.add_argument("--cloud-seconds", type=float)
    parser.add_argument("--page-seconds", type=float)
    parser.add_argument("--rolling-fps", type=float, default=2.0)
    parser.add_argument("--rolling-engine", default="classic")
    parser.add_argument("--rolling-intensity", type=float, default=1.0, help="0 changes nothing")
    parser.add_argument("--stage-ms", type=float, default=10.0, help="of the fairness runs")
    return parser


def _options(parsed: argparse.Namespace) -> Options:
    quick = parsed.quick
    return Options(
        threads=parsed.threads,
        servers=tuple(parsed.servers),
        protocols=tuple(parsed.protocols),
        sessions=tuple(parsed.sessions or ((1, 16) if quick else (1, 4, 16, 64))),
        rates_fps=tuple(parsed.fps),
        window_s=parsed.seconds or (2.0 if quick else 5.0),
        rounds=parsed.rounds or (1 if quick else 5),
        crowd_sessions=parsed.crowd,
        crowd_fps=parsed.crowd_fps,
        overload_s=parsed.overload_seconds or (12.0 if quick else 60.0),
        slow_s=parsed.slow_seconds or (8.0 if quick else 60.0),
        cloud_s=parsed.cloud_seconds or (10.0 if quick else 60.0),
        page_s=parsed.page_seconds or (8.0 if quick else 30.0),
        fairness_s=parsed.fairness_seconds or (8.0 if quick else 20.0),
        stage_ms=parsed.stage_ms,
        rolling_fps=parsed.rolling_fps,
        rolling_engine=parsed.rolling_engine,
        rolling_intensity=parsed.rolling_intensity,
    )


def _machine(options: Options) -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("aiohttp", "uvloop", "simplejpeg"))
    return (
        f"{platform.machine()}, {os.cpu_count()} processors, {options.threads} threads, "
        f"Python {platform.python_version()}, {libraries}; 640x480 JPEG, quality 80 in, 85 out"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
