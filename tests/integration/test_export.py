"""A user's data as a ZIP: everything, readable, also while it is being used."""

import re
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import orjson
import pytest

from processing.local.classic.engine import ClassicEngine
from tests.films import film
from tests.integration.belongings import leave
from tests.integration.client import Caller
from tests.integration.service import Service, StartService
from tests.integration.test_upload import form, post


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
    }
    assert set(made.namelist()) == names | {"data.json", "index.html"}
    assert made.read(f"uploads/{ann.upload_id}/me.mp4") == ann.film
    assert all(made.read(name) for name in names)
    assert [one["upload_id"] for one in data["uploads"]] == [ann.upload_id]
    assert [one["result_id"] for one in data["results"]] == [ann.result_id]
    assert [one["session_id"] for one in data["sessions"]] == ["session-ann"]
    page = made.read("index.html").decode()
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
    assert "thumbnail: not kept" in made.read("index.html").decode()


async def test_of_nobody_there_is_nothing(service: Service) -> None:
    """A ZIP that says so."""
    made, data = await export(service.caller, "nobody")
    assert made.namelist() == ["data.json", "index.html"]
    assert (data["uploads"], data["results"], data["sessions"]) == ([], [], [])
    assert made.read("index.html").decode().count("None.") == 3


async def test_names_do_no_harm(service: Service) -> None:
    """A film's name is text on the page, and no path in the ZIP."""
    await post(service, form(film(), "<b>x<..b>.mp4"))
    made, _ = await export(service.caller, "u1")
    name = made.namelist()[0]
    assert re.fullmatch(r"uploads/[0-9a-f-]{36}/_b_x_..b_.mp4", name)
    assert "<b>x" not in made.read("index.html").decode()
