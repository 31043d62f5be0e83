"""Jobs' live progress by way of the cache, which may be away, late or wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from server.jobs import progress
from server.jobs.progress import LiveProgress, up_to_date
from storage.errors import StorageFailed
from storage.memory_cache import MemoryCache
from storage.results import ResultStatus
from tests.integration.records import RESULT

KEY = "status:ann:r1"
RUNNING = replace(RESULT, status=ResultStatus.PROCESSING, lease_owner="w1", frames_done=10)


class Away(MemoryCache):
    """A cache that cannot be reached; it counts who tries."""

    tries = 0

    async def get(self, key: str) -> bytes | None:
        raise StorageFailed

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        self.tries += 1
        raise StorageFailed

    async def delete(self, key: str) -> None:
        self.tries += 1
        raise StorageFailed


@pytest.fixture
def cache() -> MemoryCache:
    return MemoryCache(100_000, lambda: 0.0)


@asynccontextmanager
async def telling(cache: MemoryCache) -> AsyncIterator[LiveProgress]:
    live = LiveProgress(cache)
    running = asyncio.create_task(live.run())
    yield live
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def frames(cache: MemoryCache) -> int:
    return (await up_to_date(RUNNING, cache)).frames_done


async def test_what_is_told_is_seen(cache: MemoryCache) -> None:
    """At once, and not again before the pace allows it; the end tells what is left."""
    async with telling(cache) as live:
        live.tell(RUNNING, "w1", 11)
        await settled()
        assert await frames(cache) == 11
        for number in (12, 13, 14):
            live.tell(RUNNING, "w1", number)
        await settled()
        assert await frames(cache) == 11
    assert await frames(cache) == 14


async def test_the_newest_state_follows(
    cache: MemoryCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By itself, for each job by its own."""
    monkeypatch.setattr(progress, "PACE_S", 0.0)
    other = replace(RUNNING, result_id="r2")
    async with telling(cache) as live:
        for number in (20, 30, 40):
            live.tell(RUNNING, "w1", number)
            live.tell(other, "w1", number + 5)
            await settled()
        assert await frames(cache) == 40
        assert (await up_to_date(other, cache)).frames_done == 45


async def test_a_job_that_ended_leaves_nothing(cache: MemoryCache) -> None:
    """Its entry goes, also when it ended before it was told."""
    async with telling(cache) as live:
        live.tell(RUNNING, "w1", 11)
        await settled()
        live.tell(RUNNING, "w1", 12)
        live.end(RUNNING)
    assert await cache.get(KEY) is None


class Lost(MemoryCache):
    """Two of what is to be forgotten do not reach it."""

    losses = 2

    async def delete(self, key: str) -> None:
        if self.losses:
            self.losses -= 1
            raise StorageFailed
        await super().delete(key)


async def test_the_end_of_a_job_is_told_until_it_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its user may have been erased; others' progress follows."""
    monkeypatch.setattr(progress, "PACE_S", 0.0)
    lost, other = Lost(100_000, lambda: 0.0), replace(RUNNING, result_id="r2")
    async with telling(lost) as live:
        live.tell(RUNNING, "w1", 11)
        await settled()
        live.end(RUNNING)
        live.tell(other, "w1", 12)
        for _ in range(3):
            await settled()
        assert await lost.get(KEY) is None
        assert (await up_to_date(other, lost)).frames_done == 12


async def test_a_cache_that_is_away_harms_nobody() -> None:
    """Who tells goes on telling, and who watches sees what the database knows."""
    away = Away(0, lambda: 0.0)
    async with telling(away) as live:
        live.tell(RUNNING, "w1", 11)
        await settled()
        live.end(RUNNING)
    assert away.tries == 2
    assert await up_to_date(RUNNING, away) is RUNNING


@pytest.mark.parametrize(
    ("entry", "frames_done"),
    [
        (b'{"owner": "w1", "frames_done": 11}', 11),
        (b'{"owner": "w1", "frames_done": 9}', 10),
        (b'{"owner": "w1", "frames_done": 1000}', 150),
        (b'{"owner": "w0", "frames_done": 11}', 10),
        (b'{"owner": "w1", "frames_done": -1}', 10),
        (b'{"owner": "w1", "frames_done": 1e999}', 10),
        (b'{"owner": null, "frames_done": 11}', 10),
        (b"\xff", 10),
        (b"", 10),
    ],
)
async def test_the_database_is_the_truth(
    cache: MemoryCache, entry: bytes, frames_done: int
) -> None:
    """An entry that is late, of another attempt or nonsense changes nothing."""
    await cache.set(KEY, entry, 1.0)
    assert await frames(cache) == frames_done


@pytest.mark.parametrize("status", [one for one in ResultStatus if one != "processing"])
async def test_only_what_is_worked_on_has_progress(
    cache: MemoryCache, status: ResultStatus
) -> None:
    """One that waits again, or has ended, is as the database says."""
    await cache.set(KEY, b'{"owner": "w1", "frames_done": 11}', 1.0)
    record = replace(RUNNING, status=status)
    assert await up_to_date(record, cache) is record
