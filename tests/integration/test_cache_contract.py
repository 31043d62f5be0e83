"""The contract of Cache, kept by every implementation: in memory, and on a real Redis."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import chain

import pytest

from storage.cache import Cache, cache_key
from storage.errors import StorageClosed, StorageFailed
from storage.memory_cache import MemoryCache
from storage.redis_cache import MAX_VALUE_BYTES, RedisCache
from storage.redis_link import RedisLink
from tests.integration.redis import Redis

LONG_S = 100.0
PATIENCE_S = 5.0


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    """A server for all tests of this file; each finds it empty."""
    server = Redis()
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["memory", "redis"])
async def opener(request: pytest.FixtureRequest) -> Callable[[], Cache]:
    """Opens the cache of a test, each time the same one if it is shared."""
    if request.param == "memory":
        return lambda: MemoryCache(MAX_VALUE_BYTES, time.monotonic)
    redis: Redis = request.getfixturevalue("redis")
    with redis.client() as client:
        client.flushall()
    return lambda: RedisCache(RedisLink(redis.url))


@pytest.fixture
async def cache(opener: Callable[[], Cache]) -> AsyncIterator[Cache]:
    cache = opener()
    yield cache
    await cache.close()


async def gone(cache: Cache, key: str) -> None:
    """Return as soon as the key is forgotten."""
    async with asyncio.timeout(PATIENCE_S):
        while await cache.get(key) is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_gives_back_what_was_set(cache: Cache) -> None:
    """A value comes back as the same bytes, an empty one too, and an unknown key as None."""
    await cache.set("a", b"\x00\xff\r\n", LONG_S)
    await cache.set("b", b"", LONG_S)
    assert [await cache.get(key) for key in "abc"] == [b"\x00\xff\r\n", b"", None]


async def test_a_photo_fits(cache: Cache) -> None:
    """A value of a megabyte comes back whole."""
    photo = bytes(range(256)) * 4096
    await cache.set("a", photo, LONG_S)
    assert await cache.get("a") == photo


async def test_replaces_the_value_and_its_time(cache: Cache) -> None:
    """Setting a key again replaces its value and starts its time anew, longer or shorter."""
    await cache.set("a", b"1", 0.05)
    await cache.set("a", b"2", LONG_S)
    await cache.set("b", b"3", LONG_S)
    await cache.set("b", b"4", 0.05)
    await gone(cache, "b")
    assert await cache.get("a") == b"2"


@pytest.mark.parametrize("ttl_s", [0.0, -1.0])
async def test_no_time_to_live_forgets_at_once(cache: Cache, ttl_s: float) -> None:
    """A value with no time to live is not kept, and takes the old value with it."""
    await cache.set("a", b"1", LONG_S)
    await cache.set("a", b"2", ttl_s)
    assert await cache.get("a") is None


async def test_too_large_is_refused_quietly(cache: Cache) -> None:
    """A value that is too large is not kept, and ends what its key held."""
    await cache.set("a", b"1", LONG_S)
    await cache.set("a", bytes(MAX_VALUE_BYTES + 1), LONG_S)
    assert await cache.get("a") is None


async def test_delete_forgets(cache: Cache) -> None:
    """A deleted key is gone, and deleting one that is unknown is no error."""
    await cache.set("a", b"1", LONG_S)
    await cache.set("b", b"2", LONG_S)
    await cache.delete("a")
    await cache.delete("a")
    assert [await cache.get(key) for key in "ab"] == [None, b"2"]


async def test_counts_from_one(cache: Cache) -> None:
    """Each key by itself; a count that is deleted begins anew."""
    counts = [await cache.count(key, LONG_S) for key in "aaba"]
    await cache.delete("a")
    assert (counts, await cache.count("a", LONG_S)) == ([1, 2, 1, 3], 1)


async def test_no_two_get_the_same_count(cache: Cache, opener: Callable[[], Cache]) -> None:
    """Twenty at once, five times each: every number from 1 to 100 once."""
    other = opener() if isinstance(cache, RedisCache) else cache

    async def counted(one: Cache) -> list[int]:
        return [await one.count("a", LONG_S) for _ in range(5)]

    counts = await asyncio.gather(*(counted((cache, other)[number % 2]) for number in range(20)))
    assert sorted(chain.from_iterable(counts)) == list(range(1, 101))
    await other.close()


async def test_counting_does_not_prolong(cache: Cache) -> None:
    """The first count says when it is over; the one after that is the first again."""
    assert await cache.count("a", 0.2) == 1
    assert await cache.count("a", LONG_S) == 2
    await gone(cache, "a")
    assert await cache.count("a", LONG_S) == 1


async def test_only_counts_are_counted(cache: Cache) -> None:
    """What is no number is not taken for one, and stays."""
    await cache.set("a", b"photo", LONG_S)
    with pytest.raises(StorageFailed):
        await cache.count("a", LONG_S)
    assert await cache.get("a") == b"photo"


async def test_one_holds(cache: Cache) -> None:
    """Until they let go, or say nothing for its time, which starts anew each time that they do."""
    assert await cache.hold("a", b"one", LONG_S)
    assert not await cache.hold("a", b"two", LONG_S)
    assert await cache.hold("a", b"one", 0.05)
    await gone(cache, "a")
    assert await cache.hold("a", b"two", 0.05)
    assert await cache.hold("a", b"two", LONG_S)
    await cache.let_go("a", b"one")
    assert not await cache.hold("a", b"one", LONG_S)
    await cache.let_go("a", b"two")
    assert [await cache.hold("a", b"one", LONG_S), await cache.get("a")] == [True, b"one"]


async def test_no_two_hold_at_once(cache: Cache, opener: Callable[[], Cache]) -> None:
    """Of twenty who want to, in two processes."""
    other = opener() if isinstance(cache, RedisCache) else cache
    held = ((cache, other)[number % 2].hold("a", b"%d" % number, LONG_S) for number in range(20))
    assert sum(await asyncio.gather(*held)) == 1
    await other.close()


async def test_forgets_a_user(cache: Cache) -> None:
    """All kinds of entries of exactly this user, of whatever other users' ids are made."""
    users = [
        "ann",
        "ann:x",
        "x:ann",
        "ann:x:ann",
        "an",
        "ann:",
        ":ann",
        "a.n",
        "*",
        "ann@b+c-d",
        "a|n",
    ]
    keys = [cache_key(kind, user, "1") for user in users for kind in ("style", "status")]
    for key in keys:
        await cache.set(key, b"1", LONG_S)
    await cache.count(cache_key("rate", "ann", "orders"), LONG_S)
    await cache.set(cache_key("edit", "ann", "1"), b"1", LONG_S)
    assert await cache.forget_user("ann", "edit") == 1
    await cache.set("ann", b"no user's", LONG_S)
    assert await cache.forget_user("ann") == 3
    left = [key for key in keys if await cache.get(key) is not None]
    assert left == keys[2:]
    assert await cache.get("ann") == b"no user's"
    assert await cache.forget_user("*") == 2
    again = [await cache.forget_user(user) for user in ("ann", "nobody", "", "ann:x")]
    assert again == [0, 0, 0, 2]


