"""Messages that wait: in order, bounded, and what was refused is known."""

import asyncio

import pytest

from server import backlog
from server.backlog import Backlog


async def test_messages_come_in_order() -> None:
    """Those that wait, then those that come."""
    waiting = Backlog(100)
    waiting.put("a")
    waiting.put("b")
    assert [await waiting.take(), await waiting.take()] == ["a", "b"]
    taking = asyncio.create_task(waiting.take())
    await asyncio.sleep(0)
    waiting.put("c")
    assert await taking == "c"
    assert waiting.refused() == 0


async def test_bytes_are_bounded() -> None:
    """What does not fit is refused; room comes back as messages are taken."""
    waiting = Backlog(10)
    waiting.put("12345678")
    waiting.put("äö")
    waiting.put("9")
    assert waiting.refused() == 1
    assert [await waiting.take(), await waiting.take()] == ["12345678", "9"]
    waiting.put("1234567890")
    assert waiting.refused() == 0


async def test_messages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In number, too; who waits is told that some were refused."""
    monkeypatch.setattr(backlog, "MAX_MESSAGES", 0)
    waiting = Backlog(100)
    taking = asyncio.create_task(waiting.take())
    await asyncio.sleep(0)
    waiting.put("a")
    assert await taking is None
    assert waiting.refused() == 1
