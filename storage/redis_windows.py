"""Windows on a Redis, so that all servers that share it count together."""

import time
from dataclasses import replace
from typing import Any, Final

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter

from storage.redis_link import PREFIX, RedisLink
from storage.windows import Taken, Window

PATIENCE_S: Final = 5.0
"""Servers that are in a hurry would begin to count alone just when they are asked most."""
_ANY_URL: Final = "async+redis://"
"""The link knows where Redis is."""


class RedisWindows:
    """See Windows. The link is its own, and patient (PATIENCE_S). Moments are those of the servers'
    wall clocks, which should agree to a second."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        pool: Any = link.pool  # which the library takes, but does not say so
        prefix = f"{PREFIX}window"
        storage = RedisStorage(
            _ANY_URL, implementation="redispy", key_prefix=prefix, connection_pool=pool
        )
        self._limiter = MovingWindowRateLimiter(storage)

    async def take(self, window: Window, key: str) -> Taken:
        """See Windows."""
        item = _item(window)
        is_free: bool = await self._link.call(lambda _: self._limiter.hit(item, key))
        return replace(await self._stats(item, key), is_free=is_free)

    async def look(self, window: Window, key: str) -> Taken:
        """See Windows."""
        return await self._stats(_item(window), key)

    async def _stats(self, item: RateLimitItem, key: str) -> Taken:
        reset_s, left = await self._link.call(lambda _: self._limiter.get_window_stats(item, key))
        return Taken(left > 0, left, max(0.0, reset_s - time.time()))


def _item(window: Window) -> RateLimitItem:
    return RateLimitItemPerSecond(window.amount, window.length_s, window.name)
