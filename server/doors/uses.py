"""How often what is good once was used: tickets, and the nonces of signed requests."""

import secrets
from collections import OrderedDict
from typing import Final, Protocol

from media.clock import Clock
from server.doors.refusals import DoorsAway
from storage.cache import Cache, cache_key
from storage.errors import StorageError

MOST_USED: Final = 100_000
"""So many uses are remembered; who floods the doors keeps others out for as long as one is."""
PLACE_BYTES: Final = 16
_NOBODY: Final = "/"
"""Under whom uses are counted: no user has this id, and so nobody's erasure forgets them."""


class Uses(Protocol):
    """Counts uses by names, and never forgets one that might come again."""

    @property
    def place(self) -> str:
        """Where uses are known; empty for all servers that share a Redis."""
        ...

    @property
    def since_s(self) -> float:
        """What was used before is not known; seconds since 1970."""
        ...

    async def count(self, name: str) -> int:
        """How often this was used by now, this time included. Raises DoorsAway."""
        ...


class SharedUses:
    """For all servers that share a Redis, which must not forget (see the README)."""

    place: Final = ""
    since_s: Final = 0.0

    def __init__(self, cache: Cache, kind: str, ttl_s: float) -> None:
        """``kind`` keeps what is counted apart from other things; without colons."""
        self._cache = cache
        self._kind = kind
        self._ttl_s = ttl_s

    async def count(self, name: str) -> int:
        """See Uses; the name is without colons."""
        try:
            key = cache_key("rate", _NOBODY, f"{self._kind}-{name}")
            return await self._cache.count(key, self._ttl_s)
        except StorageError as error:
            raise DoorsAway from error


class OwnUses:
    """For this server alone, as long as it runs."""

    def __init__(self, clock: Clock, ttl_s: float) -> None:
        self.place = secrets.token_hex(PLACE_BYTES)
        self._clock = clock
        self._began_s = clock.monotonic()
        self._ttl_s = ttl_s
        # A plain dict looks past all that was removed from its front, each time: 9 s for a flood.
        self._used = OrderedDict[str, float]()

    @property
    def since_s(self) -> float:
        """See Uses; by the wall clock as it is now, which may have been set since."""
        age_s = self._clock.monotonic() - self._began_s
        return self._clock.utc_now().timestamp() - age_s

    async def count(self, name: str) -> int:
        """See Uses."""
        now_s = self._clock.monotonic()
        # The first to be over stand first.
        while self._used and now_s >= next(iter(self._used.values())):
            self._used.popitem(last=False)
        if name in self._used:
            return 2
        if len(self._used) >= MOST_USED:
            raise DoorsAway
        self._used[name] = now_s + self._ttl_s
        return 1
