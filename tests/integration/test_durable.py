"""Jobs outlive the processes that work on them: real processes, a real Redis, real signals."""

import asyncio
import signal
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import psutil
from aiohttp import ClientSession

from tests.films import Recipe, film
from tests.integration.process import ServerProcess, WorkerProcess
from tests.integration.redis import Redis
from tests.integration.service import eventually
from tests.integration.videos import Videos

LONG = Recipe(width_px=640, height_px=480, frames=75, rate_fps=30)
"""Takes a second, so that there is a middle of it."""
LEASE_S = 1.5
Settings: TypeAlias = dict[str, str | float]


def kept(folder: Path) -> list[str]:
    """The kinds of all files there are."""
    files = [path for path in (folder / "objects").rglob("*") if path.is_file()]
    return sorted(path.name.partition("_")[0] for path in files)


async def test_a_killed_server_completes_its_jobs(tmp_path: Path, http: ClientSession) -> None:
    """kill -9 in the middle, and a start: the job is done, there is one result, and nothing else
    is left of the first attempt."""
    server = ServerProcess(tmp_path / "data", job_lease_s=LEASE_S)
    await server.start()
    try:
        videos = Videos(http, server.url)
        result_id = await videos.ordered(await videos.upload(film(LONG)))
        await videos.until(result_id, "processing")
        working = tmp_path / "data" / "work" / "working"
        await eventually(lambda: any(working.glob("*/video.mp4")))
        children = psutil.Process(server.pid).children()
        await server.stop(signal.SIGKILL)
        await eventually(lambda: not any(child.is_running() for child in children))
        await server.start()
        document = await Videos(http, server.url).ended(result_id)
        assert (document["status"], document["frame_count"]) == ("completed", LONG.frames)
        assert kept(tmp_path / "data") == ["result", "thumb", "upload"]
        assert list(working.iterdir()) == []
        history = await (await http.get(f"{videos.url}/history/u1")).json()
        assert history["total"] == 1
    finally:
        await server.stop()


async def test_workers_share_a_queue(tmp_path: Path, http: ClientSession, redis: Redis) -> None:
    """Ten jobs on two workers, one of which is killed: all are completed, each once."""
    settings: Settings = {"redis_url": redis.url, "job_lease_s": LEASE_S, "job_places": 1}
    server = ServerProcess(tmp_path / "data", **settings)
    workers = [WorkerProcess(tmp_path / "data", **settings) for _ in range(2)]
    try:
        await asyncio.gather(server.start(), *(worker.start() for worker in workers))
        videos = Videos(http, server.url)
        upload_id = await videos.upload(film(replace(LONG, width_px=320, height_px=240, frames=12)))
        ids = [await videos.ordered(upload_id, no_cache=True) for _ in range(10)]
        await eventually(lambda: "job begun" in workers[0].output, 20)
        await eventually(lambda: "job begun" in workers[1].output, 20)
        await workers[0].stop(signal.SIGKILL)
        documents = [await videos.ended(one) for one in ids]
        assert {document["status"] for document in documents} == {"completed"}
        # A film is told of when its document says so, and not before.
        await eventually(lambda: sum(one.output.count("job ended") for one in workers) >= 10)
        assert sum(one.output.count("job ended") for one in workers) == 10
        assert kept(tmp_path / "data") == ["result"] * 10 + ["thumb"] * 10 + ["upload"]
        assert len({document["video_url"] for document in documents}) == 10
    finally:
        for process in (*workers, server):
            await process.stop()


async def test_a_lost_redis_is_found_again(
    tmp_path: Path, http: ClientSession, redis: Redis
) -> None:
    """Orders are taken while it is away, and done when it is back."""
    settings: Settings = {"redis_url": redis.url, "job_lease_s": LEASE_S}
    server = ServerProcess(tmp_path / "data", **settings)
    worker = WorkerProcess(tmp_path / "data", **settings)
    try:
        await asyncio.gather(server.start(), worker.start())
        await asyncio.to_thread(redis.stop)
        videos = Videos(http, server.url)
        result_id = await videos.ordered(await videos.upload())
        assert (await videos.result(result_id))["status"] == "queued"
        await asyncio.to_thread(redis.start)
        assert (await videos.ended(result_id))["status"] == "completed"
        assert await worker.stop() == 0
        assert await server.stop() == 0
    finally:
        for process in (worker, server):
            await process.stop()


async def test_a_stopped_worker_hands_its_job_back(
    tmp_path: Path, http: ClientSession, redis: Redis
) -> None:
    """SIGTERM: the exit code is 0, and another worker goes on at once."""
    settings: Settings = {"redis_url": redis.url, "job_lease_s": 60}
    server = ServerProcess(tmp_path / "data", **settings)
    workers = [WorkerProcess(tmp_path / "data", **settings) for _ in range(2)]
    try:
        await asyncio.gather(server.start(), workers[0].start())
        videos = Videos(http, server.url)
        result_id = await videos.ordered(await videos.upload(film(LONG)))
        await videos.until(result_id, "processing")
        assert await workers[0].stop() == 0
        assert (await videos.result(result_id))["status"] == "queued"
        await workers[1].start()
        assert (await videos.ended(result_id))["status"] == "completed"
    finally:
        for process in (*workers, server):
            await process.stop()
