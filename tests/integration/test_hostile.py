"""Clients that try to hold the server up: the others go on."""

import asyncio
import gc
import sqlite3
import statistics
import weakref
from pathlib import Path

import psutil
import pytest
from aiohttp import ClientSession, WSMsgType

from storage.layout import DATABASE_FILE
from tests.integration.client import Caller, RawClient, picture_of, text_of, wire_frame
from tests.integration.process import ServerProcess
from tests.integration.service import Service, StartService, eventually
from tests.pictures import jpeg, noise

FLOODED_MEDIAN_MAX_S = 0.5
"""A neighbour's usual answer beside a flood; without care it took more than a second."""
GROWTH_MAX_BYTES = 64 * 1024 * 1024

FLOODS = {
    "faulty text": wire_frame(WSMsgType.TEXT, b"{") * 2000,
    "pings": wire_frame(WSMsgType.PING, b"x" * 125) * 500,
    "bombs": wire_frame(WSMsgType.TEXT, b'{"type":"x","data":[' + b"[]," * 300_000 + b"0]}"),
    "tiny frames": wire_frame(
        WSMsgType.TEXT, b'{"type":"process_frame","data":{"frame_id":"f","frame_data":"x"}}'
    )
    * 500,
}


async def _flood(client: RawClient, data: bytes) -> None:
    """Send until the server hangs up or the test ends; what comes back is not read."""
    try:
        while True:
            await client.send_raw(data)
    except ConnectionError:
        return


@pytest.mark.parametrize("name", FLOODS)
async def test_neighbour_of_a_flood_goes_on(live_server: ServerProcess, name: str) -> None:
    """Beside a client that floods, an honest one still gets its frames, and memory stays."""
    async with ClientSession() as http:
        caller = Caller(http, live_server.url)
        honest = await caller.join("honest")
        process = psutil.Process(live_server.pid)
        before_bytes = process.memory_info().rss
        hostile = await caller.connect_raw("hostile")
        flooding = asyncio.create_task(_flood(hostile, FLOODS[name]))
        waits_s = []
        for number in range(20):
            started_s = asyncio.get_running_loop().time()
            await honest.process(str(number), jpeg())
            waits_s.append(asyncio.get_running_loop().time() - started_s)
            await asyncio.sleep(0.03)
        grown_bytes = process.memory_info().rss - before_bytes
        flooding.cancel()
        await asyncio.wait([flooding])
        hostile.break_off()
        await caller.close()
    assert statistics.median(waits_s) < FLOODED_MEDIAN_MAX_S
    assert grown_bytes < GROWTH_MAX_BYTES


async def test_ended_session_lets_go_of_its_photos(service: Service) -> None:
    """A session's photos are gone with it, without waiting for the garbage collector."""
    client = await service.caller.join()
    await client.ask("set_style_image", image_data=text_of(jpeg(noise(64, 48))))
    (session,) = service.live._live.values()
    look = session.wardrobe.look
    assert look is not None
    assert look.style is not None
    photo = weakref.ref(look.style)
    del look, session
    gc.disable()
    try:
        await client.close()
        await service.settled()
        await eventually(lambda: photo() is None)
    finally:
        gc.enable()


async def test_stop_while_the_database_is_locked(tmp_path: Path) -> None:
    """A database that somebody else holds does not keep the server from stopping."""
    server = ServerProcess(tmp_path / "data", stop_timeout_s=0.5)
    await server.start()
    async with ClientSession() as http:
        caller = Caller(http, server.url)
        for number in range(5):
            await caller.join(f"s{number}")
        other = sqlite3.connect(tmp_path / "data" / DATABASE_FILE, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        assert await server.stop() == 0
        other.close()
        await caller.close()


async def test_large_frame_is_refused_by_its_header(start_service: StartService) -> None:
    """A live frame has a limit of its own, far below that of a photo."""
    service = await start_service(max_frame_px=1000)
    client = await service.caller.join()
    await client.send_frame("f", jpeg(noise(64, 48)))
    assert (await client.receive())["error"] == "IMAGE_TOO_LARGE"
    small = jpeg(noise(16, 16))
    assert picture_of(await client.process("g", small)) == small


async def test_taking_over_does_not_wait_for_a_dead_link(start_service: StartService) -> None:
    """A client that reconnects is let in at once, although its first connection reads nothing."""
    service = await start_service(send_timeout_s=30.0)
    dead = await service.caller.connect_raw("moving", receive_buffer_bytes=4096)
    flooding = asyncio.create_task(_flood(dead, FLOODS["tiny frames"]))
    await eventually(lambda: len(service.live) == 1)
    await asyncio.sleep(0.5)
    async with asyncio.timeout(3.0):
        await service.caller.join("moving")
    flooding.cancel()
    await asyncio.wait([flooding])
    dead.break_off()


@pytest.mark.parametrize("path", ["a file", "below a file", "no database"])
async def test_unusable_data_directory_is_one_line(tmp_path: Path, path: str) -> None:
    """A data directory that cannot be used stops the start with one line that names it."""
    occupied = tmp_path / "occupied"
    occupied.write_text("no directory")
    junk = tmp_path / "junk"
    junk.mkdir()
    (junk / DATABASE_FILE).write_text("no database at all, " * 100)
    directory = {"a file": occupied, "below a file": occupied / "x", "no database": junk}[path]
    said = await _refused_start(directory)
    assert said.count("\n") == 1
    assert said.startswith("wrong setting: data_dir")


async def test_data_directory_in_use_is_one_line(live_server: ServerProcess) -> None:
    """A second server on the same data directory is refused, and the first goes on."""
    said = await _refused_start(live_server.data_dir)
    assert said.count("\n") == 1
    assert "in use" in said


async def _refused_start(directory: Path) -> str:
    server = ServerProcess(directory)
    with pytest.raises(AssertionError, match="did not start"):
        await server.start()
    assert await server.stop() == 2
    return server.output
