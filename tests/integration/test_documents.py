"""Session documents: what is kept of a session, how often it is written, and what never is."""

import asyncio
import re
from collections import Counter
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from server.instances.desks import hand_over
from server.instances.lodging import DOCUMENT, HAND_OVER
from server.keys import SERVICES
from storage.errors import StorageFailed
from storage.records import SessionRecord, SessionStatus
from tests.engines import raising, sleeping
from tests.fakes import ManualClock
from tests.integration.client import text_of
from tests.integration.service import Service, StartService, eventually
from tests.pictures import jpeg, noise


async def test_document_of_a_session(start_service: StartService) -> None:
    """A document begins active, counts what became of the frames, and ends disconnected."""
    clock = ManualClock()
    service = await start_service(sleeping(0.01), clock=clock, frames_per_minute=240)
    client = await service.caller.join("s1", "u1")
    begun = await service.document()
    assert (begun.status, begun.user_id, begun.frames_processed) == (SessionStatus.ACTIVE, "u1", 0)
    assert begun.connected_at == begun.created_at == clock.utc_now()
    await client.ask("set_look", look={"color": "copper", "intensity": 0.5})
    for number in range(5):
        await client.send_frame(str(number), jpeg())
    kinds = Counter([(await client.receive())["type"] for _ in range(6)])
    assert kinds == {"processed_frame": 1, "frame_dropped": 4, "error": 1}
    clock.now_s += 10.0
    assert (await client.process("last", jpeg()))["type"] == "processed_frame"
    clock.now_s += 10.0
    await client.close()
    await service.settled()
    ended = await service.document()
    assert ended.status == SessionStatus.DISCONNECTED
    assert (ended.frames_processed, ended.dropped_frames) == (2, 4)
    assert ended.look == {
        "engine": "sleeping", "color": "copper", "intensity": 0.5,
        "shine": 0.0, "ombre": None, "highlights": None,
    }  # fmt: skip
    assert ended.created_at == ended.connected_at == begun.created_at
    assert ended.last_activity - begun.created_at == timedelta(seconds=10)
    assert ended.updated_at - begun.created_at == timedelta(seconds=20)


async def test_average_latency_is_of_all_connections(start_service: StartService) -> None:
    """A session taken up again adds to its counters and keeps the moment of its creation."""
    service = await start_service(sleeping(0.02))
    records: list[SessionRecord] = []
    for frames in (1, 3):
        client = await service.caller.join()
        await client.ask("set_look", look={"color": "copper"})
        for number in range(frames):
            await client.process(str(number), jpeg())
        await client.close()
        await service.settled()
        records.append(await service.document())
    first, second = records
    assert (first.frames_processed, second.frames_processed) == (1, 4)
    assert second.created_at == first.created_at
    assert second.connected_at > first.connected_at
    assert first.average_latency_ms >= 20.0
    assert 20.0 <= second.average_latency_ms < 1000.0


async def test_counters_survive_a_take_over(service: Service) -> None:
    """What the first connection counted is there when the second one has ended."""
    first = await service.caller.join()
    for number in range(3):
        await first.process(str(number), jpeg())
    second = await service.caller.join()
    await second.process("f", jpeg())
    await second.close()
    await service.settled()
    assert (await service.document()).frames_processed == 4


async def test_failed_frames_are_neither_processed_nor_dropped(start_service: StartService) -> None:
    """A frame that failed counts in neither of the document's counters."""
    service = await start_service(raising())
    client = await service.caller.join()
    await client.ask("set_look", look={"color": "copper"})
    await client.process("f1", jpeg())
    await client.close()
    await service.settled()
    record = await service.document()
    assert (record.frames_processed, record.dropped_frames) == (0, 0)


async def test_frames_waiting_at_the_end_count_as_dropped(start_service: StartService) -> None:
    """Frames that a client leaves behind are in the document: dropped, with nobody to be told."""
    service = await start_service(sleeping(0.1))
    client = await service.caller.join()
    await client.ask("set_look", look={"color": "copper"})
    for number in range(6):
        await client.send_frame(str(number), jpeg())
    await eventually(lambda: service.services.pool.busy == 1)
    client.break_off()
    await service.settled()
    record = await service.document()
    assert record.dropped_frames + record.frames_processed == 6
    assert record.dropped_frames >= 4


