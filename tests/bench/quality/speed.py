"""Part ``speed``: what a frame costs on one core, stage by stage, and what the engine weighs."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.quality.clips import clips
from tests.bench.quality.options import Options
from tests.bench.quality.report import Report, figure
from tests.bench.table import percent, table

NOTES = """\
640x480, one thread on one core; ms of processor time: median / 95th percentile / mean. Each stage \
by itself on frames that nothing is known about (only those with a head); `first frame`: all of \
the engine for a new client; `tracking`: all of it for one client who sees the clip, with the \
stages as the engine reports them (wall time). Look: platinum at full intensity. `import` is the \
engine's modules and onnxruntime, `load` both networks with a first look, `memory` by how much the \
process has grown after the clip."""


def run(options: Options) -> Report:
    """Every clip in a process of its own."""
    found = {
        name: _measured_apart(path, options.frames) for name, path in clips(options.media).items()
    }
    stages = list(dict.fromkeys(stage for of in found.values() for stage in of["ms"]))
    rows = [[stage, *(_cell(of["ms"].get(stage)) for of in found.values())] for stage in stages]
    rows += [
        ["import s", *(figure(of["import_s"], 2) for of in found.values())],
        ["load s", *(figure(of["load_s"], 2) for of in found.values())],
        ["memory MB", *(figure(of["rss_mb"], 0) for of in found.values())],
        ["frames with a head", *(percent(of["heads"]) for of in found.values())],
    ]
    return Report("speed", f"{NOTES}\n\n{table(['stage', *found], rows)}", found)


def _cell(of: Mapping[str, float] | None) -> str:
    values = [of[kind] for kind in ("median", "p95", "mean")] if of else []
    return " / ".join(figure(value, 2) for value in values) or "-"


def _measured_apart(path: Path, count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.quality.stopwatch", str(path), str(count)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured
