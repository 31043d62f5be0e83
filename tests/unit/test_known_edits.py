"""Edits that several servers want at once: one makes them."""

import asyncio

import pytest

from server.cloud import edits
from server.cloud.edits import KnownEdits
from server.metrics.meters import Meters
from storage.memory_cache import MemoryCache
from tests.fakes import ManualClock

WITHIN_S = 60.0
KEY = "edit:ann:1"


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "LOOK_S", 0.0)


class Servers:
    """Two that share a cache."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.cache = MemoryCache(2**20, self.clock.monotonic)
        self.one, self.two = (KnownEdits(self.cache, Meters().caches) for _ in range(2))
        self.entered = list[str]()

    async def enter(self, server: KnownEdits, name: str) -> None:
        """Be alone for a moment."""
        async with server.alone(KEY, WITHIN_S):
            self.entered.append(name)


async def turns() -> None:
    """Let everybody go on who can."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_the_second_waits_for_the_first() -> None:
    """At the same server or at another one; what is over is nobody's."""
    servers = Servers()
    async with servers.one.alone(KEY, WITHIN_S):
        waiting = [
            asyncio.create_task(servers.enter(server, name))
            for server, name in ((servers.one, "here"), (servers.two, "there"))
        ]
        await turns()
        assert servers.entered == []
        async with servers.two.alone("edit:ann:2", WITHIN_S):
            pass
    await asyncio.gather(*waiting)
    assert sorted(servers.entered) == ["here", "there"]
    assert await servers.cache.forget_user("ann") == 0


async def test_who_has_died_is_waited_for_no_longer() -> None:
    """Than making it may take."""
    servers = Servers()
    await servers.cache.count(f"{KEY}-making", WITHIN_S)
    waiting = asyncio.create_task(servers.enter(servers.two, "there"))
    await turns()
    assert servers.entered == []
    servers.clock.advance(WITHIN_S)
    await waiting
    assert servers.entered == ["there"]


async def test_without_the_cache_nobody_waits() -> None:
    """It is made all the same."""
    servers = Servers()
    await servers.cache.close()
    await servers.enter(servers.one, "here")
    assert servers.entered == ["here"]
