"""The audit asks a package index, a small one that is made here."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.audit.advisories import Advisory, Answers, ask
from tests.audit.pins import Pin

WEAK = Pin("weak", "1.0")
SOUND = Pin("sound", "2.0")
STRANGE = Pin("strange", "3.0")
UNKNOWN = Pin("unknown", "4.0")
MENDED = {
    "id": "PYSEC-1",
    "aliases": ["CVE-2026-1"],
    "summary": "Reads too far",
    "fixed_in": ["1.1", "2.0"],
}
OPEN: dict[str, Any] = {
    "id": "PYSEC-2",
    "aliases": [],
    "summary": None,
    "details": "Falls over\nAt length",
}
DOCUMENTS: dict[str, Any] = {
    "weak": {"vulnerabilities": [MENDED, OPEN, {**OPEN, "withdrawn": "2026-01-01T00:00:00Z"}]},
    "sound": {"vulnerabilities": []},
    "strange": {"info": {}},
}


async def _document(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in DOCUMENTS:
        raise web.HTTPNotFound
    return web.json_response(DOCUMENTS[name])


@pytest.fixture
async def index(aiohttp_server: Callable[[web.Application], Awaitable[TestServer]]) -> str:
    app = web.Application()
    app.router.add_get("/pypi/{name}/{version}/json", _document)
    server = await aiohttp_server(app)
    return str(server.make_url("")).rstrip("/")


async def test_what_the_index_knows_is_told(index: str) -> None:
    """Each weakness by all its names; what was withdrawn is none; who is not known is named."""
    assert await ask([WEAK, SOUND, STRANGE, UNKNOWN], index) == Answers(
        (
            Advisory(
                WEAK, frozenset({"PYSEC-1", "CVE-2026-1"}), "Reads too far (mended in 1.1, 2.0)"
            ),
            Advisory(WEAK, frozenset({"PYSEC-2"}), "Falls over (mended in no version)"),
        ),
        (STRANGE, UNKNOWN),
    )


async def test_index_that_is_away_knows_nothing() -> None:
    """No network is no error here: the audit says how much it could not look at."""
    assert await ask([WEAK], "http://127.0.0.1:1") == Answers((), (WEAK,))
