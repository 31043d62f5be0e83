"""Runs: the service is started, loaded, watched, and stopped."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Final

from aiohttp import ClientSession

from tests.bench.service import NO_LIMIT
from tests.integration.process import ExecutedProcess
from tests.load.generator import LoadPlan, generate
from tests.load.recorder import FRAME, Record
from tests.load.vitals import Vitals, Watch, has_returned, settled
from tests.load.who import SETTINGS

SERVICE: Final[dict[str, str | float]] = {
    **SETTINGS,
    "connections_per_minute": NO_LIMIT,
    "max_queued_jobs": 1000,
    "metrics_networks": "127.0.0.0/8",
    "log_level": "warning",
}
"""Closed doors, and limits for each user as they are. All come from one address, which has none."""
SERVED: Final = "is served on"
WARM_UP_S, CAPACITY_S = 20.0, 20.0
CAPACITY_USERS, RAMP_SLOTS = 8, 4
SETTLE_S: Final = 90.0
CALM_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run: what was done, how it was answered, and what the service held meanwhile, by seconds
    since it began; before and after it nobody was there."""

    plan: LoadPlan
    capacity_fps: float | None
    record: Record
    samples: list[Vitals]
    before: Vitals
    after: Vitals
    exit_code: int
    complaints: list[str] = field(default_factory=list)


class LoadedService(ExecutedProcess):
    """The service, whose output is what it complains of."""

    start_timeout_s = 120.0


async def run(
    plan: LoadPlan, interval_s: float, share: float = 0.0, told_fps: float = 0.0
) -> Outcome:
    """Warm the service up, and carry the plan out.

    With a share there are as many people live as make up this share of the capacity, which is
    ``told_fps`` in frames a second, or measured first.
    """
    async with _serving() as (service, watch, folder):
        capacity_fps = None
        await generate(_warm_up(plan), service.url, folder)
        if share:
            capacity_fps = told_fps or await _capacity_fps(plan, service.url, folder)
            plan = replace(plan, live_users=max(1, round(share * capacity_fps / plan.live_fps)))
        await asyncio.sleep(CALM_S)
        before = await settled(watch, lambda now: now.sessions == 0, SETTLE_S)
        samples = list[Vitals]()
        watching = asyncio.create_task(watch.look_again(samples, interval_s))
        try:
            record = await generate(plan, service.url, folder, watch.load_begun)
        finally:
            watching.cancel()
            await asyncio.wait([watching])
        await asyncio.sleep(CALM_S)
        after = await settled(watch, lambda now: has_returned(before, now), SETTLE_S)
        code = await service.stop()
        samples = [replace(one, at_s=one.at_s - record.began_s) for one in samples]
        samples = [one for one in samples if one.at_s >= 0]
        complaints = [line for line in service.output.splitlines() if SERVED not in line]
    return Outcome(plan, capacity_fps, record, samples, before, after, code, complaints)


@asynccontextmanager
async def _serving() -> AsyncIterator[tuple[LoadedService, Watch, Path]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        service = LoadedService(folder / "data", **SERVICE)
        await service.start()
        try:
            async with ClientSession() as http:
                yield service, Watch(http, service.url, service.pid), folder
        finally:
            await service.stop()


def _warm_up(plan: LoadPlan) -> LoadPlan:
    """Everything once or twice, so that pools and networks are there."""
    return replace(plan, seconds=WARM_UP_S, live_users=4, live_fps=5.0, visitors_per_minute=60.0)


async def _capacity_fps(plan: LoadPlan, url: str, folder: Path) -> float:
    """Frames a second that come back to a few who send as soon as they are answered, with what else
    is to be done besides."""
    most = replace(
        plan, seconds=CAPACITY_S, live_users=CAPACITY_USERS, live_fps=0.0, session_s=CAPACITY_S,
        slot_s=1.0,
    )  # fmt: skip
    record = await generate(most, url, folder)
    return median(row.per_s for row in record.of(FRAME)[RAMP_SLOTS:])
