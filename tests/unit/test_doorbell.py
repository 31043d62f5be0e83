"""Whoever waits for a prediction hears that it is over."""

import asyncio

import pytest

from server.cloud import doorbell as module
from server.cloud.doorbell import Doorbell

LONG_S = 3600.0


async def test_who_waits_hears_it() -> None:
    """Of the own prediction, and of no other; again it is nothing to anybody."""
    doorbell = Doorbell()
    waits = [asyncio.create_task(doorbell.pause(name, LONG_S)) for name in ("p1", "p2")]
    await asyncio.sleep(0)
    for _ in range(2):
        doorbell.ring("p1")
        doorbell.ring("p3")
    await waits[0]
    assert not waits[1].done()
    waits[1].cancel()
    await asyncio.wait(waits)
    assert not doorbell._waiting


async def test_who_comes_later_hears_it_once() -> None:
    """A webhook can be faster than the answer that names the prediction."""
    doorbell = Doorbell()
    doorbell.ring("p1")
    await doorbell.pause("p1", LONG_S)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await doorbell.pause("p1", LONG_S)


async def test_what_is_not_told_is_waited_for_no_longer() -> None:
    """The time is over, and nothing is left of it."""
    doorbell = Doorbell()
    await doorbell.pause("p1", 0.0)
    assert not doorbell._waiting


async def test_what_nobody_asks_for_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are."""
    monkeypatch.setattr(module, "MOST_RINGS", 2)
    doorbell = Doorbell()
    for name in ("p1", "p2", "p3"):
        doorbell.ring(name)
    assert list(doorbell._rung) == ["p2", "p3"]
