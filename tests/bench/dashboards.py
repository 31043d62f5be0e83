"""What the dashboards ask, of a real Prometheus that watches a service used in every way."""

import asyncio
import math
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession

from tests.bench.pictures import fit
from tests.bench.prometheus import SCRAPES_S, Answer, Prometheus, prometheus
from tests.bench.scenarios import Options
from tests.bench.table import table, verdict
from tests.grafana import queries
from tests.integration.client import Caller
from tests.integration.haircuts import Haircuts
from tests.integration.process import ExecutedProcess, WorkerProcess
from tests.integration.programs import free_port
from tests.integration.redis import Redis
from tests.integration.videos import Videos
from tests.pictures import jpeg, portrait
from tests.replicate.mischief import Reply
from tests.replicate.outputs import Output, OutputHost
from tests.replicate.predictions import Course
from tests.replicate.service import TOKEN, ReplicateService
from tests.rtc import RtcClient, Watcher

USED_S: Final = 30.0
WINDOW: Final = "20s"
"""Over how long rates are taken: some of the time of use, in which all has begun."""
CAMERA_FPS: Final = 10.0
BURST: Final = 8
"""Frames at once: more than are taken."""
LOOK: Final = '{"engine": "natural", "color": "copper"}'
PHOTO: Final = jpeg(portrait())


@dataclass(frozen=True, slots=True)
class _Stage:
    """A service of two workers, and how it is called."""

    url: str
    http: ClientSession
    cloud: ReplicateService
    video_ended: asyncio.Event


def dashboards(_: Options) -> str:
    """Two workers and one for videos; live by both ways, a viewer, photos, the cloud, videos."""
    return asyncio.run(_measure())


async def _measure() -> str:
    with tempfile.TemporaryDirectory() as name:
        async with _staged(Path(name)) as (stage, watching), asyncio.TaskGroup() as tasks:
            ways = (_live, _call, _photos, _haircuts, _videos)
            used = [tasks.create_task(_again(way, stage)) for way in ways]
            await asyncio.sleep(USED_S)
            await _video_ended(stage)
            answers = [(title, query, await _ask(watching, query)) for title, query in queries()]
            for task in used:
                task.cancel()
    return _told(answers)


@asynccontextmanager
async def _staged(folder: Path) -> AsyncIterator[tuple[_Stage, Prometheus]]:
    async with AsyncExitStack() as stack:
        redis, cloud, outputs = Redis(), ReplicateService(), OutputHost()
        stack.callback(redis.stop)
        redis.start()
        for stand_in in (cloud, outputs):
            await stand_in.start()
            stack.push_async_callback(stand_in.stop)
        cloud.course = Course(output=outputs.put(Output(PHOTO)))
        settings: dict[str, str | float] = {
            "redis_url": redis.url, "replicate_api_token": TOKEN, "replicate_url": cloud.url,
            "cloud_hosts": "127.0.0.1", "metrics_port": free_port(),
            "metrics_networks": "127.0.0.0/8",
        }  # fmt: skip
        data = folder / "data"
        server = ExecutedProcess(data, workers=2, threads=1, **settings)
        worker = WorkerProcess(data, **settings)
        for process in (server, worker):
            stack.push_async_callback(process.stop)
            await process.start()
        urls = [server.url, f"http://127.0.0.1:{settings['metrics_port']}"]
        watching = await stack.enter_async_context(prometheus(folder / "prometheus", urls))
        http = await stack.enter_async_context(ClientSession())
        yield _Stage(server.url, http, cloud, asyncio.Event()), watching


async def _video_ended(stage: _Stage) -> None:
    """Return when the next one has, and Prometheus knows of it: the time of one is told when it
    has ended, and a worker waits for a processor here."""
    stage.video_ended.clear()
    await stage.video_ended.wait()
    await asyncio.sleep(3 * SCRAPES_S)


async def _again(way: Callable[[_Stage], Awaitable[None]], stage: _Stage) -> None:
    """Until it is cancelled."""
    while True:
        await way(stage)
        await asyncio.sleep(0.2)


async def _live(stage: _Stage) -> None:
    """Frames in bursts, of which some are dropped, and one that is none."""
    caller = Caller(stage.http, stage.url)
    frame = jpeg(fit(portrait()))
    try:
        client = await caller.join("live", "u1")
        await client.ask("set_look", look={"engine": "natural", "color": "copper"})
        for picture in (*[frame] * BURST, b"no picture"):
            await client.send_frame("f", picture)
        for _ in range(BURST + 1):
            await client.receive()
    finally:
        await caller.close()


async def _call(stage: _Stage) -> None:
    """Some seconds by WebRTC with a slow camera, and somebody who watches."""
    client, viewer = RtcClient(stage.http, stage.url), Watcher(stage.http, stage.url)
    client.camera.rate = CAMERA_FPS
    try:
        await client.connect("call", "u2")
        await viewer.connect("call", "u2")
        await asyncio.sleep(USED_S / 2)
    finally:
        await viewer.close()
        await client.close()
        for location in (viewer.location, client.location):
            await stage.http.delete(location)


async def _photos(stage: _Stage) -> None:
    """The same one twice, so that it is found the second time."""
    haircuts = Haircuts(stage.http, stage.url)
    for _ in range(2):
        await haircuts.made_by(PHOTO, look=LOOK, engine="local")


async def _haircuts(stage: _Stage) -> None:
    """One that the cloud makes, and one that it refuses."""
    haircuts = Haircuts(stage.http, stage.url)
    await haircuts.agree()
    await haircuts.made_by(PHOTO, look='{"color": "copper"}')
    stage.cloud.orders.once("create", Reply(422))
    await haircuts.made_by(PHOTO, look='{"color": "burgundy"}')


async def _videos(stage: _Stage) -> None:
    """One, to its end."""
    videos = Videos(stage.http, stage.url)
    await videos.ended(await videos.ordered(await videos.upload(), no_cache=True))
    stage.video_ended.set()


async def _ask(watching: Prometheus, query: str) -> Answer:
    return await watching.ask(query.replace("$__rate_interval", WINDOW))


def _told(answers: Sequence[tuple[str, str, Answer]]) -> str:
    rows = [
        [title, str(len(answer)), ", ".join(f"{_number(one):.3g}" for one in answer[:3])]
        for title, _, answer in answers
    ]
    mute = [query for _, query, answer in answers if not any(map(_is_number, answer))]
    claim = f"{len(answers) - len(mute)} of {len(answers)} queries are answered"
    return "\n".join(
        [table(["panel", "series", "the first"], rows), verdict(not mute, claim), *mute]
    )


def _number(series: dict[str, Any]) -> float:
    return float(series["value"][1])


def _is_number(series: dict[str, Any]) -> bool:
    return math.isfinite(_number(series))
