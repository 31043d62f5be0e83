"""Measures the engine on one clip, in a process of its own that is bound to one core.

``python -m tests.bench.quality.stopwatch CLIP FRAMES`` prints JSON. Nothing of the engine may be
imported before its clock runs: what its libraries weigh is measured too.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias

import cv2
import numpy as np
import psutil

from media.frame import Picture
from processing.look import Look, parse_color
from tests.bench.figures import percentile
from tests.bench.pictures import fit

if TYPE_CHECKING:
    from processing.local.natural.engine import NaturalEngine

WARM_UP = 5
MEGABYTE = 1024**2
Times: TypeAlias = dict[str, list[float]]
"""By stage, processor time of this thread in ms, or as the engine itself reports it."""


def measure(clip: Path, count: int) -> dict[str, Any]:
    """All figures of one clip: ``ms`` by stage, seconds to load, megabytes, frames with a head."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    look = Look(engine="natural", color=parse_color("platinum")[0])
    weight = _Weight()
    began_s = time.perf_counter()
    engine = _imported()
    imported_s = time.perf_counter()
    engine.warm_up()
    loaded_s = time.perf_counter()
    weight.grown()
    pictures = _pictures(clip, count)
    weight.rest()
    tracking, heads = _tracking(engine, pictures, look)
    weight.grown()
    times = {**_stages(pictures, look), **_first_frames(engine, pictures, look), **tracking}
    return {
        "ms": {stage: _summary(values) for stage, values in times.items()},
        "import_s": imported_s - began_s,
        "load_s": loaded_s - imported_s,
        "rss_mb": weight.bytes / MEGABYTE,
        "heads": heads / len(pictures),
    }


def _pictures(clip: Path, count: int) -> Sequence[Picture]:
    from tests.bench.quality.clips import frames  # noqa: PLC0415

    return [fit(picture) for picture in frames(clip, count)]


class _Weight:
    """By how much the process has grown, but for what it did at rest."""

    def __init__(self) -> None:
        self.bytes = 0
        self._process = psutil.Process()
        self.rest()

    def rest(self) -> None:
        self._from_bytes: int = self._process.memory_info().rss

    def grown(self) -> None:
        self.bytes += self._process.memory_info().rss - self._from_bytes
        self.rest()


def _imported() -> "NaturalEngine":
    if "onnxruntime" in sys.modules:
        raise RuntimeError("the engine is imported already: its import cannot be measured")
    from processing.local.memory import keep_freed_memory  # noqa: PLC0415
    from processing.local.natural.engine import NaturalEngine  # noqa: PLC0415
    from processing.local.threads import use_one_thread_per_call  # noqa: PLC0415

    use_one_thread_per_call()
    keep_freed_memory()
    return NaturalEngine()


def _stages(pictures: Sequence[Picture], look: Look) -> Times:
    """Each stage by itself on frames that nothing is known about; those with a head."""
    from processing.local.natural.crop import take  # noqa: PLC0415
    from processing.local.natural.effort import LADDER  # noqa: PLC0415
    from processing.local.natural.hair_track import GRID, HairTrack  # noqa: PLC0415
    from processing.local.natural.heads import HeadFinder  # noqa: PLC0415
    from processing.local.natural.matte import refine  # noqa: PLC0415
    from processing.local.natural.model import HairModel  # noqa: PLC0415
    from processing.local.natural.recolour import Colourist, Dye  # noqa: PLC0415
    from processing.local.natural.view import View  # noqa: PLC0415

    finder, model, colourist, dye = HeadFinder(), HairModel(), Colourist(), Dye.of(look)
    times = Times()
    for picture in pictures:
        clock = _Clock(times)
        heads = finder.find(picture)
        clock.lap("locate")
        if not heads:
            continue
        square = HairTrack(heads[0]).square
        clock.start()
        hair = model.segment(take(picture, square, LADDER[0].crop_px)).hair
        clock.lap("segment")
        if hair.shape != (GRID, GRID):
            hair = np.asarray(cv2.resize(hair, (GRID, GRID)), np.float32)
        view = View(picture)
        draft = refine(hair, take(view.luma, square, GRID), square, view.luma)
        matte = draft.matte() if draft else None
        clock.lap("matte")
        if matte is not None:
            colourist.apply(view, matte, dye)
            clock.lap("recolour")
    return _settled(times)


class _Clock:
    """Adds laps of this thread's processor time to the stages."""

    def __init__(self, times: Times) -> None:
        self._times = times
        self.start()

    def start(self) -> None:
        self._at_ns = time.thread_time_ns()

    def lap(self, stage: str) -> None:
        now_ns = time.thread_time_ns()
        self._times.setdefault(stage, []).append((now_ns - self._at_ns) / 1e6)
        self.start()


def _first_frames(engine: "NaturalEngine", pictures: Sequence[Picture], look: Look) -> Times:
    """Every frame as the first of a client whose dye is ready."""
    times = Times()
    for picture in pictures:
        styler = engine.open()
        styler._dye_for(look)
        clock = _Clock(times)
        styler.render(picture, look)
        clock.lap("first frame")
    return _settled(times)


def _tracking(
    engine: "NaturalEngine", pictures: Sequence[Picture], look: Look
) -> tuple[Times, int]:
    """One client's frames, with the stages that the engine reports, and how many have a head."""
    times, heads = Times(), 0
    styler = engine.open()
    for picture in pictures:
        clock = _Clock(times)
        rendered = styler.render(picture, look)
        clock.lap("tracking")
        heads += bool(rendered.heads)
        for stage, spent_ms in rendered.stage_ms.items():
            times.setdefault(f"tracking: {stage}", []).append(spent_ms)
    return _settled(times), heads


def _settled(times: Times) -> Times:
    return {stage: values[WARM_UP:] for stage, values in times.items() if values[WARM_UP:]}


def _summary(values: Sequence[float]) -> dict[str, float]:
    return {
        "median": median(values),
        "p95": percentile(values, 0.95),
        "mean": sum(values) / len(values),
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