async def test_one_write_a_second_and_the_last_always(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However busy a session is, its document is written once a second, and at its end."""
    written: list[SessionRecord] = []
    sessions = service.services.database.sessions
    save = sessions.save

    async def counting(record: SessionRecord) -> bool:
        written.append(record)
        return await save(record)

    monkeypatch.setattr(sessions, "save", counting)
    loop = asyncio.get_running_loop()
    client, started_s, frames = await service.caller.join(), loop.time(), 0
    while loop.time() - started_s < 2.3:
        await client.process(str(frames), jpeg())
        frames += 1
    await client.close()
    await service.settled()
    elapsed_s = loop.time() - started_s
    await service.services.journal.flush()
    assert 2 <= len(written) <= 1 + elapsed_s
    assert [record.status for record in written[:-1]] == ["active"] * (len(written) - 1)
    assert (written[-1].status, written[-1].frames_processed) == ("disconnected", frames)


async def test_cancelled_session_writes_its_last_document(start_service: StartService) -> None:
    """A session whose handler is cancelled, as a stop does with the last, writes all the same."""
    service = await start_service(cancels_handlers=True)
    client = await service.caller.join()
    await client.process("f1", jpeg())
    client.break_off()
    await service.settled()
    record = await service.document()
    assert (record.status, record.frames_processed) == ("disconnected", 1)


async def test_failing_database_ends_no_session(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the database fails frames are processed; what it missed is written when it is back."""
    client = await service.caller.join()

    async def fail(_: SessionRecord) -> None:
        raise StorageFailed("SQLITE_FULL")

    with monkeypatch.context() as patch:
        patch.setattr(service.services.database.sessions, "save", fail)
        assert (await client.process("f1", jpeg()))["type"] == "processed_frame"
        await client.receive_figures()
        assert (await client.process("f2", jpeg()))["type"] == "processed_frame"
        await client.close()
        await service.settled()
        assert (await service.document()).status == "active"
    await service.services.journal.flush()
    record = await service.document()
    assert (record.status, record.frames_processed) == ("disconnected", 2)


async def test_session_resumes_from_what_is_not_written_yet(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session taken up again after its last write failed loses none of its counts."""
    client = await service.caller.join()
    await client.process("f1", jpeg())

    async def fail(_: SessionRecord) -> None:
        raise StorageFailed("SQLITE_BUSY")

    with monkeypatch.context() as patch:
        patch.setattr(service.services.database.sessions, "save", fail)
        await client.close()
        await service.settled()
    again = await service.caller.join()
    await again.process("f2", jpeg())
    await again.close()
    await service.settled()
    await service.services.journal.flush()
    assert (await service.document()).frames_processed == 2


async def test_another_instance_goes_on_from_the_last_document(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets what the database did not take, and nothing of it is written here any more; nobody
    else gets it, and it stays where nobody waits for it."""
    client = await service.caller.join()
    await client.ask("set_look", look={"color": "copper"})
    before = await service.document()

    async def fail(_: SessionRecord) -> None:
        raise StorageFailed("SQLITE_BUSY")

    with monkeypatch.context() as patch:
        patch.setattr(service.services.database.sessions, "save", fail)
        await client.process("f1", jpeg())
        await client.close()
        await service.settled()
        await service.services.journal.flush()
        assert (await _handed_over(service, "u2")).status == 403
        await _handed_over(service, "u1", transport=None, protocol=Mock())
        answer = await _handed_over(service, "u1")
    assert answer.status == 200
    assert isinstance(answer.body, bytes)
    record = DOCUMENT.validate_json(answer.body)
    assert record.look is not None
    assert (record.look["color"], record.frames_processed) == ("copper", 1)
    assert (await _handed_over(service, "u1")).status == 204
    assert await service.document() == before


async def _handed_over(service: Service, user_id: str, **connection: Any) -> web.Response:
    target = f"{HAND_OVER}?session_id=s1&user_id={user_id}"
    return await hand_over(make_mocked_request("POST", target, app=service.app, **connection))


async def test_no_picture_is_ever_written(service: Service) -> None:
    """Neither frames nor photos reach the database's files, encoded or as text; only their keys."""
    client = await service.caller.join()
    picture = jpeg(noise(64, 48, seed=7))
    await client.ask("set_style_image", image_data=text_of(picture))
    await client.ask("set_color_image", image_data=text_of(picture))
    await client.process("f1", picture)
    await client.close()
    await service.settled()
    record = await service.document()
    assert re.fullmatch(r"style:u1:[0-9a-f-]{36}", record.style_image_data or "")
    assert re.fullmatch(r"color:u1:[0-9a-f-]{36}", record.color_image_data or "")
    kept = [
        await service.services.cache.get(key or "")
        for key in (record.style_image_data, record.color_image_data)
    ]
    folder = service.app[SERVICES].settings.data_dir
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        assert b"\xff\xd8\xff" not in content
        for data in (picture, *filter(None, kept)):
            assert text_of(data)[200:300].encode() not in content
