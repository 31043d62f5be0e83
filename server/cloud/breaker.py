"""The breaker of the cloud: that of all servers, and this server's own while Redis is away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from media.clock import Clock
from processing.cloud.breaker import Breaker, BreakerRules, OwnBreaker
from server.settings import Settings
from storage.errors import StorageError
from storage.redis_breaker import RedisBreaker
from storage.redis_link import RedisLink

_NAME: Final = "cloud"

log = structlog.get_logger(__name__)


class SharedBreaker:
    """What ``shared`` says counts. ``own`` hears of this server's calls too, so that it knows how
    things stand when ``shared`` is away."""

    def __init__(self, shared: Breaker, own: Breaker) -> None:
        self._shared = shared
        self._own = own

    async def enter(self, call_id: str) -> bool:
        """See Breaker."""
        may_alone = await self._own.enter(call_id)
        try:
            may_pass = await self._shared.enter(call_id)
        except StorageError:
            log.info("failures of the cloud are counted by this server alone")
            return may_alone
        if not may_pass:
            await self._own.leave(call_id, None)
        return may_pass

    async def leave(self, call_id: str, is_well: bool | None) -> None:
        """See Breaker."""
        await self._own.leave(call_id, is_well)
        try:
            await self._shared.leave(call_id, is_well)
        except StorageError:
            log.info("other servers are not told how the cloud is")

    async def standing(self) -> str:
        """See Breaker."""
        try:
            return await self._shared.standing()
        except StorageError:
            return await self._own.standing()


@asynccontextmanager
async def opened_breaker(
    settings: Settings, clock: Clock, rules: BreakerRules
) -> AsyncIterator[Breaker]:
    """One for all servers that share a Redis, or this server's own."""
    own = OwnBreaker(rules, clock.monotonic)
    if redis_url := settings.redis_url.get_secret_value():
        link = RedisLink(redis_url, use="breaker")
        try:
            yield SharedBreaker(_on(link, rules), own)
        finally:
            await link.close()
    else:
        yield own


def _on(link: RedisLink, rules: BreakerRules) -> RedisBreaker:
    return RedisBreaker(
        link, _NAME, failures=rules.failures, open_s=rules.open_s, probe_s=rules.probe_s
    )
