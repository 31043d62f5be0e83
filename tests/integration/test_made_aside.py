"""What is made on another thread is not left open by one who is cancelled meanwhile."""

import asyncio
import threading

import pytest

from storage.disk import made_aside


async def test_what_nobody_waits_for_is_undone() -> None:
    """As soon as it is there; what could not be made is let be."""
    go_on, undone = threading.Event(), list[str]()

    def make(what: str) -> str:
        go_on.wait(10)
        if what == "fails":
            raise OSError
        return what

    for what in ("made", "fails"):
        making = asyncio.create_task(made_aside(lambda what=what: make(what), undone.append))  # type: ignore[misc]
        await asyncio.sleep(0.01)
        making.cancel()
        with pytest.raises(asyncio.CancelledError):
            await making
    go_on.set()
    async with asyncio.timeout(5):
        while undone != ["made"]:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_what_somebody_waits_for_is_theirs() -> None:
    """And is not undone."""
    undone = list[str]()
    assert await made_aside(lambda: "made", undone.append) == "made"
    assert undone == []
