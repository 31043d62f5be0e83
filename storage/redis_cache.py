"""The cache on a Redis, or on what speaks as one, that may go away and come back."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from contextvars import Context
from typing import Any, Final, TypeAlias

import structlog
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.exceptions import RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig

from storage.cache import user_of
from storage.errors import StorageClosed, StorageFailed, StorageUnsuitable

PREFIX: Final = "hair-tryon:"
"""Before every key, since others may use the same Redis."""
MAX_VALUE_BYTES: Final = 4 * 1024 * 1024
"""A larger value could take so long on its way that Redis seemed to be away."""
PLACES: Final = 16
"""So many calls are made at once, each on a connection of its own; further ones wait."""
CALL_S: Final = 1.0
"""A call that takes longer has failed: whoever calls goes on without a cache."""
PAUSE_S: Final = 1.0
"""Between two looks whether Redis is back."""
CHECK_S: Final = 30
"""A connection that was idle for so long is tried before it is used."""
SCAN_KEYS: Final = 1000
"""About so many keys are looked through in one call, which takes Redis less than a millisecond."""

_OPTIONS: Final[Mapping[str, Any]] = {
    # One for looking whether Redis is back, besides the calls'.
    "max_connections": PLACES + 1,
    "socket_keepalive": True,
    "health_check_interval": CHECK_S,
    "retry": None,
    "retry_on_timeout": False,
    "decode_responses": False,
    # The older protocol is spoken by all; the newer one, and telling who one is, would only cost a
    # new connection time.
    "protocol": 2,
    "driver_info": None,
    "maint_notifications_config": MaintNotificationsConfig(enabled=False),
}

Ask: TypeAlias = Callable[[Redis], Awaitable[Any]]
"""What is asked of Redis in one call."""

log = structlog.get_logger(__name__)


class RedisCache:
    """See Cache. Nothing is opened before the first call, and no call takes longer than ``call_s``.

    When one has failed those after it fail at once, until Redis answers again, which is asked
    every ``pause_s``. Calls go on when those who made them are cancelled, so that their connections
    are fit for the next ones.
    """

    def __init__(self, url: str, *, call_s: float = CALL_S, pause_s: float = PAUSE_S) -> None:
        """Raises StorageUnsuitable if the URL is none of a Redis."""
        self._call_s = call_s
        self._pause_s = pause_s
        self._pool = _pool(url, call_s)
        self._redis = Redis(connection_pool=self._pool)
        self._places = asyncio.Semaphore(PLACES)
        self._calls = set[asyncio.Task[Any]]()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    async def get(self, key: str) -> bytes | None:
        """See Cache."""
        name = _name(key)
        value: bytes | None = await self._call(lambda redis: redis.get(name))
        return value

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """See Cache. At most MAX_VALUE_BYTES are kept."""
        name = _name(key)
        if ttl_s > 0 and len(value) <= MAX_VALUE_BYTES:
            await self._call(lambda redis: redis.set(name, value, px=_ms(ttl_s)))
        else:
            await self._call(lambda redis: redis.unlink(name))

    async def delete(self, key: str) -> None:
        """See Cache."""
        name = _name(key)
        await self._call(lambda redis: redis.unlink(name))

    async def count(self, key: str, ttl_s: float) -> int:
        """See Cache."""
        name = _name(key)

        async def count(redis: Redis) -> int:
            async with redis.pipeline(transaction=True) as steps:
                steps.set(name, 0, px=_ms(ttl_s), nx=True)
                steps.incr(name)
                return int((await steps.execute())[-1])

        counted: int = await self._call(count)
        return counted

    async def forget_user(self, user_id: str) -> int:
        """See Cache. The whole Redis is looked through, some keys at a time."""
        if self._calls:
            await asyncio.wait(self._calls)  # some may still set entries of theirs
        pattern, cursor, forgotten = _name(f"*:{_literally(user_id)}:*"), 0, 0
        while True:
            cursor, names = await self._scan(cursor, pattern)
            own = [name for name in names if user_of(_key(name)) == user_id]
            if own:
                forgotten += await self._unlink(own)
            if not cursor:
                return forgotten

    async def ping(self) -> None:
        """See Cache."""
        await self._call(lambda redis: redis.ping())

    async def close(self) -> None:
        """See Cache. Calls under way are waited for."""
        self._closed = True
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        if self._calls:
            await asyncio.wait(self._calls)
        with suppress(RedisError, OSError):
            await self._pool.aclose()

    async def _scan(self, cursor: int, pattern: bytes) -> tuple[int, list[bytes]]:
        found: tuple[int, list[bytes]] = await self._call(
            lambda redis: redis.scan(cursor, match=pattern, count=SCAN_KEYS)
        )
        return found

    async def _unlink(self, names: list[bytes]) -> int:
        return int(await self._call(lambda redis: redis.unlink(*names)))

    # -- calls, while Redis is there and while it is away ----------------------------------------

    async def _call(self, ask: Ask) -> Any:
        until_s = asyncio.get_running_loop().time() + self._call_s
        self._check_there()
        try:
            async with asyncio.timeout_at(until_s):
                await self._places.acquire()
        except TimeoutError as error:
            raise StorageFailed(type(error).__name__) from None
        asking = asyncio.create_task(self._answer(ask, until_s))
        self._calls.add(asking)
        asking.add_done_callback(self._ended)
        return await asyncio.shield(asking)

    def _check_there(self) -> None:
        if self._closed:
            raise StorageClosed
        if self._looking is not None:
            raise StorageFailed("away")

    def _ended(self, asking: "asyncio.Task[Any]") -> None:
        self._calls.discard(asking)
        self._places.release()
        if not asking.cancelled():
            asking.exception()  # looked at, as whoever called may have gone

    async def _answer(self, ask: Ask, until_s: float) -> Any:
        self._check_there()  # it may have gone while this call waited for its place
        try:
            async with asyncio.timeout_at(until_s):
                return await ask(self._redis)
        except ResponseError as error:  # refused, as by one that is full; but it is there
            raise StorageFailed(type(error).__name__) from None
        except Exception as error:
            self._lost(type(error).__name__)
            raise StorageFailed(type(error).__name__) from None

    def _lost(self, reason: str) -> None:
        if self._looking is None and not self._closed:
            # In a context of its own: it has nothing to do with who happens to call.
            self._looking = asyncio.create_task(self._look(reason), context=Context())

    async def _look(self, reason: str) -> None:
        """Look for Redis until it is back."""
        log.warning("cache unavailable", reason=reason)
        while True:
            await asyncio.sleep(self._pause_s)
            if await self._is_back():
                break
        self._looking = None
        log.info("cache available again")

    async def _is_back(self) -> bool:
        try:
            async with asyncio.timeout(self._call_s):
                # All are as old as the one that failed, and would fail one after the other.
                await self._pool.disconnect(inuse_connections=False)
                await self._redis.ping()
        except Exception:
            return False
        return True


def is_redis_url(url: str) -> bool:
    """Whether a cache can be made of this URL. Connects to nothing."""
    try:
        _pool(url, CALL_S)
    except StorageUnsuitable:
        return False
    return True


def _pool(url: str, call_s: float) -> ConnectionPool:
    try:
        options: dict[str, Any] = {
            **parse_url(url),
            **_OPTIONS,
            "socket_connect_timeout": call_s,
            "socket_timeout": call_s,
        }
        options.pop("timeout", None)  # is for another kind of pool, which tickets have
        if "path" in options:
            del options["socket_keepalive"]  # a socket in the file system has none
        pool = ConnectionPool(**options)
        pool.connection_class(**pool.connection_kwargs)  # connects to nothing yet
    except (RedisError, TypeError, ValueError) as error:
        # The text may hold the URL, and that a password.
        raise StorageUnsuitable(type(error).__name__) from None
    return pool


def _name(key: str) -> bytes:
    return f"{PREFIX}{key}".encode()


def _key(name: bytes) -> str:
    return name.decode(errors="replace").removeprefix(PREFIX)


def _ms(ttl_s: float) -> int:
    return max(1, round(ttl_s * 1000))


def _literally(text: str) -> str:
    """The text as a pattern that only it matches."""
    return re.sub(r"([\\*?\[\]^-])", r"\\\1", text)
