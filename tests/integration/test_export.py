"""A user's data as a ZIP: everything, readable, also while it is being used."""

import asyncio
import re
from contextlib import ExitStack, aclosing
from dataclasses import replace
from datetime import timedelta
from html import escape
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import orjson
import pytest
from aiohttp import ClientError

from processing.local.classic.engine import ClassicEngine
from server.export import Export
from server.keys import EXPORTS
from storage.addresses import name_of
from storage.errors import StorageFailed
from storage.files import KeptFile
from storage.results import QueueBounds
from storage.sealing import CHUNK_BYTES
from tests.films import film
from tests.integration.belongings import leave
from tests.integration.client import Caller
from tests.integration.records import CONSENT, RESULT, STYLE, UPLOAD, add_result, add_upload
from tests.integration.service import Service, StartService
from tests.integration.silent import MUCH_BYTES, check_let_go
from tests.integration.test_upload import form, post, refusal

PATH = "/api/hair-tryOn/user/ann/export"


@pytest.fixture
async def service(start_service: StartService) -> Service:
    """A service with the engine that its children have too."""
    return await start_service(ClassicEngine())


async def export(caller: Caller, user_id: str) -> tuple[ZipFile, dict[str, Any]]:
    """The ZIP, and the documents in it."""
    url = f"{caller.url}/api/hair-tryOn/user/{user_id}/export"
    async with caller.http.get(url) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.content_type == "application/zip"
        assert answer.headers["Cache-Control"] == "no-store"
        made = ZipFile(BytesIO(await answer.read()))
    assert made.testzip() is None
    return made, orjson.loads(made.read("data.json"))


async def test_everything_is_in_it(service: Service) -> None:
    """The files bit by bit, every document, and a page that leads to them; nobody else's."""
    ann, _ = await leave(service, "ann"), await leave(service, "bob")
    made, data = await export(service.caller, "ann")
    names = {
        f"uploads/{ann.upload_id}/me.mp4",
        f"results/{ann.result_id}/result.mp4",
        f"results/{ann.result_id}/thumb.jpg",
        f"results/{ann.result_id}/style.jpg",
        "sessions/session-ann/style.jpg",
        "styles/style-ann.jpg",
    }
    assert set(made.namelist()) == names | {"data.json", "index.html"}
    assert made.read(f"uploads/{ann.upload_id}/me.mp4") == ann.film
    assert all(made.read(name) for name in names)
    assert [one["upload_id"] for one in data["uploads"]] == [ann.upload_id]
    assert [one["result_id"] for one in data["results"]] == [ann.result_id]
    assert [one["session_id"] for one in data["sessions"]] == ["session-ann"]
    assert [one["notice"] for one in data["consents"]] == [CONSENT.notice]
    assert [one["tier"] for one in data["tiers"]] == ["premium"]
    assert [one["spent_micro_usd"] for one in data["usages"]] == [40_000]
    assert [one["prompt"] for one in data["styles"]] == [STYLE.prompt]
    page = made.read("index.html").decode()
    assert CONSENT.notice in page
    assert f"<td>{escape(STYLE.prompt)}</td>" in page
    assert "<td>premium</td>" in page
    assert "<td>$0.04</td>" in page
    assert all(f'href="{name}"' in page for name in names)
    assert "bob" not in page + made.read("data.json").decode()


async def test_a_missing_file_is_told(service: Service) -> None:
    """What was deleted meanwhile is left out, and the page says so."""
    ann = await leave(service, "ann")
    record = await service.services.database.results.get(ann.result_id)
    assert record is not None
    await service.services.files.delete(record.thumbnail_path.rpartition("/")[2])
    made, _ = await export(service.caller, "ann")
    assert f"results/{ann.result_id}/thumb.jpg" not in made.namelist()
    assert "thumbnail: not in here" in made.read("index.html").decode()


async def test_a_damaged_file_is_told(service: Service) -> None:
    """The rest is there all the same."""
    ann = await leave(service, "ann")
    path = service.services.settings.data_dir / "objects" / await _video(service, ann.result_id)
    data = bytearray(await asyncio.to_thread(path.read_bytes))
    data[-1] ^= 1
    await asyncio.to_thread(path.write_bytes, data)
    made, data_ = await export(service.caller, "ann")
    assert "video: not in here" in made.read("index.html").decode()
    assert made.read(f"uploads/{ann.upload_id}/me.mp4") == ann.film
    assert len(data_["results"]) == 1


async def _video(service: Service, result_id: str) -> str:
    record = await service.services.database.results.get(result_id)
    assert record is not None
    return record.result_video_path.rpartition("/")[2]


