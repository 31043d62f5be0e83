"""The way to a Redis, or to what speaks as one, that may go away and come back."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from contextvars import Context
from typing import Any, Final, TypeAlias

import structlog
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.exceptions import RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig

from storage.errors import StorageClosed, StorageFailed, StorageUnsuitable

PREFIX: Final = "hair-tryon:"
"""Before every key, since others may use the same Redis."""
PLACES: Final = 16
"""So many calls are made at once, each on a connection of its own; further ones wait."""
CALL_S: Final = 1.0
"""A call that takes longer has failed: whoever calls goes on without a cache."""
PAUSE_S: Final = 1.0
"""Between two looks whether Redis is back."""
CHECK_S: Final = 30
"""A connection that was idle for so long is tried before it is used."""

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


class RedisLink:
    """Calls to one Redis. Nothing is opened before the first; none takes longer than ``call_s``.

    When one has failed those after it fail at once, until Redis answers again, which is asked
    every ``pause_s``. Calls go on when those who made them are cancelled, so that their connections
    are fit for the next ones.
    """

    def __init__(
        self, url: str, *, call_s: float = CALL_S, pause_s: float = PAUSE_S, use: str = "cache"
    ) -> None:
        """``use`` is what the log calls it. Raises StorageUnsuitable if the URL is none of a
        Redis."""
        self._use = use
        self._call_s = call_s
        self._pause_s = pause_s
        self.pool = _pool(url, call_s)
        self._redis = Redis(connection_pool=self.pool)
        self._places = asyncio.Semaphore(PLACES)
        self._calls = set[asyncio.Task[Any]]()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    async def call(self, ask: Ask) -> Any:
        """What Redis answers. Raises StorageFailed, and StorageClosed after ``close``."""
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

    async def settled(self) -> None:
        """Wait for the calls that are under way."""
        if self._calls:
            await asyncio.wait(self._calls)

    async def close(self) -> None:
        """Let go of it, when the calls under way have ended. May be called again."""
        self._closed = True
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        await self.settled()
        with suppress(RedisError, OSError):
            await self.pool.aclose()

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
        log.warning("redis unavailable", use=self._use, reason=reason)
        while True:
            await asyncio.sleep(self._pause_s)
            if await self._is_back():
                break
        self._looking = None
        log.info("redis available again", use=self._use)

    async def _is_back(self) -> bool:
        try:
            async with asyncio.timeout(self._call_s):
                # All are as old as the one that failed, and would fail one after the other.
                await self.pool.disconnect(inuse_connections=False)
                await self._redis.ping()
        except Exception:
            return False
        return True


def is_redis_url(url: str) -> bool:
    """Whether it is the URL of a Redis. Connects to nothing."""
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
