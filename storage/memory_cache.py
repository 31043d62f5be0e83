"""The cache in the process's own memory."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import cachetools

from storage.cache import CacheKind, is_of
from storage.errors import StorageClosed, StorageFailed

_ENTRY_OVERHEAD_BYTES = 512
"""What an entry takes besides its text and its bytes: 370 were measured on CPython 3.11."""
_AT_ONCE = 5000
"""So many keys are looked at before others may go on: 2 ms of a slow core."""


@dataclass(frozen=True, slots=True)
class _Entry:
    value: bytes
    ends_s: float
    size_bytes: int


class MemoryCache:
    """A cache of at most ``max_bytes``; the least recently used entry makes room for a new one.

    An entry counts with its key, its value and its book-keeping. ``monotonic`` gives seconds.
    To be used from one thread.
    """

    def __init__(self, max_bytes: int, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._entries: cachetools.TLRUCache[str, _Entry, float] = cachetools.TLRUCache(
            max_bytes,
            ttu=lambda _key, entry, _now_s: entry.ends_s,
            timer=monotonic,
            getsizeof=lambda entry: entry.size_bytes,
        )
        self._closed = False

    async def get(self, key: str) -> bytes | None:
        """See Cache."""
        entry = self._open_entries().get(key)
        return entry.value if entry else None

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """See Cache."""
        self._put(key, value, self._monotonic() + ttl_s)

    async def delete(self, key: str) -> None:
        """See Cache."""
        self._open_entries().pop(key, None)

    async def count(self, key: str, ttl_s: float) -> int:
        """See Cache."""
        entry = self._open_entries().get(key)
        if entry is None:
            entry = _Entry(b"0", self._monotonic() + ttl_s, 0)
        try:
            count = int(entry.value) + 1
        except ValueError as error:
            raise StorageFailed(type(error).__name__) from None
        self._put(key, b"%d" % count, entry.ends_s)
        if key not in self._entries:
            raise StorageFailed("no room")
        return count

    async def hold(self, key: str, owner: bytes, ttl_s: float) -> bool:
        """See Cache."""
        entry = self._open_entries().get(key)
        if entry is not None and entry.value != owner:
            return False
        await self.set(key, owner, ttl_s)
        if key not in self._entries:
            raise StorageFailed("no room")
        return True

    async def let_go(self, key: str, owner: bytes) -> None:
        """See Cache."""
        if await self.get(key) == owner:
            await self.delete(key)

    async def forget_user(self, user_id: str, kind: CacheKind | None = None) -> int:
        """See Cache."""
        # The base class's view: that of the subclass reads the clock for each of maybe many keys.
        keys, forgotten = list(cachetools.Cache.__iter__(self._open_entries())), 0
        for start in range(0, len(keys), _AT_ONCE):
            for key in keys[start : start + _AT_ONCE]:
                if is_of(key, user_id, kind):
                    forgotten += self._open_entries().pop(key, None) is not None
            await asyncio.sleep(0)
        return forgotten

    async def ping(self) -> None:
        """See Cache."""
        self._open_entries()

    async def close(self) -> None:
        """See Cache."""
        self._closed = True
        self._entries.clear()

    def _put(self, key: str, value: bytes, ends_s: float) -> None:
        entries = self._open_entries()
        # First, so that a refused value leaves nothing stale behind, and so that a replaced
        # value's own room counts as free before other entries are asked to go.
        entries.pop(key, None)
        size_bytes = len(key.encode()) + len(value) + _ENTRY_OVERHEAD_BYTES
        if size_bytes <= entries.maxsize:
            entries[key] = _Entry(value, ends_s, size_bytes)

    def _open_entries(self) -> cachetools.TLRUCache[str, _Entry, float]:
        if self._closed:
            raise StorageClosed
        return self._entries
