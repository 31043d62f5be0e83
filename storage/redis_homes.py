"""Homes on a Redis: of each session the address, and since when it is there."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from redis.asyncio import Redis

from storage.homes import LEASE_S
from storage.redis_link import PREFIX, RedisLink

MOST_AT_ONCE: Final = 500
"""So many are renewed in one call, which takes Redis about a millisecond."""
_LEASE_MS: Final = round(LEASE_S * 1000)
_AT: Final = """
local function at(key)
    return string.match(redis.call('GET', key) or '', '^(.*) (%d+)$')
end
"""
_RENEW: Final = f"""{_AT}
local elsewhere = {{}}
for place, key in ipairs(KEYS) do
    local since_ms = ARGV[2 + place]
    local home, theirs_ms = at(key)
    if home and home ~= ARGV[1] and tonumber(theirs_ms) >= tonumber(since_ms) then
        table.insert(elsewhere, place)
    else
        redis.call('SET', key, ARGV[1] .. ' ' .. since_ms, 'PX', ARGV[2])
    end
end
return elsewhere
"""
_LEAVE: Final = f"""{_AT}
if at(KEYS[1]) == ARGV[1] then
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
        return _address(await self._link.call(lambda redis: redis.get(_key(session_id))))

    async def claim(self, session_id: str, address: str, since_ms: int) -> str | None:
        """See Homes."""
        here = f"{address} {since_ms}"
        return _address(
            await self._link.call(
                lambda redis: redis.set(_key(session_id), here, px=_LEASE_MS, get=True)
            )
        )

    async def renew(self, since_ms: Mapping[str, int], address: str) -> list[str]:
        """See Homes."""
        elsewhere = list[str]()
        all_here = list(since_ms.items())
        for first in range(0, len(all_here), MOST_AT_ONCE):
            some = all_here[first : first + MOST_AT_ONCE]
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

    async def _renewed(self, some: Sequence[tuple[str, int]], address: str) -> list[str]:
        keys, since_ms = [_key(one) for one, _ in some], [ms for _, ms in some]
        places = await self._link.call(
            lambda redis: _run(redis, _RENEW, keys, address, _LEASE_MS, *since_ms)
        )
        return [some[place - 1][0] for place in places]


async def _run(redis: Redis, script: str, keys: list[str], *values: str | int) -> Any:
    calling: Any = redis.eval  # which says that it may answer at once
    return await calling(script, len(keys), *keys, *values)


def _key(session_id: str) -> str:
    return f"{PREFIX}home:{session_id}"


def _address(value: Any) -> str | None:
    return None if value is None else value.decode().rpartition(" ")[0]
