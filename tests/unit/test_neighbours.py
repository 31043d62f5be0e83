"""How long another instance is waited for, by a clock that is put forward."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeAlias
from unittest.mock import Mock

import pytest
from aiohttp import StreamReader, web
from aiohttp.test_utils import make_mocked_request

from media.clock import SystemClock
from server.answering import ID
from server.instances.neighbours import ANSWER_S, InstanceSilent, Neighbours
from server.instances.seals import Seals
from server.traces.traces import TRACE, NoTrace
from storage.keyring import Key, Keyring

BODY_S: Final = 6 * ANSWER_S
"""So long a body may take to come."""
ENOUGH_TURNS: Final = 10

Pass: TypeAlias = Callable[[float, float], Awaitable[int]]
"""Passes a request on whose body takes so long to come, and its answer after that; its status."""


@pytest.fixture
async def pass_on(monkeypatch: pytest.MonkeyPatch) -> Pass:
    """See Pass. No time passes but what is said."""
    loop, ahead_s = asyncio.get_running_loop(), 0.0
    time_s = loop.time

    async def later(seconds: float) -> None:
        nonlocal ahead_s
        ahead_s += seconds
        for _ in range(ENOUGH_TURNS):  # whatever is due by now is done
            await asyncio.sleep(0)

    async def pass_on(body_takes_s: float, answer_takes_s: float) -> int:
        body, is_over = StreamReader(Mock(), 2**16, loop=loop), asyncio.Event()
        body.feed_data(b"v=")  # with which the head is sent

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(asyncio.IncompleteReadError):  # it was not waited for
                await reader.readuntil(b"v=")
                await later(body_takes_s)
                body.feed_data(b"0")
                body.feed_eof()
                await reader.readuntil(b"\r\n0\r\n\r\n")
                await later(answer_takes_s)
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            writer.close()
            is_over.set()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as other:
            host, port = other.sockets[0].getsockname()
            neighbours = Neighbours(Seals(Keyring([Key(bytes(32))]), SystemClock()), BODY_S)
            try:
                passed = await neighbours.pass_on(f"{host}:{port}", request_with(body), 0.0)
            finally:
                await is_over.wait()
        return passed.status

    monkeypatch.setattr(loop, "time", lambda: time_s() + ahead_s)
    return pass_on


def request_with(body: StreamReader) -> web.Request:
    """One that has come this far."""
    request = make_mocked_request("PATCH", "/api/hair-tryOn/webrtc/s1?user_id=u1", payload=body)
    request[ID], request[TRACE] = "id", NoTrace()
    return request


async def test_a_body_may_come_slowly(pass_on: Pass) -> None:
    """And the answer may take its own time after that."""
    assert await pass_on(0.9 * BODY_S, 0.5 * ANSWER_S) == 204


async def test_who_hangs_is_not_waited_for_as_long_as_bodies_are(pass_on: Pass) -> None:
    """After the end of the body, however soon that came."""
    with pytest.raises(InstanceSilent):
        await pass_on(0.0, 1.1 * ANSWER_S)


async def test_a_body_does_not_come_for_ever(pass_on: Pass) -> None:
    """It ends an answer's time after all that it may take."""
    with pytest.raises(InstanceSilent):
        await pass_on(BODY_S + 1.1 * ANSWER_S, 0.0)
