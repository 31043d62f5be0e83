"""Sessions broken off in every phase leave nothing behind: no task, thread, handle or session."""

import asyncio
import gc
import logging
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any, TypeAlias

import psutil
import pytest
from aiohttp import WSMsgType

from server import app
from storage.layout import DATABASE_FILE
from tests.engines import sleeping
from tests.integration.client import Caller, realtime_path, text_of, wire_frame
from tests.integration.service import Service, StartService, eventually
from tests.pictures import jpeg, noise

SESSIONS = 200
AT_ONCE = 20
FRAME = jpeg()
PHOTO = text_of(jpeg(noise(640, 480), quality=95))

Phase: TypeAlias = Callable[[Caller, str], Awaitable[None]]


async def before_the_handshake(caller: Caller, session_id: str) -> None:
    """Reset before the server has said anything."""
    (await caller.connect_raw(session_id)).break_off()


async def before_the_greeting(caller: Caller, session_id: str) -> None:
    """Reset as soon as the handshake is answered."""
    client = await caller.connect_raw(session_id)
    await client.read_until(b"101 Switching")
    client.break_off()


async def within_the_handshake(caller: Caller, session_id: str) -> None:
    """Reset in the middle of the HTTP request."""
    client = await caller.connect_plain()
    await client.send_raw(f"GET {realtime_path(session_id, 'u1')} HTTP/1.1\r\nHos".encode())
    client.break_off()


async def after_the_greeting(caller: Caller, session_id: str) -> None:
    """Reset with nothing under way."""
    client = await caller.connect_raw(session_id)
    await client.read_until(b"connection_established")
    client.break_off()


async def within_a_message(caller: Caller, session_id: str) -> None:
    """Reset when half of a frame has been sent."""
    client = await caller.connect_raw(session_id)
    await client.read_until(b"connection_established")
    await client.send_raw(wire_frame(WSMsgType.TEXT, bytes(100_000))[:50_000])
    client.break_off()


async def during_processing(caller: Caller, session_id: str) -> None:
    """Reset while a worker has the frame and others wait."""
    client = await caller.connect_raw(session_id)
    await client.send("set_look", look={"color": "copper"})
    await client.read_until(b"look_set")
    for number in range(3):
        await client.send_frame(str(number), FRAME)
    await asyncio.sleep(0.005)
    client.break_off()


async def during_a_look_change(caller: Caller, session_id: str) -> None:
    """Reset while a photo is being read."""
    client = await caller.connect_raw(session_id)
    await client.read_until(b"connection_established")
    await client.send("set_style_image", image_data=PHOTO)
    client.break_off()


async def right_after_frames(caller: Caller, session_id: str) -> None:
    """Closed by the client in good order, with frames on their way."""
    client = await caller.join(session_id)
    for number in range(3):
        await client.send_frame(str(number), FRAME)
    await client.close()


async def with_a_clean_close(caller: Caller, session_id: str) -> None:
    """Closed by the client with nothing under way."""
    client = await caller.join(session_id)
    await client.process("f1", FRAME)
    await client.close()


async def with_an_abort(caller: Caller, session_id: str) -> None:
    """Reset by a client that reads, with a frame on its way."""
    client = await caller.join(session_id)
    await client.send_frame("f1", FRAME)
    client.break_off()


async def during_a_take_over(caller: Caller, session_id: str) -> None:
    """Taken over by a connection that is reset itself before it is greeted."""
    first = await caller.connect_raw(session_id)
    await first.read_until(b"connection_established")
    second = await caller.connect_raw(session_id)
    await first.read_until(b"SESSION_TAKEN_OVER")
    second.break_off()
    first.break_off()


PHASES: tuple[Phase, ...] = (
    before_the_handshake,
    before_the_greeting,
    within_the_handshake,
    after_the_greeting,
    within_a_message,
    during_processing,
    during_a_look_change,
    right_after_frames,
    with_a_clean_close,
    with_an_abort,
    during_a_take_over,
)


@pytest.fixture
def complaints() -> list[dict[str, Any]]:
    """What the event loop has to complain about: failures that nobody was told of."""
    return []


async def test_broken_sessions_leave_nothing(
    start_service: StartService,
    complaints: list[dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After 200 sessions that broke off in every way the process is as it was before."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    service = await start_service(sleeping(0.01), max_sessions=SESSIONS)
    process = psutil.Process()
    await _run_phases(service, "warm", len(PHASES))
    await _until_quiet(service)
    before = _census(process)
    await _run_phases(service, "s", SESSIONS)
    await _until_quiet(service)
    await eventually(lambda: _census(process) == before)
    assert complaints == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert _sessions_of_status(service, "active") == []


async def _run_phases(service: Service, name: str, count: int) -> None:
    slots = asyncio.Semaphore(AT_ONCE)

    async def run(number: int) -> None:
        async with slots:
            await PHASES[number % len(PHASES)](service.caller, f"{name}-{number}")

    await asyncio.gather(*(run(number) for number in range(count)))


async def _until_quiet(service: Service) -> None:
    pool = service.services.pool
    await service.settled()
    await eventually(lambda: (pool.busy, pool.waiting) == (0, 0))
    await service.services.journal.flush()


def _census(process: psutil.Process) -> tuple[int, int, list[str]]:
    """Tasks, handles and threads there are."""
    gc.collect()
    names = sorted(thread.name for thread in threading.enumerate())
    return len(asyncio.all_tasks()), process.num_fds(), names


def _sessions_of_status(service: Service, status: str) -> list[str]:
    path = service.services.settings.data_dir / DATABASE_FILE
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT session_id FROM sessions WHERE status = ?", (status,))
        return [row[0] for row in rows]


@pytest.mark.parametrize("phase", PHASES)
async def test_each_phase_leaves_its_neighbour_alone(service: Service, phase: Phase) -> None:
    """However a session breaks off, one beside it goes on and the id can be used again at once."""
    neighbour = await service.caller.join("neighbour", "u2")
    await phase(service.caller, "broken")
    assert (await neighbour.process("f1", FRAME))["type"] == "processed_frame"
    again = await service.caller.join("broken")
    assert (await again.process("f1", FRAME))["type"] == "processed_frame"


async def test_freed_memory_is_given_back(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Again and again, by a thread that is not the event loop's."""
    threads = list[threading.Thread]()
    monkeypatch.setattr(app, "GIVEN_BACK_EVERY_S", 0.01)
    monkeypatch.setattr(
        app, "give_back_freed_memory", lambda: threads.append(threading.current_thread())
    )
    await start_service()
    await eventually(lambda: len(threads) >= 3)
    assert threading.current_thread() not in threads
