"""A breaker that servers share, on a real Redis; and each server's own while that is away."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest

from processing.cloud.breaker import BreakerRules, OwnBreaker
from server.cloud.breaker import SharedBreaker
from storage.errors import StorageFailed
from storage.redis_breaker import RedisBreaker
from storage.redis_link import RedisLink
from tests.fakes import PATIENCE_S, ManualClock
from tests.integration.redis import Redis

LONG_S, SHORT_S = 60.0, 0.05


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    """A server for all tests of this file; each finds it empty."""
    server = Redis()
    server.start()
    yield server
    server.stop()


class Servers:
    """Two, each with a link of its own."""

    def __init__(self, redis: Redis) -> None:
        self.links = [RedisLink(redis.url) for _ in range(2)]
        self._ids = count()

    def breakers(self, open_s: float = LONG_S, probe_s: float = LONG_S) -> list[RedisBreaker]:
        """The breaker, as each of them has it."""
        return [
            RedisBreaker(link, "test", failures=5, open_s=open_s, probe_s=probe_s)
            for link in self.links
        ]

    async def opened(self, open_s: float = LONG_S, probe_s: float = LONG_S) -> list[RedisBreaker]:
        """After five failures, spread over both."""
        both = self.breakers(open_s, probe_s)
        for number in range(5):
            await self.call(both[number % 2], is_well=False)
        return both

    async def call(self, breaker: RedisBreaker, *, is_well: bool | None) -> bool:
        """One that ends at once; whether it passed."""
        call_id = str(next(self._ids))
        passed = await breaker.enter(call_id)
        if passed:
            await breaker.leave(call_id, is_well)
        return passed


@pytest.fixture
async def servers(redis: Redis) -> AsyncIterator[Servers]:
    with redis.client() as client:
        client.flushall()
    servers = Servers(redis)
    yield servers
    for link in servers.links:
        await link.close()


async def becomes(breaker: RedisBreaker, standing: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await breaker.standing() != standing:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_five_failures_open_it_for_both(servers: Servers, redis: Redis) -> None:
    """Wherever they were; a success in between begins the row anew. Nothing stays for ever."""
    one, other = servers.breakers()
    for is_well in (False, False, False, False, True, False, False, False, None, False):
        assert await servers.call(one, is_well=is_well)
    assert await one.standing() == "closed"
    assert await servers.call(other, is_well=False)
    assert [await it.standing() for it in (one, other)] == ["open", "open"]
    assert [await servers.call(it, is_well=True) for it in (one, other)] == [False, False]
    with redis.client() as client:
        assert all(client.pttl(key) > 0 for key in client.keys("*"))


async def test_exactly_one_of_twenty_is_the_probe(servers: Servers) -> None:
    """Of twenty who ask at both servers at once; when it fails all wait again, when it succeeds
    all pass."""
    both = await servers.opened(open_s=SHORT_S)
    for is_well, standing in ((False, "half_open"), (True, "closed")):
        await becomes(both[0], "half_open")
        names = [f"{standing} {number}" for number in range(20)]
        asked = (both[number % 2].enter(name) for number, name in enumerate(names))
        passed = await asyncio.gather(*asked)
        assert passed.count(True) == 1
        await both[0].leave(names[passed.index(True)], is_well)
        await becomes(both[1], standing)
    assert await asyncio.gather(*(servers.call(it, is_well=True) for it in both)) == [True, True]


async def test_a_failed_probe_opens_it_again(servers: Servers) -> None:
    """For as long as before, at both."""
    both = await servers.opened(open_s=SHORT_S)
    await becomes(both[0], "half_open")
    slow = servers.breakers()
    await both[0].enter("probe")
    await both[0].leave("probe", False)
    assert [await it.standing() for it in slow] == ["open", "open"]


async def test_a_probe_that_died_frees_its_place(servers: Servers) -> None:
    """After a while; and one that gives up, at once. The dead one's word counts no more."""
    both = await servers.opened(open_s=0, probe_s=SHORT_S)
    assert await both[0].enter("dead")
    async with asyncio.timeout(PATIENCE_S):
        while not await both[1].enter("next"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await both[0].leave("dead", True)
    assert await both[0].standing() == "half_open"
    await both[1].leave("next", None)
    patient = servers.breakers(open_s=0)
    assert [await it.enter(name) for it, name in zip(patient, "ab", strict=True)] == [True, False]


async def test_what_began_earlier_decides_nothing(servers: Servers) -> None:
    """How calls end that passed before it opened neither closes it nor keeps it open."""
    one, other = servers.breakers()
    assert await one.enter("early")
    await servers.opened()
    await other.leave("early", True)
    assert await one.standing() == "open"


async def test_each_goes_on_alone_without_redis(servers: Servers, redis: Redis) -> None:
    """With what it has seen itself; nobody waits for Redis, and nothing is raised."""
    clock = ManualClock()
    own = OwnBreaker(BreakerRules(), clock.monotonic)
    breaker = SharedBreaker(servers.breakers()[0], own)
    for number in range(4):
        assert await breaker.enter(f"{number}")
        await breaker.leave(f"{number}", False)
    await asyncio.to_thread(redis.stop)
    try:
        with pytest.raises(StorageFailed):
            await servers.breakers()[0].standing()
        assert await breaker.enter("fifth")
        await breaker.leave("fifth", False)
        assert (await breaker.standing(), await breaker.enter("sixth")) == ("open", False)
        clock.advance(60)
        assert [await breaker.enter(name) for name in "ab"] == [True, False]
        await breaker.leave("a", True)
        assert await breaker.standing() == "closed"
    finally:
        await asyncio.to_thread(redis.start)


async def test_what_all_know_counts(servers: Servers) -> None:
    """Whatever this server has seen; and its own probe is not used up by whom they hold back."""
    clock = ManualClock()
    own = OwnBreaker(BreakerRules(), clock.monotonic)
    breaker = SharedBreaker((await servers.opened())[0], own)
    assert not await breaker.enter("early")
    for number in range(5):
        await own.leave(f"{number}", False)
    clock.advance(60)
    assert not await breaker.enter("next")
    assert await own.enter("probe")
