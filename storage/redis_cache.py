"""The cache on a Redis."""

import re
from typing import Any, Final

from redis.asyncio import Redis

from storage.cache import CacheKind, is_of
from storage.redis_link import PREFIX, RedisLink

MAX_VALUE_BYTES: Final = 4 * 1024 * 1024
"""A larger value could take so long on its way that Redis seemed to be away."""
SCAN_KEYS: Final = 1000
"""About so many keys are looked through in one call, which takes Redis less than a millisecond."""

_HOLD: Final = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_LET_GO: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
    redis.call('UNLINK', KEYS[1])
end
"""


class RedisCache:
    """See Cache. It closes the link."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link

    async def get(self, key: str) -> bytes | None:
        """See Cache."""
        name = _name(key)
        value: bytes | None = await self._link.call(lambda redis: redis.get(name))
        return value

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """See Cache. At most MAX_VALUE_BYTES are kept."""
        name = _name(key)
        if ttl_s > 0 and len(value) <= MAX_VALUE_BYTES:
            await self._link.call(lambda redis: redis.set(name, value, px=_ms(ttl_s)))
        else:
            await self._link.call(lambda redis: redis.unlink(name))

    async def delete(self, key: str) -> None:
        """See Cache."""
        name = _name(key)
        await self._link.call(lambda redis: redis.unlink(name))

    async def count(self, key: str, ttl_s: float) -> int:
        """See Cache."""
        name = _name(key)

        async def count(redis: Redis) -> int:
            async with redis.pipeline(transaction=True) as steps:
                steps.set(name, 0, px=_ms(ttl_s), nx=True)
                steps.incr(name)
                return int((await steps.execute())[-1])

        counted: int = await self._link.call(count)
        return counted

    async def hold(self, key: str, owner: bytes, ttl_s: float) -> bool:
        """See Cache."""
        return bool(await self._run(_HOLD, key, owner, _ms(ttl_s)))

    async def let_go(self, key: str, owner: bytes) -> None:
        """See Cache."""
        await self._run(_LET_GO, key, owner)

    async def forget_user(self, user_id: str, kind: CacheKind | None = None) -> int:
        """See Cache. The whole Redis is looked through, some keys at a time."""
        await self._link.settled()  # some may still set entries of theirs
        pattern, cursor, forgotten = _name(f"{kind or '*'}:{_literally(user_id)}:*"), 0, 0
        while True:
            cursor, names = await self._scan(cursor, pattern)
            own = [name for name in names if is_of(_key(name), user_id, kind)]
            if own:
                forgotten += await self._unlink(own)
            if not cursor:
                return forgotten

    async def ping(self) -> None:
        """See Cache."""
        await self._link.call(lambda redis: redis.ping())

    async def close(self) -> None:
        """See Cache. Calls under way are waited for."""
        await self._link.close()

    async def _run(self, script: str, key: str, *values: bytes | int) -> Any:
        def run(redis: Redis) -> Any:
            return redis.eval(script, 1, _name(key), *values)

        return await self._link.call(run)

    async def _scan(self, cursor: int, pattern: bytes) -> tuple[int, list[bytes]]:
        found: tuple[int, list[bytes]] = await self._link.call(
            lambda redis: redis.scan(cursor, match=pattern, count=SCAN_KEYS)
        )
        return found

    async def _unlink(self, names: list[bytes]) -> int:
        return int(await self._link.call(lambda redis: redis.unlink(*names)))


def _name(key: str) -> bytes:
    return f"{PREFIX}{key}".encode()


def _key(name: bytes) -> str:
    return name.decode(errors="replace").removeprefix(PREFIX)


def _ms(ttl_s: float) -> int:
    return max(1, round(ttl_s * 1000))


def _literally(text: str) -> str:
    """The text as a pattern that only it matches."""
    return re.sub(r"([\\*?\[\]^-])", r"\\\1", text)
