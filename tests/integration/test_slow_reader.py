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
PATIENT_S = 600.0
FLOOD_TIMEOUT_S = 60.0
ANSWERS = 50
"""So many frames of a neighbour are answered while nobody else gets on."""

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
async def patient_server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """A process of its own that waits for a reader longer than any test takes."""
    server = ServerProcess(
        tmp_path / "data",
        send_timeout_s=PATIENT_S,
        frames_per_minute=1_000_000,
        # No frame is late, as the machine is noisy.
        target_latency_ms=20_000.0,
    )
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class Flood:
    """Eight who send much and read nothing."""

    def __init__(self) -> None:
        self.sent = 0
        self._sending = list[asyncio.Task[None]]()

    async def begin(self, caller: Caller) -> None:
        """All of them send from now on."""
        for number in range(8):
            client = await caller.connect_raw(
                f"slow-{number}", receive_buffer_bytes=SMALL_BUFFER_BYTES
            )
            self._sending.append(asyncio.create_task(self._send(client)))

    async def end(self) -> None:
        """None of them was let go."""
        for one in self._sending:
            one.cancel()
        ends = await asyncio.gather(*self._sending, return_exceptions=True)
        assert [type(end) for end in ends] == [asyncio.CancelledError] * 8

    async def _send(self, client: RawClient) -> None:
        while True:
            await client.send_raw(LARGE_FRAME)
            self.sent += 1


async def test_slow_readers_cost_no_memory_and_no_time(patient_server: ServerProcess) -> None:
    """A neighbour's frames are answered while the server waits for all of eight who do not read;
    its memory stays flat."""
    process, flood, answers = psutil.Process(patient_server.pid), Flood(), 0
    async with asyncio.timeout(FLOOD_TIMEOUT_S), ClientSession() as http:
        caller = Caller(http, patient_server.url)
        neighbour = await caller.join("neighbour")
        await neighbour.process("warm", jpeg())
        before_bytes, peak_bytes = process.memory_info().rss, 0
        await flood.begin(caller)
        while answers < ANSWERS:
            sent = flood.sent
            assert (await neighbour.process("f", jpeg()))["type"] == "processed_frame"
            answers = answers + 1 if flood.sent == sent else 0
            peak_bytes = max(peak_bytes, process.memory_info().rss)
            await asyncio.sleep(0.01)
        figures = await neighbour.receive_figures()
        await flood.end()
        await caller.close()
    assert peak_bytes - before_bytes < GROWTH_MAX_BYTES
    assert sum(figures["dropped"].values()) == 0
    assert "Traceback" not in patient_server.output
