"""The service with a Redis for its cache, and without it when it is away."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from server.result_cache import RESULT_CACHE
from tests.films import film
from tests.integration.client import text_of
from tests.integration.process import ServerProcess, WorkerProcess
from tests.integration.redis import Redis
from tests.integration.service import Service, StartService, eventually
from tests.integration.test_durable import LONG
from tests.integration.videos import Videos
from tests.pictures import jpeg

HEALTH = "/api/hair-tryOn/health"


async def health(service: Service) -> tuple[int, dict[str, Any]]:
    answer = await service.caller.http.get(service.caller.url + HEALTH)
    return answer.status, await answer.json()


async def connected(service: Service) -> None:
    """Return as soon as the health page says so."""
    async with asyncio.timeout(10):
        while (await health(service))[1]["cache"] != "connected":  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_photos_are_kept_in_redis(redis: Redis, start_service: StartService) -> None:
    """For an hour, under their user's name; another process of the service finds them."""
    service = await start_service(redis_url=redis.url)
    assert (await health(service))[1]["cache"] == "connected"
    client = await service.caller.join()
    await client.ask("set_style_image", image_data=text_of(jpeg()))
    with redis.client() as plain:
        await eventually(lambda: len(plain.keys("hair-tryon:style:*")) == 1)
        (name,) = plain.keys("hair-tryon:style:u1:*")
        assert 3_590_000 < plain.pttl(name) <= 3_600_000
    await client.close()
    await service.settled()
    await service.runner.cleanup()
    again = await (await start_service(redis_url=redis.url)).caller.connect()
    assert (await again.receive())["look"]["style_image"]


async def test_starts_and_goes_on_without_it(redis: Redis, start_service: StartService) -> None:
    """Sessions run, photos are worn though not kept, the service is healthy and says what is
    missing; when Redis comes it is used."""
    await asyncio.to_thread(redis.stop)
    service = await start_service(redis_url=redis.url)
    status, body = await health(service)
    assert (status, body["status"], body["cache"]) == (200, "healthy", "unavailable")
    client = await service.caller.join()
    worn = await client.ask("set_style_image", image_data=text_of(jpeg()))
    assert worn["type"] == "style_set"
    assert (await client.process("f1", jpeg()))["type"] == "processed_frame"
    assert (await service.document()).style_image_data is None
    await asyncio.to_thread(redis.start)
    await connected(service)
    await client.ask("set_style_image", image_data=text_of(jpeg()))
    with redis.client() as plain:
        await eventually(lambda: len(plain.keys("hair-tryon:style:u1:*")) == 1)


async def test_starts_while_it_hangs(redis: Redis, tmp_path: Path, http: ClientSession) -> None:
    """A Redis that takes in connections and says nothing holds up neither start nor stop."""
    redis.hang()
    server = ServerProcess(tmp_path / "data", redis_url=redis.url)
    try:
        await server.start()
        async with http.get(server.url + HEALTH) as answer:
            body = await answer.json()
        assert (answer.status, body["cache"]) == (200, "unavailable")
        assert await server.stop() == 0
        assert server.output.count("redis unavailable") == 1
    finally:
        await server.stop()


async def test_progress_comes_by_way_of_redis(
    redis: Redis, tmp_path: Path, http: ClientSession
) -> None:
    """From a worker that tells the database seldom; when it has ended the same order again is
    answered with the result, and nothing else is left in Redis."""
    settings: dict[str, str | float] = {"redis_url": redis.url, "job_lease_s": 600}
    server = ServerProcess(tmp_path / "data", **settings)
    worker = WorkerProcess(tmp_path / "data", **settings)
    try:
        await asyncio.gather(server.start(), worker.start())
        videos = Videos(http, server.url)
        upload_id = await videos.upload(film(replace(LONG, frames=60)))
        result_id = await videos.ordered(upload_id)
        assert (await videos.until_frames(result_id, 1))["status"] == "processing"
        assert (await videos.ended(result_id))["status"] == "completed"
        assert (await videos.order(upload_id)).headers[RESULT_CACHE] == "hit"
        with redis.client() as plain:
            await eventually(lambda: not plain.keys("hair-tryon:status:*"))
            assert len(plain.keys("hair-tryon:*:u1:*")) == 1
    finally:
        for process in (worker, server):
            await process.stop()
