"""The contract of Cache, kept by every implementation, and the bounds of the one in memory."""

from collections.abc import Callable

import pytest

from storage.cache import Cache, MemoryCache
from storage.database import StorageClosed

_ENTRY_BYTES = 1000
"""What an entry made by ``_value`` counts, with a key of one letter."""


class _Time:
    """Monotonic seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def _value(fill: int = 0, entry_bytes: int = _ENTRY_BYTES) -> bytes:
    """A value whose entry, under a key of one letter, counts ``entry_bytes``."""
    return bytes([fill]) * (entry_bytes - 512 - 1)


def _room_for(entries: int) -> MemoryCache:
    return MemoryCache(entries * _ENTRY_BYTES, lambda: 0.0)


@pytest.fixture
def time() -> _Time:
    return _Time()


_MAKERS: dict[str, Callable[[_Time], Cache]] = {"memory": lambda time: MemoryCache(10_000, time)}


@pytest.fixture(params=sorted(_MAKERS))
def cache(request: pytest.FixtureRequest, time: _Time) -> Cache:
    return _MAKERS[request.param](time)


async def test_gives_back_what_was_set(cache: Cache) -> None:
    """A value comes back as the same bytes, an empty one too, and an unknown key as None."""
    await cache.set("a", b"\x00\xff", ttl_s=1.0)
    await cache.set("b", b"", ttl_s=1.0)
    assert [await cache.get(key) for key in "abc"] == [b"\x00\xff", b"", None]


async def test_replaces_the_value_and_its_time(cache: Cache, time: _Time) -> None:
    """Setting a key again replaces its value and starts its time anew."""
    await cache.set("a", b"1", ttl_s=1.0)
    time.now_s = 0.9
    await cache.set("a", b"2", ttl_s=1.0)
    time.now_s = 1.8
    assert await cache.get("a") == b"2"


async def test_each_key_has_its_own_time(cache: Cache, time: _Time) -> None:
    """Every key ends by its own time to live, at the moment it is over."""
    await cache.set("a", b"1", ttl_s=1.0)
    await cache.set("b", b"2", ttl_s=2.0)
    time.now_s = 1.0
    assert await cache.get("a") is None
    assert await cache.get("b") == b"2"


@pytest.mark.parametrize("ttl_s", [0.0, -1.0])
async def test_no_time_to_live_forgets_at_once(cache: Cache, ttl_s: float) -> None:
    """A value with no time to live is not kept, and takes the old value with it."""
    await cache.set("a", b"1", ttl_s=1.0)
    await cache.set("a", b"2", ttl_s=ttl_s)
    assert await cache.get("a") is None


async def test_delete_forgets(cache: Cache, time: _Time) -> None:
    """A deleted key is gone; deleting one that is unknown or over is no error."""
    await cache.set("a", b"1", ttl_s=1.0)
    await cache.delete("a")
    await cache.delete("a")
    await cache.set("b", b"2", ttl_s=1.0)
    time.now_s = 2.0
    await cache.delete("b")
    assert [await cache.get(key) for key in "ab"] == [None, None]


async def test_close_is_final_and_may_be_repeated(cache: Cache) -> None:
    """After the first close every other call says that the cache is closed."""
    await cache.ping()
    await cache.close()
    await cache.close()
    calls = (cache.get("a"), cache.set("a", b"1", 1.0), cache.delete("a"), cache.ping())
    for call in calls:
        with pytest.raises(StorageClosed, match="has been closed"):
            await call


async def test_least_recently_used_goes_first() -> None:
    """A full cache forgets the entry that was read or written longest ago."""
    cache = _room_for(2)
    await cache.set("a", _value(1), ttl_s=1.0)
    await cache.set("b", _value(2), ttl_s=1.0)
    await cache.get("a")
    await cache.set("c", _value(3), ttl_s=1.0)
    assert [await cache.get(key) for key in "abc"] == [_value(1), None, _value(3)]


async def test_too_large_is_refused_quietly() -> None:
    """A value larger than the bound is not kept, ends what its key held, and harms no other."""
    cache = _room_for(2)
    await cache.set("a", _value(1), ttl_s=1.0)
    await cache.set("b", _value(2), ttl_s=1.0)
    await cache.set("a", _value(3, 2 * _ENTRY_BYTES + 1), ttl_s=1.0)
    assert [await cache.get(key) for key in "ab"] == [None, _value(2)]


async def test_bound_itself_fits() -> None:
    """A value that fills the bound to the byte is kept."""
    cache = _room_for(1)
    await cache.set("a", _value(1), ttl_s=1.0)
    assert await cache.get("a") == _value(1)


async def test_replacing_needs_only_the_difference() -> None:
    """A larger value in place of an old one that fits beside the others evicts none of them."""
    cache = _room_for(3)
    await cache.set("a", _value(1), ttl_s=1.0)
    await cache.set("b", _value(2), ttl_s=1.0)
    await cache.set("b", _value(3, 2 * _ENTRY_BYTES), ttl_s=1.0)
    assert [await cache.get(key) for key in "ab"] == [_value(1), _value(3, 2 * _ENTRY_BYTES)]


async def test_empty_values_are_bounded_too() -> None:
    """Keys and book-keeping count, so that no number of small entries fills the memory."""
    cache = _room_for(10)
    for number in range(1000):
        await cache.set(str(number), b"", ttl_s=1.0)
    kept = [number for number in range(1000) if await cache.get(str(number)) is not None]
    assert kept == list(range(1000 - len(kept), 1000))
    assert 10 <= len(kept) < 20


async def test_over_entries_make_room_first(time: _Time) -> None:
    """An entry whose time is over gives its room up before a live one has to go."""
    cache = MemoryCache(2 * _ENTRY_BYTES, time)
    await cache.set("a", _value(1), ttl_s=9.0)
    await cache.set("b", _value(2), ttl_s=1.0)
    time.now_s = 1.0
    await cache.set("c", _value(3), ttl_s=9.0)
    assert [await cache.get(key) for key in "abc"] == [_value(1), None, _value(3)]
