"""The contract that every cache keeps, and the cache in the process's own memory."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cachetools import TLRUCache

from storage.database import StorageClosed

_ENTRY_OVERHEAD_BYTES = 512
"""What an entry takes besides its text and its bytes: 370 were measured on CPython 3.11."""


class Cache(Protocol):
    """Bytes by key, for a while. A cache may forget anything at any time, but is never wrong.

    Every call but ``close`` raises StorageClosed after ``close``, and StorageFailed if the cache
    cannot be reached.
    """

    async def get(self, key: str) -> bytes | None:
        """The value last set, None if its time is over or it was forgotten."""
        ...

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Replace the value of the key, for ``ttl_s`` seconds.

        A value that cannot be kept is forgotten at once, and so is what the key held before.
        """
        ...

    async def delete(self, key: str) -> None:
        """Forget the key, if it is there."""
        ...

    async def ping(self) -> None:
        """Return if the cache can answer."""
        ...

    async def close(self) -> None:
        """Let go of the cache. May be called again."""
        ...


@dataclass(frozen=True, slots=True)
class _Entry:
    value: bytes
    ttl_s: float
    size_bytes: int


class MemoryCache:
    """A cache of at most ``max_bytes``; the least recently used entry makes room for a new one.

    An entry counts with its key, its value and its book-keeping. ``monotonic`` gives seconds.
    To be used from one thread.
    """

    def __init__(self, max_bytes: int, monotonic: Callable[[], float]) -> None:
        self._entries: TLRUCache[str, _Entry, float] = TLRUCache(
            max_bytes,
            ttu=lambda _key, entry, now_s: now_s + entry.ttl_s,
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
        entries = self._open_entries()
        # First, so that a refused value leaves nothing stale behind, and so that a replaced
        # value's own room counts as free before other entries are asked to go.
        entries.pop(key, None)
        size_bytes = len(key.encode()) + len(value) + _ENTRY_OVERHEAD_BYTES
        if size_bytes <= entries.maxsize:
            entries[key] = _Entry(value, ttl_s, size_bytes)

    async def delete(self, key: str) -> None:
        """See Cache."""
        self._open_entries().pop(key, None)

    async def ping(self) -> None:
        """See Cache."""
        self._open_entries()

    async def close(self) -> None:
        """See Cache."""
        self._closed = True
        self._entries.clear()

    def _open_entries(self) -> TLRUCache[str, _Entry, float]:
        if self._closed:
            raise StorageClosed
        return self._entries
