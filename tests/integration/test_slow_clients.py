"""Clients that take their time: nothing of theirs is waited for longer than it may take."""

import asyncio

import pytest
from aiohttp import WSMsgType

from server import sessions, websocket
from server.errors import CloseCode
from tests.engines import invert
from tests.integration.client import RawClient, wire_frame
from tests.integration.raw_requests import answer_of, answer_to_dribble, dribble, request
from tests.integration.service import Service, StartService, eventually
from tests.integration.slow_handler import StartSlow, start_slow
from tests.integration.test_slow_reader import SMALL_BUFFER_BYTES, closing_frame_in

__all__ = ["start_slow"]

SHORT_S = 0.2
LONG_S = 60.0
"""Longer than any test: what ends before is ended by another limit."""
SHADES = request("GET /api/hair-tryOn/shades")
OFFER = "/api/hair-tryOn/webrtc/s1?user_id=u1"


@pytest.fixture
async def service(start_service: StartService) -> Service:
    """A service that waits for a request's head, and for readers, but a moment."""
    return await start_service(
        header_timeout_s=SHORT_S, write_timeout_s=SHORT_S, keepalive_timeout_s=LONG_S
    )


async def test_head_that_dribbles(service: Service) -> None:
    """Byte after byte does not keep a connection: it is told so, and ended."""
    client = await service.caller.connect_plain()
    answer = answer_of(await answer_to_dribble(client, b"GET / HTTP/1.1\r\nX-Long: x"))
    assert answer.status == 408
    assert answer.error["error"] == "INVALID_REQUEST"
    assert answer.error["request_id"] == answer.headers["X-Request-Id"]


async def test_nothing_at_all(service: Service) -> None:
    """A connection over which nothing is said is closed without a word."""
    assert await (await service.caller.connect_plain()).read_to_end() == b""


async def test_later_head_that_dribbles(service: Service) -> None:
    """The second request of a connection has no longer than the first."""
    client = await service.caller.connect_plain()
    await client.send_raw(SHADES)
    await client.read_until(b"jet-black")
    said = await answer_to_dribble(client, b"GET / HTTP/1.1\r\nX-Long: x")
    assert said.count(b"HTTP/1.1 200") == said.count(b"HTTP/1.1 408") == 1


async def test_idle_connection(start_service: StartService) -> None:
    """A connection that has had its answer is kept for a while, and closed without a word."""
    service = await start_service(header_timeout_s=LONG_S, keepalive_timeout_s=SHORT_S)
    client = await service.caller.connect_plain()
    await client.send_raw(SHADES)
    assert (await client.read_to_end()).count(b"HTTP/1.1") == 1


async def test_work_is_not_cut_off(start_slow: StartSlow) -> None:
    """A request that takes longer than a head may is answered, also when the next head has begun
    meanwhile; that one is as late as any other."""
    slow = await start_slow(header_timeout_s=SHORT_S)
    await slow.client.send_raw(request("POST /", "Content-Length: 2"))
    await slow.begun.wait()
    await slow.client.send_raw(b"xx")
    await slow.client.send_raw(b"GET / HTTP/1.1\r\nX: ")
    await asyncio.sleep(2 * SHORT_S)
    slow.may_end.set()
    await slow.client.read_until(b"HTTP/1.1 200")
    assert b"HTTP/1.1 408" in await answer_to_dribble(slow.client, b"x")


async def test_body_takes_longer_than_a_head(service: Service) -> None:
    """The limit of heads is none for bodies."""
    client = await service.caller.connect_plain()
    kind = "Content-Type: multipart/form-data; boundary=x"
    await client.send_raw(request("POST /api/hair-tryOn/try-on", kind, "Content-Length: 7"))
    await asyncio.sleep(2 * SHORT_S)
    await client.send_raw(b"--x--\r\n")
    await client.read_until(b"The body is no")


