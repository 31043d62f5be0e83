"""Homes on a Redis."""

from collections.abc import Collection
from typing import Any, Final

from redis.asyncio import Redis

from storage.homes import LEASE_S
from storage.redis_link import PREFIX, RedisLink

MOST_AT_ONCE: Final = 500
"""So many are renewed in one call, which takes Redis about a millisecond."""
_LEASE_MS: Final = round(LEASE_S * 1000)
_RENEW: Final = """
local elsewhere = {}
for place, key in ipairs(KEYS) do
    local home = redis.call('GET', key)
    if home and home ~= ARGV[1] then
        table.insert(elsewhere, place)
    else
        redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
    end
end
return elsewhere
"""
_LEAVE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
    return redis.call('DEL', KEYS[1])
end
return 0
"""
_PRESENT: Final = """
local now_s = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now_s + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. now_s)
redis.call('EXPIRE', KEYS[1], ARGV[2])
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""
_INSTANCES: Final = f"{PREFIX}instances"


class RedisHomes:
    """See Homes. The link is whoever's has made it."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link

    async def find(self, session_id: str) -> str | None:
        """See Homes."""
        return _text(await self._link.call(lambda redis: redis.get(_key(session_id))))

    async def claim(self, session_id: str, address: str) -> str | None:
        """See Homes."""
        return _text(
            await self._link.call(
                lambda redis: redis.set(_key(session_id), address, px=_LEASE_MS, get=True)
            )
        )

    async def renew(self, session_ids: Collection[str], address: str) -> list[str]:
        """See Homes."""
        ids, elsewhere = list(session_ids), list[str]()
        for first in range(0, len(ids), MOST_AT_ONCE):
            some = ids[first : first + MOST_AT_ONCE]
            elsewhere += await self._renewed(some, address)
        return elsewhere

    async def present(self, address: str) -> list[str]:
        """See Homes."""
        lease_s = round(LEASE_S)
        found = await self._link.call(
            lambda redis: _run(redis, _PRESENT, [_INSTANCES], address, lease_s)
        )
        return [one.decode() for one in found]

    async def absent(self, address: str) -> None:
        """See Homes."""
        await self._link.call(lambda redis: redis.zrem(_INSTANCES, address))

    async def leave(self, session_id: str, address: str) -> None:
        """See Homes."""
        await self._link.call(lambda redis: _run(redis, _LEAVE, [_key(session_id)], address))

    async def _renewed(self, ids: list[str], address: str) -> list[str]:
        keys = [_key(one) for one in ids]
        places = await self._link.call(lambda redis: _run(redis, _RENEW, keys, address, _LEASE_MS))
        return [ids[place - 1] for place in places]


async def _run(redis: Redis, script: str, keys: list[str], *values: str | int) -> Any:
    calling: Any = redis.eval  # which says that it may answer at once
    return await calling(script, len(keys), *keys, *values)


def _key(session_id: str) -> str:
    return f"{PREFIX}home:{session_id}"


def _text(value: Any) -> str | None:
    return None if value is None else value.decode()
