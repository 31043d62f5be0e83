"""Clients that send and do not read: they are let go, and cost neither memory nor anyone's time."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from aiohttp import ClientSession, WSMsgType

from server.errors import CloseCode
from tests.integration.client import Caller, RawClient, text_of, wire_frame
from tests.integration.process import ServerProcess
from tests.integration.service import Service, StartService, eventually
from tests.pictures import jpeg, noise

SEND_TIMEOUT_S = 0.4
SMALL_BUFFER_BYTES = 4096
GROWTH_MAX_BYTES = 48 * 1024 * 1024
"""For eight clients that wait at a full mailbox with pictures of 100 KB."""
FLOOD_TIMEOUT_S = 10.0
SNAPPY_S = 1.0
"""The longest that a neighbour's frame may take on a noisy machine; else it takes milliseconds."""

LARGE_FRAME = wire_frame(
    WSMsgType.TEXT,
    b'{"type":"process_frame","data":{"frame_id":"f","frame_data":"%s"}}'
    % text_of(jpeg(noise(320, 240), quality=95)).encode(),
)
"""About 100 KB, made once: a test that is busy making frames could not measure others."""


async def send_without_reading(client: RawClient, count: int) -> None:
    """Send frames until there are no more or the server has hung up."""
    with suppress(ConnectionError):
        for _ in range(count):
            await client.send_raw(LARGE_FRAME)


@pytest.fixture
async def service(start_service: StartService) -> Service:
    """A service that waits for a reader less than half a second."""
    return await start_service(send_timeout_s=SEND_TIMEOUT_S)


async def test_slow_reader_is_told_when_it_reads_again(service: Service) -> None:
    """A client that does not read is ended with 1013, which it finds if it reads after all."""
    slow = await service.caller.connect_raw("slow", receive_buffer_bytes=SMALL_BUFFER_BYTES)
    sending = asyncio.create_task(send_without_reading(slow, 500))
    await eventually(lambda: len(service.live) == 1)
    await eventually(lambda: len(service.live) == 0)
    said = await slow.read_to_end()
    await sending
    assert closing_frame_in(said, CloseCode.TRY_AGAIN_LATER)
    record = await service.document("slow")
    assert record.status == "disconnected"
    assert record.dropped_frames > 0


def closing_frame_in(said: bytes, code: CloseCode) -> bool:
    """Whether the last frame closes with this code and a reason."""
    start = said.rfind(struct.pack("!H", code)) - 2
    return start >= 0 and said[start] == 0x88 and said[start + 1] == len(said) - start - 2 > 2


async def test_reader_that_never_returns_is_let_go(service: Service) -> None:
    """A client that never reads again keeps no connection open: the server hangs up alone."""
    process = psutil.Process()
    await (await service.caller.join("warm")).close()
    await service.settled()
    slow = await service.caller.connect_raw("slow", receive_buffer_bytes=SMALL_BUFFER_BYTES)
    await eventually(lambda: len(service.live) == 1)
    handles = process.num_fds()
    sending = asyncio.create_task(send_without_reading(slow, 500))
    await eventually(lambda: len(service.live) == 0)
    await eventually(lambda: process.num_fds() == handles - 1)
    await asyncio.wait_for(sending, 5.0)


async def test_notices_without_reading(service: Service) -> None:
    """Not reading what is said of dropped frames ends a session as well."""
    slow = await service.caller.connect_raw("slow", receive_buffer_bytes=SMALL_BUFFER_BYTES)
    await slow.read_until(b"connection_established")
    tiny = b'{"type":"process_frame","data":{"frame_id":"%s","frame_data":"x"}}' % (b"f" * 128)
    sending = asyncio.create_task(_send_raw(slow, wire_frame(WSMsgType.TEXT, tiny) * 40_000))
    await eventually(lambda: len(service.live) == 0)
    slow.break_off()
    sending.cancel()


async def _send_raw(client: RawClient, data: bytes) -> None:
    with suppress(ConnectionError):
        await client.send_raw(data)


@pytest.fixture
async def impatient_server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """A process of its own that waits for a reader less than half a second."""
    server = ServerProcess(
        tmp_path / "data",
        send_timeout_s=SEND_TIMEOUT_S,
        frames_per_minute=1_000_000,
        # No frame is late, as the machine is noisy.
        target_latency_ms=20_000.0,
    )
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def test_slow_readers_cost_no_memory_and_no_time(impatient_server: ServerProcess) -> None:
    """Eight who do not read leave the server's memory flat and a neighbour's frames prompt."""
    process = psutil.Process(impatient_server.pid)
    async with ClientSession() as http:
        caller = Caller(http, impatient_server.url)
        neighbour = await caller.join("neighbour")
        await neighbour.process("warm", jpeg())
        before_bytes, peak_bytes, slowest_s = process.memory_info().rss, 0, 0.0
        flood = asyncio.create_task(_flood(caller))
        loop = asyncio.get_running_loop()
        while not flood.done():
            started_s = loop.time()
            assert (await neighbour.process("f", jpeg()))["type"] == "processed_frame"
            slowest_s = max(slowest_s, loop.time() - started_s)
            peak_bytes = max(peak_bytes, process.memory_info().rss)
            await asyncio.sleep(0.01)
        await flood
        await caller.close()
    assert peak_bytes - before_bytes < GROWTH_MAX_BYTES
    assert slowest_s < SNAPPY_S
    assert sum(neighbour.figures[-1]["dropped"].values()) == 0
    assert "Traceback" not in impatient_server.output


async def _flood(caller: Caller) -> None:
    """Eight who send much and read nothing, until the server has hung up on each."""
    clients = [
        await caller.connect_raw(f"slow-{number}", receive_buffer_bytes=SMALL_BUFFER_BYTES)
        for number in range(8)
    ]
    async with asyncio.timeout(FLOOD_TIMEOUT_S):
        await asyncio.gather(*(send_without_reading(client, 10_000) for client in clients))
