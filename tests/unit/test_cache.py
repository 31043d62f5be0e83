"""The keys of caches, and the one in memory: its bounds, and its times to the moment."""

import asyncio

import pytest

from storage.cache import cache_key, user_of
from storage.errors import StorageClosed, StorageFailed
from storage.memory_cache import MemoryCache

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


@pytest.fixture
def cache(time: _Time) -> MemoryCache:
    return MemoryCache(10_000, time)


async def test_replaces_the_value_and_its_time(cache: MemoryCache, time: _Time) -> None:
    """Setting a key again replaces its value and starts its time anew."""
    await cache.set("a", b"1", ttl_s=1.0)
    time.now_s = 0.9
    await cache.set("a", b"2", ttl_s=1.0)
    time.now_s = 1.8
    assert await cache.get("a") == b"2"


async def test_each_key_has_its_own_time(cache: MemoryCache, time: _Time) -> None:
    """Every key ends by its own time to live, at the moment it is over."""
    await cache.set("a", b"1", ttl_s=1.0)
    await cache.set("b", b"2", ttl_s=2.0)
    time.now_s = 1.0
    assert await cache.get("a") is None
    assert await cache.get("b") == b"2"


async def test_a_count_has_the_time_of_the_first(time: _Time, cache: MemoryCache) -> None:
    """It is over when the first call said, to the moment, and begins anew then."""
    assert await cache.count("a", ttl_s=1.0) == 1
    time.now_s = 0.9
    assert await cache.count("a", ttl_s=1.0) == 2
    time.now_s = 1.0
    assert await cache.count("a", ttl_s=1.0) == 1


async def test_what_is_over_is_not_counted_as_forgotten(time: _Time, cache: MemoryCache) -> None:
    """Of a user's entries only those that are still there."""
    await cache.set(cache_key("style", "ann", "1"), b"1", ttl_s=1.0)
    await cache.set(cache_key("color", "ann", "1"), b"1", ttl_s=2.0)
    time.now_s = 1.0
    assert await cache.forget_user("ann") == 1


async def test_forgetting_lets_others_go_on(cache: MemoryCache) -> None:
    """However many entries there are, and whatever becomes of them and of the cache meanwhile."""
    large = MemoryCache(100_000_000, lambda: 0.0)
    for number in range(20_000):
        await large.set(cache_key("rate", f"u{number % 100}", str(number)), b"1", ttl_s=1.0)
    forgetting = asyncio.create_task(large.forget_user("u7"))
    await asyncio.sleep(0)
    for number in range(7, 20_000, 100):
        await large.delete(cache_key("rate", "u7", str(number)))
    assert 0 < await forgetting < 200
    forgetting = asyncio.create_task(large.forget_user("u8"))
    await asyncio.sleep(0)
    await large.close()
    with pytest.raises(StorageClosed):
        await forgetting


@pytest.mark.parametrize(
    ("key", "user"),
    [
        (cache_key("style", "ann", "1"), "ann"),
        (cache_key("style", "ann:x", "1"), "ann:x"),
        (cache_key("rate", ":ann:", "1"), ":ann:"),
        ("style:old", None),
        ("a", None),
        ("", None),
    ],
)
def test_keys_tell_their_user(key: str, user: str | None) -> None:
    """Whatever colons there are in the user's id."""
    assert user_of(key) == user


@pytest.mark.parametrize(("user", "rest"), [("ann", "x:1"), ("ann", ""), ("", "1"), ("ann", ":")])
def test_keys_are_one_users(user: str, rest: str) -> None:
    """What could be taken for another user's is refused."""
    with pytest.raises(ValueError, match="a key"):
        cache_key("style", user, rest)


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


async def test_a_count_without_room_is_no_count() -> None:
    """Who counts what may be done once is told, rather than told one each time."""
    cache = MemoryCache(0, lambda: 0.0)
    with pytest.raises(StorageFailed):
        await cache.count("a", 60.0)
