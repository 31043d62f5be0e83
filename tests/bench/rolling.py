"""A rolling restart of two machines behind the gateway, under live sessions and films."""

import asyncio
import os
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp

from server.logs import pseudonym
from tests.bench.figures import total_counts
from tests.bench.fleet import Fleet, Machine, running_fleet
from tests.bench.pictures import films, video
from tests.bench.roaming import Journey, RoamingClient
from tests.bench.rolled import (
    FILMS,
    MACHINES,
    Probe,
    Restart,
    job_verdicts,
    probe_verdict,
    restarts_table,
    restarts_verdict,
    session_verdicts,
    sessions_table,
)
from tests.bench.scenarios import Options
from tests.bench.service import NO_LIMIT
from tests.integration.videos import API, Videos

SESSIONS: Final = 40
FILM_S, FILM_S_QUICK = 20, 6
PLACES: Final = 2
"""Films at once at each machine, so that one has room for all."""
SETTLE_S: Final = 6.0
LAST_ANSWERS_S: Final = 3.0
"""So long after the last frame each has its answer, or never will."""
JOBS_S: Final = 420.0
PROBE_S: Final = 0.1
ADDRESSES: Final = 4
"""From which the clients come; the gateway takes a hundred connections of each."""
SETTINGS: Final[dict[str, str | float]] = {
    "max_user_sessions": NO_LIMIT,
    "job_places": PLACES,
    "target_latency_ms": 1000,
    "proxies": "127.0.0.1",
    "threads": 1,
}


def rolling(options: Options) -> str:
    """Two instances behind nginx, and a worker beside each, stopped and started one after the
    other under 40 live sessions, which put another look on just before, and 4 films."""
    return asyncio.run(_roll(options))


async def _roll(options: Options) -> str:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running_fleet(Path(folder), MACHINES, SETTINGS) as fleet,
            _callers() as callers,
        ):
            url, rate_fps = fleet.gateway.url, options.rolling_fps
            reel, videos = films(), Videos(callers[0], url)
            seconds = FILM_S_QUICK if options.rounds == 1 else FILM_S
            clients = [
                RoamingClient(callers[number % ADDRESSES], url, f"u{number}", rate_fps, loop)
                for number, loop in ((one, reel[one % len(reel)]) for one in range(SESSIONS))
            ]
            probe, calm = Probe(), list[Journey]()
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(client.run()) for client in clients]
                running.append(tasks.create_task(_ask(callers[1], url, probe)))
                for client in clients:
                    await client.is_live.wait()
                await _dress(clients, MACHINES, options)
                jobs = await _order(videos, video(seconds, reel[0]))
                for client in clients:
                    client.forget_gaps()
                await asyncio.sleep(SETTLE_S)
                calm += [client.journey() for client in clients]
                restarts = [
                    await _restart(number, machine, clients, options)
                    for number, machine in enumerate(fleet.machines)
                ]
                load = os.getloadavg()[0]
                for client in clients:
                    client.rest()
                await asyncio.sleep(LAST_ANSWERS_S)
                for task in running:
                    task.cancel()
            ended = await _ended(videos, jobs)
            troubles = total_counts([client.troubles for client in clients])
            journeys = [client.journey() for client in clients]
            made = _made(fleet, jobs)
            files = await asyncio.to_thread(fleet.s3.files, fleet.bucket)
    parts = [
        f"the machine's load average after the restarts: {load:.1f}\n",
        sessions_table(journeys),
        restarts_table(restarts),
        restarts_verdict(restarts),
        *session_verdicts(calm, journeys, troubles),
        *job_verdicts(ended, made, files),
        probe_verdict(probe),
    ]
    return "\n".join(parts)


@asynccontextmanager
async def _callers() -> AsyncIterator[list[aiohttp.ClientSession]]:
    """Clients at several addresses, who take the gateway's certificate as it is."""
    callers = [
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=False, limit=0, local_addr=(f"127.0.0.{number + 2}", 0)
            )
        )
        for number in range(ADDRESSES)
    ]
    try:
        yield callers
    finally:
        for caller in callers:
            await caller.close()


async def _order(videos: Videos, film: bytes) -> list[tuple[str, str]]:
    """Films of users of their own, as soon as they are being changed: users and results."""
    jobs = []
    for number in range(FILMS):
        user_id = f"film-{number}"
        upload_id = await videos.upload(film, user_id)
        look = '{"color": "copper"}'
        jobs.append((user_id, await videos.ordered(upload_id, user_id=user_id, look=look)))
    for user_id, result_id in jobs:
        await videos.until(result_id, "processing", "completed", user_id=user_id)
    return jobs


async def _restart(
    number: int, machine: Machine, clients: Sequence[RoamingClient], options: Options
) -> Restart:
    """All put on something new first, a moment before the machine is told to stop."""
    await _dress(clients, number, options)
    began_s = time.monotonic()
    codes = await machine.stop()
    stopped_s = time.monotonic()
    await machine.start()
    ready_s = time.monotonic()
    await asyncio.sleep(SETTLE_S)
    return Restart(stopped_s - began_s, ready_s - stopped_s, codes)


async def _dress(clients: Sequence[RoamingClient], number: int, options: Options) -> None:
    """Each in another colour, and every time in others."""
    engine, intensity = options.rolling_engine, options.rolling_intensity
    for index, client in enumerate(clients):
        color = f"#{20 + 5 * index:02x}{80 * number:02x}20"
        await client.put_on({"engine": engine, "color": color, "intensity": intensity})


async def _ask(http: aiohttp.ClientSession, url: str, probe: Probe) -> None:
    """Something of the service, through the gateway, again and again."""
    while True:
        began_s = time.monotonic()
        async with http.get(f"{url}{API}/shades") as answer:
            await answer.read()
        probe.statuses[answer.status] += 1
        probe.longest_s = max(probe.longest_s, time.monotonic() - began_s)
        await asyncio.sleep(PROBE_S)


async def _ended(videos: Videos, jobs: Sequence[tuple[str, str]]) -> Counter[str]:
    """What became of the films."""
    states = Counter[str]()
    until_s = time.monotonic() + JOBS_S
    for user_id, result_id in jobs:
        while True:
            document: dict[str, Any] = await videos.result(result_id, user_id)
            is_over = document["status"] in ("completed", "failed", "cancelled")
            if is_over or time.monotonic() > until_s:
                break
            await asyncio.sleep(0.5)
        states[document["status"]] += 1
    return states


def _made(fleet: Fleet, jobs: Sequence[tuple[str, str]]) -> Counter[str]:
    """What the workers' logs say of these films: how often each word."""
    lines = [line for machine in fleet.machines for line in machine.worker.output.splitlines()]
    said = Counter[str]()
    for _, result_id in jobs:
        mine = [line for line in lines if pseudonym(result_id) in line]
        for words in ("job begun", "job handed back", "job ended"):
            said[words] += sum(f'"{words}"' in line for line in mine)
        said["ended once"] += sum('"job ended"' in line for line in mine) == 1
    return said
