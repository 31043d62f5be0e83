"""Stopping: in order when asked, at once when asked twice, and what is left when killed."""

import asyncio
import os
import signal
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
from aiohttp import ClientConnectionError, ClientSession, WSMsgType

from media.frame import Picture
from server import registry, websocket
from server.errors import CloseCode
from server.sessions import LiveSession
from storage.errors import StorageFailed
from storage.layout import DATABASE_FILE
from storage.records import SessionRecord
from tests.engines import gated
from tests.integration.client import Caller, Closing, text_of, wire_frame
from tests.integration.process import ServerProcess
from tests.integration.raw_requests import request
from tests.integration.service import Service, StartService, eventually
from tests.pictures import jpeg, portrait

COPPER = {"color": "copper"}
PROMPT_S = 3.0
"""Stopping has nothing to wait for: what a process needs to end."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are a POSIX matter")


@pytest.fixture
async def patient_server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """A server that gives up no frame for being late."""
    server = ServerProcess(
        tmp_path / "data", target_latency_ms=20_000, max_frame_px=25_000_000, threads=2
    )
    await server.start()
    try:
        yield server
    finally:
        await server.stop(signal.SIGKILL)


@pytest.fixture
async def caller(patient_server: ServerProcess) -> AsyncIterator[Caller]:
    """Calls the patient server."""
    async with ClientSession() as http:
        caller = Caller(http, patient_server.url)
        yield caller
        await caller.close()


def rows(data_dir: Path) -> dict[str, tuple[str, int]]:
    """Status and processed frames of all sessions, as they are in the file."""
    query = "SELECT session_id, status, frames_processed FROM sessions"
    with closing(sqlite3.connect(data_dir / DATABASE_FILE)) as database:
        return {name: (status, frames) for name, status, frames in database.execute(query)}


def large_picture() -> Picture:
    """24 megapixels: a frame that takes long on any machine."""
    return np.asarray(cv2.resize(portrait(), (4900, 4900)), np.uint8)


def kinds_of(ended: Closing) -> list[str]:
    """The types of the messages before the end."""
    return [message["type"] for message in ended.messages]


async def test_stop_with_live_sessions(
    patient_server: ServerProcess, caller: Caller, tmp_path: Path
) -> None:
    """SIGTERM: all are told, frames under way are finished, nobody comes in, also not by what a
    gateway keeps open for later, and all is written."""
    kept = await caller.connect_plain()
    await kept.send_raw(request("GET /api/hair-tryOn/shades"))
    await kept.read_until(b"jet-black")
    idle, busy = await asyncio.gather(*map(caller.join, ("idle", "busy")))
    await idle.process("f0", jpeg())
    await busy.ask("set_look", look=COPPER)
    await busy.send_frame("large", jpeg(large_picture(), quality=70))
    await idle.process("f1", jpeg())  # by now the large frame is being processed
    loop = asyncio.get_running_loop()
    started_s = loop.time()
    stopping = asyncio.create_task(patient_server.stop())
    idle_end = await idle.until_closed()
    with pytest.raises(ClientConnectionError):
        await caller.connect("late")
    ending = asyncio.create_task(busy.until_closed())
    await kept.read_to_end()
    assert not ending.done()
    busy_end = await ending
    assert await stopping == 0
    assert loop.time() - started_s < 5.0
    assert (kinds_of(idle_end), idle_end.code) == (["server_closing"], CloseCode.GOING_AWAY)
    assert kinds_of(busy_end) == ["server_closing", "processed_frame"]
    assert busy_end.messages[1]["data"]["frame_id"] == "large"
    assert busy_end.messages[0].keys() == {"type", "message", "timestamp"}
    assert (busy_end.code, bool(busy_end.reason)) == (CloseCode.GOING_AWAY, True)
    assert rows(tmp_path / "data") == {"idle": ("disconnected", 2), "busy": ("disconnected", 1)}
    assert "Traceback" not in patient_server.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_stop_without_sessions_is_prompt(
    patient_server: ServerProcess, caller: Caller, number: signal.Signals
) -> None:
    """With nobody live, though a kept-alive connection is open, the process ends at once with 0."""
    async with caller.http.get(patient_server.url + "/api/hair-tryOn/health") as response:
        assert response.status == 200
    started_s = asyncio.get_running_loop().time()
    assert await patient_server.stop(number) == 0
    assert asyncio.get_running_loop().time() - started_s < PROMPT_S
    assert "Traceback" not in patient_server.output


async def test_stop_does_not_wait_for_a_silent_client(
    patient_server: ServerProcess, caller: Caller, tmp_path: Path
) -> None:
    """A client that answers no closing frame holds up the stop for two seconds and no longer."""
    silent = await caller.connect_raw("silent")
    await silent.read_until(b"connection_established")
    started_s = asyncio.get_running_loop().time()
    assert await patient_server.stop() == 0
    assert asyncio.get_running_loop().time() - started_s < 5.0
    assert rows(tmp_path / "data") == {"silent": ("disconnected", 0)}
    assert "Traceback" not in patient_server.output


async def test_second_signal_ends_at_once(patient_server: ServerProcess, caller: Caller) -> None:
    """Who asks twice does not wait for a client that keeps the first stop waiting."""
    silent = await caller.connect_raw("silent")
    await silent.read_until(b"connection_established")
    stopping = asyncio.create_task(patient_server.stop())
    await silent.read_until(b"server_closing")
    started_s = asyncio.get_running_loop().time()
    os.kill(patient_server.pid, signal.SIGTERM)
    assert await stopping == 128 + signal.SIGTERM
    assert asyncio.get_running_loop().time() - started_s < PROMPT_S


async def test_who_is_live_is_served_while_balancers_look_elsewhere(tmp_path: Path) -> None:
    """With a time to drain: until then only who asks whether it is ready hears of the stop."""
    server = ServerProcess(tmp_path / "data", drain_s=600)
    await server.start()
    async with ClientSession() as http:
        caller = Caller(http, server.url)
        client = await caller.join("s1")
        stopping = asyncio.create_task(server.stop())

        async def is_ready() -> bool:
            async with http.get(f"{server.url}/readyz") as answer:
                return answer.status == 200

        while await is_ready():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        assert (await client.process("f1", jpeg()))["type"] == "processed_frame"
        os.kill(server.pid, signal.SIGTERM)
        assert await stopping == 128 + signal.SIGTERM
        await caller.close()


async def test_killed_server_starts_again(
    patient_server: ServerProcess, caller: Caller, tmp_path: Path
) -> None:
    """After kill -9 the next start calls what was active a timeout, and who returns goes on."""
    live, left = await asyncio.gather(*map(caller.join, ("live", "left")))
    worn = await live.ask("set_look", look=COPPER)
    await live.ask("set_style_image", image_data=text_of(jpeg()))
    await live.process("f1", jpeg())
    await left.close()
    await _until_written(tmp_path / "data", {"live": ("active", 1), "left": ("disconnected", 0)})
    assert await patient_server.stop(signal.SIGKILL) == -signal.SIGKILL
    await patient_server.start()
    assert rows(tmp_path / "data") == {"live": ("timeout", 1), "left": ("disconnected", 0)}
    again = await caller.connect("live")
    greeting = await again.receive()
    assert greeting["look"] == worn["look"], "the values are kept, the photo was in memory only"
    await again.process("f2", jpeg())
    await again.close()
    assert await patient_server.stop() == 0
    assert rows(tmp_path / "data")["live"] == ("disconnected", 2)


async def _until_written(data_dir: Path, wanted: dict[str, tuple[str, int]]) -> None:
    async with asyncio.timeout(5.0):
        while rows(data_dir) != wanted:  # noqa: ASYNC110  (what is watched is no event)
            await asyncio.sleep(0.05)


async def test_frames_during_the_stop(start_service: StartService) -> None:
    """While the stop waits for a frame, those that waited are finished and new ones are dropped."""
    gate = threading.Event()
    service = await start_service(gated(gate))
    client = await service.caller.join()
    await client.ask("set_look", look=COPPER)
    for frame_id in ("held", "waiting"):
        await client.send_frame(frame_id, jpeg())
    await eventually(lambda: service.services.pool.busy == 1)
    stopping = asyncio.create_task(service.live.stop_all())
    assert (await client.receive())["type"] == "server_closing"
    dropped = await client.process("new", jpeg())
    assert dropped == {"type": "frame_dropped", "frame_id": "new", "reason": "closed"}
    refused = await (await service.caller.connect("late")).until_closed()
    assert [answer["error"] for answer in refused.messages] == ["SERVER_CLOSING"]
    assert refused.code == CloseCode.GOING_AWAY
    gate.set()
    ended = await client.until_closed()
    await stopping
    assert [answer["data"]["frame_id"] for answer in ended.messages] == ["held", "waiting"]
    assert ended.code == CloseCode.GOING_AWAY
    record = await service.document()
    assert (record.status, record.frames_processed) == ("disconnected", 2)
    assert record.dropped_frames == 1


async def test_clients_are_told_one_after_the_other(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is not told yet is served as before."""
    monkeypatch.setattr(registry, "TELLING_S", 1e6)
    monkeypatch.setattr(registry, "APART_S", 1e3)
    first, second = [await service.caller.join(name) for name in ("s1", "s2")]
    stopping = asyncio.create_task(service.live.stop_all())
    assert (await first.receive())["type"] == "server_closing"
    assert (await second.process("f1", jpeg()))["type"] == "processed_frame"
    stopping.cancel()
    await asyncio.wait([stopping])
    monkeypatch.undo()
    await service.live.stop_all()
    assert (await second.receive())["type"] == "server_closing"


