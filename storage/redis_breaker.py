"""A circuit breaker on a Redis, so that all servers that share it leave a service alone together.

Each call is one script, which nothing else comes in between; moments are those of Redis's clock.
"""

from typing import Any, Final

from storage.redis_link import PREFIX, RedisLink

KEPT_S: Final = 3600.0
"""Failures with so long a silence between them are not in a row; nothing stays for ever."""

_HEAD: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local opened = tonumber(redis.call('HGET', KEYS[1], 'opened_ms'))
local probe = redis.call('HGET', KEYS[1], 'probe')
"""
_ENTER: Final = f"""{_HEAD}
local open_ms, probe_ms, kept_ms = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
if not opened then return 1 end
if now < opened + open_ms then return 0 end
if probe and now < tonumber(redis.call('HGET', KEYS[1], 'until_ms')) then return 0 end
redis.call('HSET', KEYS[1], 'probe', ARGV[1], 'until_ms', now + probe_ms)
redis.call('PEXPIRE', KEYS[1], kept_ms)
return 1
"""
_LEAVE: Final = f"""{_HEAD}
local call_id, how, failures, kept_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
if opened then
    if probe ~= call_id then return end
    redis.call('HDEL', KEYS[1], 'probe', 'until_ms')
    if how == 'well' then redis.call('DEL', KEYS[1]) end
    if how == 'failed' then redis.call('HSET', KEYS[1], 'opened_ms', now) end
elseif how == 'well' then
    redis.call('DEL', KEYS[1])
elseif how == 'failed' and redis.call('HINCRBY', KEYS[1], 'failures', 1) >= failures then
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], 'opened_ms', now)
end
redis.call('PEXPIRE', KEYS[1], kept_ms)
"""
_STANDING: Final = f"""{_HEAD}
if not opened then return 'closed' end
if now < opened + tonumber(ARGV[1]) then return 'open' end
return 'half_open'
"""


class RedisBreaker:
    """Its calls raise StorageFailed, and StorageClosed after the link was closed.

    After so many ``failures`` in a row no call passes for ``open_s``; then one does at a time, and
    how it ends decides. One of which nothing is heard for ``probe_s`` makes room for another.
    """

    def __init__(
        self, link: RedisLink, name: str, *, failures: int, open_s: float, probe_s: float
    ) -> None:
        self._link = link
        self._key = f"{PREFIX}breaker:{name}"
        self._failures = failures
        self._open_ms = _ms(open_s)
        self._probe_ms = _ms(probe_s)
        self._kept_ms = _ms(KEPT_S + open_s + probe_s)

    async def enter(self, call_id: str) -> bool:
        """Whether the call, whose id is used once, may be made."""
        passed = await self._run(_ENTER, call_id, self._open_ms, self._probe_ms, self._kept_ms)
        return bool(passed)

    async def leave(self, call_id: str, is_well: bool | None) -> None:
        """How a call has ended that passed; None: nobody knows."""
        how = {True: "well", False: "failed", None: "unknown"}[is_well]
        await self._run(_LEAVE, call_id, how, self._failures, self._kept_ms)

    async def standing(self) -> str:
        """``closed``, ``open`` or ``half_open``."""
        standing: bytes = await self._run(_STANDING, self._open_ms)
        return standing.decode()

    async def _run(self, script: str, *values: str | int) -> Any:
        return await self._link.call(lambda redis: redis.eval(script, 1, self._key, *values))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