async def test_an_export_that_breaks_off_is_not_taken_for_whole(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the files go away in the middle, the connection is cut."""
    await leave(service, "ann")
    read = KeptFile._opened

    async def failing(file: KeptFile, chunks: range, start: int, stop: int) -> memoryview:
        if file.size_bytes > 10_000:
            raise StorageFailed("TEST")
        return await read(file, chunks, start, stop)

    monkeypatch.setattr(KeptFile, "_opened", failing)
    url = f"{service.caller.url}/api/hair-tryOn/user/ann/export"
    async with service.caller.http.get(url) as answer:
        with pytest.raises(ClientError):
            await answer.read()


async def test_with_the_files_away_it_is_told_to_come_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, as for every other request."""
    await an_upload(service)

    async def away(_: str) -> KeptFile:
        raise StorageFailed("TEST")

    monkeypatch.setattr(service.services.files, "open", away)
    async with service.caller.http.get(f"{service.caller.url}{PATH}") as answer:
        assert await refusal(answer) == (503, "STORAGE_UNAVAILABLE")
        assert answer.headers["Retry-After"]


async def an_upload(service: Service, size_bytes: int = 1) -> None:
    """An upload of this user, whatever is in it."""
    now, services = service.services.clock.utc_now(), service.services
    await add_upload(services.database, replace(UPLOAD, created_at=now, updated_at=now))
    await services.files.write(name_of(UPLOAD.file_path), bytes(size_bytes))


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_client_that_reads_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch, *, leaves: bool
) -> None:
    """It holds no more than a few pieces, and is let go of after a while; one that leaves at once.
    No task goes on."""
    monkeypatch.setattr("server.users.PATIENCE_S", 30 if leaves else 0.3)
    await an_upload(service, MUCH_BYTES)
    await check_let_go(service, PATH, service.app[EXPORTS], monkeypatch, leaves=leaves)


async def test_few_export_at_once(service: Service) -> None:
    """429 where one user asks too often at once, 503 where all do."""
    places, url = service.app[EXPORTS], f"{service.caller.url}{PATH}"
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(places.one("ann"))
        assert await refusal(await service.caller.http.get(url)) == (429, "RATE_LIMITED")
        while places._free:
            stack.enter_context(places.one(f"{places._free}"))
        assert await refusal(await service.caller.http.get(url)) == (503, "SERVER_FULL")
    await export(service.caller, "ann")


async def test_who_stops_reading_leaves_nothing_open(service: Service) -> None:
    """Everything is closed when the export is, and not by whoever comes by later."""
    await an_upload(service, 64 * CHUNK_BYTES)
    own = asyncio.all_tasks()
    async with aclosing(Export.of("ann", service.services).pieces()) as pieces:
        await anext(pieces)
    await asyncio.sleep(0)  # In it a loop begins to close what was left to it.
    assert asyncio.all_tasks() == own


async def test_many_records_are_read_in_pages(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them are there, once and in their order, and never more than a page at a time. What
    is not made yet is not looked for."""
    monkeypatch.setattr("server.documents.PAGE", 2)
    await an_upload(service)
    now, names = service.services.clock.utc_now(), [f"r{number}" for number in range(5)]
    for number, name in enumerate(names):
        moment = now - timedelta(seconds=number)
        record = replace(
            RESULT, result_id=name, created_at=moment, updated_at=moment, style_image_path=None,
            result_video_path=f"/uploads/result_{name}", thumbnail_path=f"/uploads/thumb_{name}",
        )  # fmt: skip
        await add_result(service.services.database, record, QueueBounds(9, 9))
    async with aclosing(Export.of("ann", service.services).pieces()) as coming:
        pieces = [piece async for piece in coming]
    assert max(piece.count(b'"result_id"') for piece in pieces) == 2
    with ZipFile(BytesIO(b"".join(pieces))) as made:
        assert made.testzip() is None
        assert made.namelist() == ["uploads/up1/M_ller___s_hne.mp4", "data.json", "index.html"]
        data, page = orjson.loads(made.read("data.json")), made.read("index.html").decode()
    assert [one["result_id"] for one in data["results"]] == names
    assert page.count("<td>queued</td>") == 5
    assert "not in here" not in page


async def test_only_get_exports(service: Service) -> None:
    """HEAD would read everything for nothing."""
    url = f"{service.caller.url}/api/hair-tryOn/user/ann/export"
    async with service.caller.http.head(url) as answer:
        assert answer.status == 405


async def test_of_nobody_there_is_nothing(service: Service) -> None:
    """A ZIP that says so."""
    made, data = await export(service.caller, "nobody")
    assert made.namelist() == ["data.json", "index.html"]
    kinds = ("uploads", "results", "styles", "sessions", "consents", "tiers", "usages")
    assert all(data[kind] == [] for kind in kinds)
    assert made.read("index.html").decode().count("None.") == len(kinds)


async def test_names_do_no_harm(service: Service) -> None:
    """A film's name is text on the page, and no path in the ZIP."""
    await post(service, form(film(), "<b>x<..b>.mp4"))
    made, _ = await export(service.caller, "u1")
    name = made.namelist()[0]
    assert re.fullmatch(r"uploads/[0-9a-f-]{36}/_b_x_..b_.mp4", name)
    assert "<b>x" not in made.read("index.html").decode()