async def test_who_is_told_to_go_finds_its_look_elsewhere(start_service: StartService) -> None:
    """At once, though it has only just put it on: that is written before it is told."""
    service = await start_service()
    client = await service.caller.join()
    await client.ask("set_look", look=COPPER)
    stopping = asyncio.create_task(service.live.stop_all())
    assert (await client.receive())["type"] == "server_closing"
    record = await service.services.database.sessions.get("s1")
    assert record is not None
    assert record.look is not None
    assert record.look["color"] == "copper"
    await client.until_closed()
    await stopping


async def test_each_look_is_written_first(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long that takes in all, where the database answers."""
    monkeypatch.setattr(registry, "WRITING_S", 1.0)
    service = await start_service()
    sessions = service.services.database.sessions
    names = ["s1", "s2", "s3"]
    clients = [await service.caller.join(name) for name in names]
    for client in clients:
        await client.ask("set_look", look=COPPER)
    save = sessions.save

    async def slowly(record: SessionRecord) -> bool:
        await asyncio.sleep(0.45)
        return await save(record)

    monkeypatch.setattr(sessions, "save", slowly)
    stopping = asyncio.create_task(service.live.stop_all())
    for name, client in zip(names, clients, strict=True):
        assert (await client.receive())["type"] == "server_closing"
        record = await sessions.get(name)
        assert record is not None
        assert record.look is not None
    monkeypatch.setattr(sessions, "save", save)
    await stopping


async def test_a_session_that_is_being_taken_up_keeps_its_look(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it wore is not known yet where it is to go on, and is not written over."""
    service, read = await start_service(), asyncio.Event()
    client = await service.caller.join()
    await client.ask("set_look", look=COPPER)
    await client.close()
    await service.settled()
    await service.services.journal.flush()
    resume = LiveSession.resume

    async def resume_later(session: LiveSession, record: SessionRecord | None) -> None:
        await read.wait()
        await resume(session, record)

    monkeypatch.setattr(LiveSession, "resume", resume_later)
    again = await service.caller.connect()
    await eventually(lambda: len(service.live) == 1)
    (session,) = service.live._live.values()
    stopping = asyncio.create_task(service.live.stop_all())
    await eventually(session._stopping.is_set)
    record = await service.services.database.sessions.get("s1")
    assert record is not None
    assert record.look is not None
    read.set()
    await again.until_closed()
    await stopping


async def test_who_is_gone_by_its_turn_keeps_its_look(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that has left meanwhile wears nothing any more, and one that was refused while it was
    being taken up nothing yet."""
    service, is_gone, is_read = await start_service(), asyncio.Event(), asyncio.Event()
    journal, sessions = service.services.journal, service.services.database.sessions
    clients = [await service.caller.join(name) for name in ("s1", "s2", "s3")]
    for client in clients:
        await client.ask("set_look", look=COPPER)
    await clients[2].close()
    await eventually(lambda: not service.live.has("s3"))
    await journal.flush()
    settle = journal.settle

    async def settle_later(session_id: str) -> None:
        await is_gone.wait()
        await settle(session_id)

    async def fail(_: str) -> None:
        await is_read.wait()
        raise StorageFailed("TEST")

    monkeypatch.setattr(journal, "settle", settle_later)
    monkeypatch.setattr(sessions, "get", fail)
    again = await service.caller.connect("s3")
    await eventually(lambda: service.live.has("s3"))
    stopping = asyncio.create_task(service.live.stop_all())
    await clients[1].close()
    is_read.set()
    await again.until_closed()
    await eventually(lambda: len(service.live) == 1)
    is_gone.set()
    await stopping
    monkeypatch.undo()
    for name in ("s1", "s2", "s3"):
        record = await service.document(name)
        assert record.look is not None
        assert (record.look["color"], record.status) == ("copper", "disconnected")


async def test_a_browser_that_answers_is_not_waited_for(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers the closing frame and leaves it to the server to end the connection."""
    monkeypatch.setattr(websocket, "HANG_UP_S", 1000.0)
    service = await start_service()
    browser = await service.caller.connect_raw()
    await browser.read_until(b"connection_established")
    assert service.runner.server is not None
    service.runner.server.pre_shutdown()
    await service.live.stop_all()
    await browser.read_until(b"the server is stopping")
    await browser.send_raw(wire_frame(WSMsgType.CLOSE, CloseCode.GOING_AWAY.to_bytes(2)))
    await browser.read_to_end()


async def test_frame_that_takes_too_long_is_given_up(start_service: StartService) -> None:
    """A frame that outlasts the stop timeout counts as dropped and the session ends in order."""
    gate = threading.Event()
    service = await start_service(gated(gate), stop_timeout_s=0.2)
    client = await service.caller.join()
    await client.ask("set_look", look=COPPER)
    await client.send_frame("held", jpeg())
    await eventually(lambda: service.services.pool.busy == 1)
    async with asyncio.timeout(2.0):
        await asyncio.gather(service.live.stop_all(), client.until_closed())
    record = await service.document()
    assert (record.status, record.dropped_frames) == ("disconnected", 1)
    gate.set()
