"""The homes of live sessions, on a real Redis."""

import time
from collections.abc import AsyncIterator

import pytest

from storage import redis_homes
from storage.homes import LEASE_S
from storage.redis_homes import RedisHomes
from storage.redis_link import RedisLink
from tests.integration.redis import Redis

ONE, OTHER = "unix:/run/0.sock", "10.0.0.2:8001"


@pytest.fixture
async def homes(redis: Redis) -> AsyncIterator[RedisHomes]:
    link = RedisLink(redis.url)
    yield RedisHomes(link)
    await link.close()


async def test_homes_are_claimed_kept_and_left(
    homes: RedisHomes, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each who claims learns who was before; only who has it keeps it or leaves it; and what is not
    renewed ends."""
    monkeypatch.setattr(redis_homes, "MOST_AT_ONCE", 2)
    assert await homes.find("s1") is None
    assert await homes.claim("s1", ONE, 1) is None
    assert await homes.claim("s1", OTHER, 0) == ONE
    assert await homes.find("s1") == OTHER
    await homes.leave("s1", ONE)
    assert await homes.find("s1") == OTHER
    assert await homes.renew({"s2": 0, "s1": 0, "s3": 0, "s4": 0, "s5": 0}, ONE) == ["s1"]
    assert await homes.renew({}, ONE) == []
    assert [await homes.find(f"s{number}") for number in range(1, 6)] == [OTHER, *[ONE] * 4]
    with redis.client() as plain:
        for number in range(1, 6):
            assert 0 < plain.pttl(f"hair-tryon:home:s{number}") <= LEASE_S * 1000
        plain.pexpire("hair-tryon:home:s2", 1000)
        assert await homes.renew({"s2": 0}, ONE) == []
        assert plain.pttl("hair-tryon:home:s2") > 1000
    await homes.leave("s1", OTHER)
    assert await homes.find("s1") is None


async def test_the_younger_is_at_home(homes: RedisHomes) -> None:
    """Of two who could not claim it, whoever renews it first; who claims it is asked nothing."""
    old_ms, new_ms = 999_999_999_999, 1_000_000_000_000
    for first, second in (({"s1": old_ms}, {"s1": new_ms}), ({"s2": new_ms}, {"s2": old_ms})):
        assert await homes.renew(first, ONE) == []
        assert await homes.renew(second, OTHER) == ([] if second == {"s1": new_ms} else ["s2"])
    assert await homes.renew({"s1": old_ms, "s2": new_ms}, ONE) == ["s1"]
    assert [await homes.find(one) for one in ("s1", "s2")] == [OTHER, ONE]
    assert await homes.claim("s1", ONE, old_ms) == OTHER
    assert await homes.renew({"s1": old_ms}, ONE) == []


async def test_instances_are_known_as_long_as_they_say_so(homes: RedisHomes, redis: Redis) -> None:
    """To each other, once each."""
    assert await homes.present(ONE) == [ONE]
    assert sorted(await homes.present(OTHER)) == [OTHER, ONE]
    assert sorted(await homes.present(OTHER)) == [OTHER, ONE]
    await homes.absent(ONE)
    assert await homes.present(OTHER) == [OTHER]
    with redis.client() as plain:
        plain.zadd("hair-tryon:instances", {ONE: time.time() - 2})
    assert await homes.present(OTHER) == [OTHER]
