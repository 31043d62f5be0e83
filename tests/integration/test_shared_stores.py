"""Several machines, each with a data folder of its own, that share MongoDB, S3 and Redis."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests import pictures
from tests.integration.client import Caller, text_of
from tests.integration.process import ServerProcess, WorkerProcess
from tests.integration.redis import Redis
from tests.integration.s3 import S3, running_s3
from tests.integration.sealed import KEY
from tests.integration.videos import Videos


@pytest.fixture
def s3() -> Iterator[S3]:
    with running_s3() as server:
        yield server


@pytest.fixture
def bucket(s3: S3, monkeypatch: pytest.MonkeyPatch) -> str:
    """Its address; the environment says where it is."""
    for name, value in s3.variables.items():
        monkeypatch.setenv(name, value)
    return s3.make_bucket()


@pytest.fixture
async def machines(
    mongo_uri: str, bucket: str, redis: Redis, tmp_path: Path
) -> AsyncIterator[tuple[ServerProcess, ServerProcess]]:
    """Two servers, and a worker that does their jobs."""
    settings = {
        "mongodb_uri": mongo_uri,
        "redis_url": redis.url,
        "files_url": bucket,
        "file_keys": KEY,
    }
    first, second = (ServerProcess(tmp_path / name, **settings) for name in ("one", "two"))
    worker = WorkerProcess(tmp_path / "worker", **settings)
    try:
        await asyncio.gather(first.start(), second.start(), worker.start())
        yield first, second
    finally:
        for process in (worker, first, second):
            await process.stop()


async def test_everything_is_had_everywhere(
    machines: tuple[ServerProcess, ServerProcess], s3: S3, bucket: str, tmp_path: Path
) -> None:
    """Uploaded here, changed by a worker elsewhere, fetched and erased there: with the erasure the
    live session here ends too, and its photo was known there before."""
    async with ClientSession() as http:
        here, there = (Videos(http, machine.url) for machine in machines)
        callers = [Caller(http, machine.url) for machine in machines]
        try:
            live = await callers[0].join("s1", "u1")
            photo = text_of(pictures.jpeg(pictures.portrait()))
            look = {"engine": "classic"}
            assert (await live.ask("set_look", look=look))["type"] == "look_set"
            assert (await live.ask("set_style_image", image_data=photo))["applied"] == ["style"]
            result_id = await here.ordered(await here.upload())
            result = await there.ended(result_id)
            assert result["status"] == "completed"
            status, video, headers = await there.file(result["video_url"])
            assert (status, headers["Content-Type"]) == (200, "video/mp4")
            part = await here.file(result["video_url"], Range="bytes=10-99")
            assert (part[0], part[1]) == (206, video[10:100])
            # The upload, the result and its thumbnail; on the machines there is none of them.
            assert await asyncio.to_thread(s3.files, bucket) == 3
            assert _files(tmp_path) == []
            async with http.delete(f"{there.url}/user/u1/data") as answer:
                erased = await answer.json()
            assert answer.status == 200
            assert (erased["uploads"], erased["results"], erased["sessions"]) == (1, 1, 1)
            assert erased["cache_entries"] >= 1
            assert (await live.until_closed()).code == 4410
            assert (await here.file(result["video_url"]))[0] == 404
            assert await asyncio.to_thread(s3.files, bucket) == 0
        finally:
            for caller in callers:
                await caller.close()


def _files(folder: Path) -> list[Path]:
    """All that the machines hold, but for the mark that their folders are in use."""
    return [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