async def test_forgets_a_user_among_many(cache: Cache) -> None:
    """Many entries of others, some of which come and go meanwhile, hide none."""
    others = [cache_key("rate", f"user{number}", "1") for number in range(1200)]
    own = [cache_key("style", "ann", str(number)) for number in range(50)]
    some = 50  # As many at once as are answered in time on a busy machine.
    for start in range(0, len(others), some):
        await asyncio.gather(*(cache.count(key, LONG_S) for key in others[start : start + some]))
    await asyncio.gather(*(cache.set(key, b"1", LONG_S) for key in own))
    forgetting = asyncio.create_task(cache.forget_user("ann"))
    for start in range(0, 1000, some):
        await asyncio.gather(*(cache.delete(key) for key in others[start : start + some]))
    assert await forgetting == 50
    assert {await cache.get(key) for key in own} == {None}
    assert await cache.get(others[-1]) == b"1"


async def test_close_is_final_and_may_be_repeated(cache: Cache) -> None:
    """After the first close every other call says that the cache is closed."""
    await cache.ping()
    await cache.close()
    await cache.close()
    calls = (
        cache.get("a"),
        cache.set("a", b"1", 1.0),
        cache.delete("a"),
        cache.count("a", 1.0),
        cache.hold("a", b"1", 1.0),
        cache.let_go("a", b"1"),
        cache.forget_user("ann"),
        cache.ping(),
    )
    for call in calls:
        with pytest.raises(StorageClosed, match="has been closed"):
            await call