async def test_the_end_of_a_body_is_no_head(start_slow: StartSlow) -> None:
    """After a request whose body's last piece came by itself the connection is kept as any."""
    slow = await start_slow(header_timeout_s=SHORT_S)
    await slow.client.send_raw(request("POST /", "Content-Length: 2"))
    await slow.begun.wait()
    await slow.client.send_raw(b"xx")
    slow.may_end.set()
    await slow.client.read_until(b"HTTP/1.1 200")
    await asyncio.sleep(2 * SHORT_S)
    await slow.client.send_raw(request("POST /", "Content-Length: 0", "Connection: close"))
    said = await slow.client.read_to_end()
    assert said.count(b"HTTP/1.1 200") == 2


async def test_reader_of_nothing(service: Service) -> None:
    """Who asks and asks and reads nothing is disconnected, and the connection is gone."""
    client = await service.caller.connect_plain(receive_buffer_bytes=SMALL_BUFFER_BYTES)
    server = service.runner.server
    assert server is not None
    asking = asyncio.create_task(_send(client, SHADES * 10_000))
    await eventually(lambda: len(server.connections) == 1)
    await eventually(lambda: not server.connections)
    await asking


async def _send(client: RawClient, data: bytes) -> None:
    try:
        await client.send_raw(data)
    except ConnectionError:
        return


async def test_offer_that_dribbles(start_service: StartService) -> None:
    """An SDP offer has as long as every body."""
    service = await start_service(body_timeout_s=SHORT_S)
    client = await service.caller.connect_plain()
    head = request(f"POST {OFFER}", "Content-Type: application/sdp", "Content-Length: 50000")
    await client.send_raw(head)
    dribbling = asyncio.create_task(dribble(client, b"v=0\r\n"))
    await client.read_until(b"request_id")
    dribbling.cancel()
    await asyncio.wait([dribbling])
    client.break_off()
    assert client.received.startswith(b"HTTP/1.1 408")


FRAGMENTS = wire_frame(WSMsgType.CONTINUATION, b"x").replace(b"\x80", b"\x00", 1) + wire_frame(
    WSMsgType.PING, b"alive"
)


@pytest.mark.parametrize("kind", ["bytes", "fragments"])
async def test_message_that_dribbles(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """A message that never gets whole ends its session, whatever signs of life there are."""
    monkeypatch.setattr(sessions, "STATS_INTERVAL_S", 0.05)
    monkeypatch.setattr(websocket, "HANG_UP_S", 0.1)
    service = await start_service(body_timeout_s=SHORT_S)
    client = await service.caller.connect_raw()
    await client.read_until(b"connection_established")
    beginning = wire_frame(WSMsgType.TEXT, bytes(100_000))[:20]
    if kind == "fragments":
        beginning = b"\x01" + wire_frame(WSMsgType.TEXT, b"x")[1:]
    await client.send_raw(beginning)
    said = await answer_to_dribble(client, b"x" if kind == "bytes" else FRAGMENTS)
    assert closing_frame_in(said, CloseCode.IDLE)
    assert (await service.document()).status == "timeout"


async def test_message_in_pieces(start_service: StartService) -> None:
    """A message that comes slowly, and in time, is taken; so are many, one after the other."""
    service = await start_service(invert(), body_timeout_s=LONG_S)
    client = await service.caller.connect_raw()
    await client.read_until(b"connection_established")
    message = wire_frame(WSMsgType.TEXT, b'{"type":"clear_look"}')
    for byte in message:
        await client.send_raw(bytes([byte]))
    await client.read_until(b"look_set")
    client.break_off()


async def test_who_came_together_is_not_thrown_out_together(start_service: StartService) -> None:
    """Their patience differs, by no more than a quarter; else they came again together."""
    service = await start_service(header_timeout_s=LONG_S)
    server = service.runner.server
    assert server is not None
    clients = [await service.caller.connect_plain() for _ in range(8)]
    await eventually(lambda: len(server.connections) == len(clients))
    patience = sorted(one._patience.header_s for one in server.connections)  # type: ignore[attr-defined]
    for client in clients:
        client.break_off()
    assert len(set(patience)) == len(clients)
    assert patience[0] >= LONG_S
    assert patience[-1] <= 1.25 * LONG_S
