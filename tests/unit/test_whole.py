"""Work that is done as a whole."""

import asyncio

import pytest

from server.whole import whole
from tests.fakes import settle


async def test_what_it_returns_or_raises() -> None:
    """Comes through."""

    async def seven() -> int:
        return 7

    async def broken() -> int:
        raise ZeroDivisionError

    assert await whole(seven()) == 7
    with pytest.raises(ZeroDivisionError):
        await whole(broken())


@pytest.mark.parametrize("fails", [False, True])
async def test_who_is_cancelled_waits_for_the_end(fails: bool) -> None:
    """Also if it ends badly; the cancelling goes on afterwards."""
    go_on, ended = asyncio.Event(), []

    async def work() -> None:
        await go_on.wait()
        ended.append(True)
        if fails:
            raise ZeroDivisionError

    waiting = asyncio.create_task(whole(work()))
    await settle()
    waiting.cancel()
    await settle()
    assert not waiting.done()
    go_on.set()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    assert ended == [True]
