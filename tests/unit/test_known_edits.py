"""Edits that several servers want at once: one makes them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from server.cloud import edits
from server.cloud.edits import KnownEdits
from server.metrics.meters import Meters
from storage.errors import StorageFailed
from storage.memory_cache import MemoryCache
from tests.fakes import ManualClock

KEY = "edit:ann:1"


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_S", "RENEW_S"):
        monkeypatch.setattr(edits, name, 0.0)


class Servers:
    """Two that share a cache."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.cache = MemoryCache(2**20, self.clock.monotonic)
        self.one, self.two = (KnownEdits(self.cache, self.clock, Meters().caches) for _ in range(2))
        self.entered = list[str]()
        self.waiting = 0

    @contextmanager
    def wait(self) -> Iterator[None]:
        """Somebody waits."""
        self.waiting += 1
        yield
        self.waiting -= 1

    async def enter(self, server: KnownEdits, name: str) -> None:
        """Be alone for a moment."""
        async with server.alone(KEY, self.wait):
            self.entered.append(name)


async def turns() -> None:
    """Let everybody go on who can."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_the_second_waits_for_the_first() -> None:
    """At the same server or at another one; what is over is nobody's."""
    servers = Servers()
    async with servers.one.alone(KEY):
        waiting = [
            asyncio.create_task(servers.enter(server, name))
            for server, name in ((servers.one, "here"), (servers.two, "there"))
        ]
        await turns()
        assert (servers.entered, servers.waiting) == ([], 2)
        async with servers.two.alone("edit:ann:2"):
            pass
    await asyncio.gather(*waiting)
    assert (sorted(servers.entered), servers.waiting) == (["here", "there"], 0)
    assert await servers.cache.forget_user("ann") == 0


async def test_who_has_died_is_waited_for_a_moment() -> None:
    """Since its mark is not renewed any more."""
    servers = Servers()
    await servers.cache.hold(f"{KEY}-making", b"dead", edits.MARK_S)
    waiting = asyncio.create_task(servers.enter(servers.two, "there"))
    await turns()
    assert servers.entered == []
    servers.clock.advance(edits.MARK_S)
    await waiting
    assert servers.entered == ["there"]


async def test_who_lives_is_waited_for() -> None:
    """For as long as it takes: its mark is renewed."""
    servers = Servers()
    async with servers.one.alone(KEY):
        waiting = asyncio.create_task(servers.enter(servers.two, "there"))
        for _ in range(3):
            servers.clock.advance(0.9 * edits.MARK_S)
            await turns()
        assert servers.entered == []
    await waiting


async def test_a_cache_that_goes_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """By who waits already, as long as by one who has died: who makes it still does."""
    servers = Servers()

    async def away(*_: object) -> bool:
        raise StorageFailed("away")

    async with servers.one.alone(KEY):
        waiting = asyncio.create_task(servers.enter(servers.two, "there"))
        await turns()
        with monkeypatch.context() as patched:
            patched.setattr(servers.cache, "hold", away)
            await turns()
        await turns()
        assert (servers.entered, servers.waiting) == ([], 1)
        monkeypatch.setattr(servers.cache, "hold", away)
        await turns()
        servers.clock.advance(edits.MARK_S)
        await waiting
    assert servers.entered == ["there"]


async def test_what_is_there_is_not_waited_for() -> None:
    """Though the mark of whoever has made it is left: theirs it stays."""
    servers = Servers()
    await servers.cache.hold(f"{KEY}-making", b"other", edits.MARK_S)
    waiting = asyncio.create_task(servers.enter(servers.two, "there"))
    await turns()
    await servers.cache.set(KEY, b"jpeg", edits.KEPT_S)
    await waiting
    assert await servers.cache.get(f"{KEY}-making") == b"other"


async def test_without_the_cache_nobody_waits() -> None:
    """It is made all the same."""
    servers = Servers()
    await servers.cache.close()
    await servers.enter(servers.one, "here")
    assert servers.entered == ["here"]
