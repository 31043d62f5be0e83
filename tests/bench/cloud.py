"""Live sessions beside photos that a cloud which hangs keeps waiting."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from aiohttp import ClientSession

from tests.bench.child import serving
from tests.bench.host import HOST
from tests.bench.plan import LoadReport
from tests.bench.scenarios import Cost, Options, cost_of, faults_of
from tests.bench.subjects import NATURAL, Subject, staged
from tests.bench.table import counts, table, verdict
from tests.integration.haircuts import Haircuts
from tests.pictures import jpeg, portrait

SESSIONS: Final = 4
RATE_FPS: Final = 15.0
PLACES: Final = 5
"""As many as the service has in the cloud, if nothing else is set."""
CLIENTS: Final = 7
"""More than there are places; so all of these are taken, and the others' photos are made here."""
LOOKING_S: Final = 20.0
"""Whoever has a picture looks at it before the next. A photo that is made here costs live frames
something wherever the cloud is, and is not what is measured: so there are as many of them
without a cloud."""
WARM_UP_S: Final = 3.0
RATIO_MAX: Final = 1.10
_ALONE: Final = "without a cloud"
_BESIDE: Final = "the cloud hangs"


@dataclass(frozen=True, slots=True)
class _Asked:
    """Clients, and their answers: who made the picture, or why not the cloud; and who has none."""

    has_cloud: bool
    users: tuple[str, ...]
    answers: Counter[str] = field(default_factory=Counter)
    waiting: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Run:
    """What the sessions saw, and what became of the photos beside them."""

    name: str
    cost: Cost
    asked: _Asked
    faults: list[str]


def cloud(options: Options) -> str:
    """Four sessions at camera speed beside photos, without a cloud and while it hangs, in turns."""
    alone, beside = list[_Run](), list[_Run]()
    for number in range(options.rounds):
        order = (_alone, _beside) if number % 2 else (_beside, _alone)
        for measure in order:
            (alone if measure is _alone else beside).append(measure(options))
    runs = [run for pair in zip(alone, beside, strict=True) for run in pair]
    return "\n".join([_table(runs), *_verdicts(alone, beside)])


def _alone(options: Options) -> _Run:
    """Each run has a service of its own: what one left waiting is none of the next one's."""
    with staged(NATURAL, options.threads, 0.0) as server:
        return _asked_of(server, options, _ALONE, CLIENTS - PLACES)


def _beside(options: Options) -> _Run:
    with serving("tests.bench.cloud_host") as host:
        account = f"--replicate-url=http://{HOST}:{host.port}"
        with staged(NATURAL, options.threads, 0.0, account) as server:
            return _asked_of(server, options, _BESIDE, CLIENTS)


def _asked_of(server: Subject, options: Options, name: str, clients: int) -> _Run:
    """Measured while so many clients ask for photos. Those whose photos are made here, without a
    cloud all of them, are as many in each run."""
    asked = _Asked(has_cloud=name is _BESIDE, users=tuple(f"u{at}" for at in range(clients)))
    report = asyncio.run(_while_asked(server, lambda: _measure(server, options), asked))
    return _Run(name, cost_of(report), asked, faults_of(name, report))


async def _while_asked(
    server: Subject, measure: Callable[[], LoadReport], asked: _Asked
) -> LoadReport:
    async with ClientSession() as http, asyncio.TaskGroup() as tasks:
        haircuts = Haircuts(http, f"http://{HOST}:{server.server.port}")
        if asked.has_cloud:  # without a cloud there is nothing to agree to
            for user in asked.users:
                await haircuts.agree(user)
        asking = [tasks.create_task(_ask(haircuts, user, asked)) for user in asked.users]
        while asked.answers.total() < CLIENTS - PLACES:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        report = await asyncio.to_thread(measure)
        for task in asking:
            task.cancel()
        return report


async def _ask(haircuts: Haircuts, user: str, asked: _Asked) -> None:
    """Again and again, until it is cancelled."""
    photo = jpeg(portrait())
    asked.waiting.add(user)
    while True:
        made_by = await haircuts.made_by(photo, user, look='{"color": "copper"}')
        asked.answers[made_by] += 1
        asked.waiting.discard(user)
        await asyncio.sleep(LOOKING_S)


def _measure(server: Subject, options: Options) -> LoadReport:
    rates_fps = [RATE_FPS] * SESSIONS
    return server.measure("binary", rates_fps, window_s=options.cloud_s, warm_up_s=WARM_UP_S)


def _table(runs: list[_Run]) -> str:
    heads = [f"{SESSIONS} x {RATE_FPS:g}/s, {NATURAL}", "frames/s", "p50 ms", "p95 ms", "cores",
             "waiting", "made here", "drops"]  # fmt: skip
    rows = [
        [
            run.name,
            f"{run.cost.fps:.1f}",
            f"{run.cost.p50_ms:.2f}",
            f"{run.cost.p95_ms:.2f}",
            f"{run.cost.cores:.2f}",
            str(len(run.asked.waiting)),
            counts(run.asked.answers),
            counts(run.cost.drops),
        ]
        for run in runs
    ]
    return table(heads, rows)


def _verdicts(alone: list[_Run], beside: list[_Run]) -> list[str]:
    pairs = list(zip(alone, beside, strict=True))
    p95 = median(hanging.cost.p95_ms / own.cost.p95_ms for own, hanging in pairs)
    waited = all(len(run.asked.waiting) == PLACES for run in beside)
    faults = sorted({fault for run in (*alone, *beside) for fault in run.faults})
    return [
        verdict(p95 <= RATIO_MAX, f"p95 while the cloud hangs: {p95:.2f} of that without (1.10)"),
        verdict(waited, f"{PLACES} of {CLIENTS} clients wait for it all the time"),
        verdict(not faults, "; ".join(faults) or "every frame has exactly one answer"),
    ]
