"""``make load``, or ``python -m tests.load [load|soak] …``: the service under load, and a report.

Starts a service of its own on this machine and loads it by Locust, for a bounded time. Exits with 0
if all that was wanted holds, else with 1.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench.table import verdict
from tests.load import verdicts
from tests.load.generator import LoadPlan
from tests.load.report import page
from tests.load.runs import run

SLOTS: Final = 120
"""Points of a line in a plot, at most."""
SAMPLES: Final = 400
SOAK_SHARE: Final = 0.7
LONGEST_MINUTES: Final = 240.0


def main(arguments: Sequence[str]) -> int:
    """Run, tell, write the report, and return the exit code."""
    options = _options(arguments)
    is_soak = options.what == "soak"
    plan = _plan(options)
    share = SOAK_SHARE if is_soak else 0.0
    interval_s = max(1.0, plan.seconds / SAMPLES)
    outcome = asyncio.run(run(plan, interval_s, share, options.capacity_fps))
    claims = verdicts.of_soak(outcome) if is_soak else verdicts.of_load(outcome)
    facts = verdicts.facts(outcome, os.getloadavg()[0])
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"{options.what}.html"
    path.write_text(page(f"Hair try-on: {options.what}", facts, claims, outcome), encoding="utf-8")
    print("\n".join([*facts, *(verdict(one.holds, one.claim) for one in claims)]))
    print("\n".join(outcome.complaints[:20]))
    print(f"report: {path}")
    return 0 if all(one.holds for one in claims) else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["load", "soak"], default="load")
    parser.add_argument("--minutes", type=float, help="of load (1), of endurance (30)")
    parser.add_argument("--live-users", type=int, default=6, help="people live at once (load)")
    parser.add_argument("--live-fps", type=float, default=5.0, help="frames a second of each")
    parser.add_argument("--session-s", type=float, default=30.0, help="a session's mean length")
    parser.add_argument("--visitors-per-minute", type=float, default=20.0)
    parser.add_argument("--capacity-fps", type=float, default=0.0, help="told, not measured (soak)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the report")
    return parser.parse_args(arguments)


def _plan(options: argparse.Namespace) -> LoadPlan:
    minutes = options.minutes or (30.0 if options.what == "soak" else 1.0)
    seconds = 60.0 * min(minutes, LONGEST_MINUTES)
    return LoadPlan(
        seconds=seconds,
        live_users=options.live_users,
        live_fps=options.live_fps,
        session_s=options.session_s,
        visitors_per_minute=options.visitors_per_minute,
        slot_s=max(1.0, seconds / SLOTS),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
