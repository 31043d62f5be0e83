"""The API's document: whole, true, and readable for people."""

import asyncio
import gzip
import hashlib
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession, hdrs

from server.doors.access import Access
from server.doors.doorkeeper import Doorkeeper
from server.doors.refusals import DoorsAway
from server.openapi.document import make_document
from server.openapi.operation import Told
from server.openapi.pages import DOCS_DIR
from server.routes import told
from tests.integration.browser import open_browser
from tests.integration.process import ServerProcess
from tests.integration.service import Service, StartService
from tests.integration.videos import Videos
from tests.signing import FORM, KEYS, signed
from tests.tokens import AUDIENCE, ISSUER, SECRET, token

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "tests" / "schema" / "schemathesis.toml"
EXAMPLES = 6
"""For each operation; a run by hand takes more."""


def test_what_may_be_null_in_json_is_said() -> None:
    """In a form what is null is left out; in JSON it is a value, as for any number of videos."""
    document = make_document(told(), ["natural"], {})
    body = document["paths"]["/api/hair-tryOn/tiers/{tier}"]["put"]["requestBody"]
    properties = body["content"]["application/json"]["schema"]["properties"]
    assert {"type": "null"} in properties["videos_per_month"]["anyOf"]
    assert properties["max_video_s"]["type"] == "number"


def test_every_route_is_told_of(service: Service) -> None:
    """No address, no method and no part of an address is missing."""
    document = make_document(told(), ["natural"], {})
    for route in service.app.router.routes():
        resource = route.resource
        if route.method == hdrs.METH_HEAD or resource is None:
            continue
        operation = document["paths"][resource.canonical][route.method.lower()]
        assert operation["summary"]
        in_path = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", resource.canonical))


async def test_the_document_is_served(service: Service) -> None:
    """Made of the models that validate requests: their bounds are in it."""
    answer = await service.caller.http.get(f"{service.caller.url}/openapi.json")
    document: dict[str, Any] = orjson.loads(await answer.read())
    assert document["openapi"].startswith("3.1")
    order = document["paths"]["/api/hair-tryOn/process-video"]["post"]
    form = order["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["properties"]["sampling_rate"]["maximum"] == 1
    assert form["properties"]["style_image"] == {"type": "string", "format": "binary"}
    assert set(form["required"]) == {"upload_id", "user_id"}
    look = document["components"]["schemas"]["LookValues"]
    assert look["properties"]["engine"]["enum"] == [*service.services.engines.names, None]
    references = set(_references(document))
    assert references <= {f"#/components/schemas/{n}" for n in document["components"]["schemas"]}


async def test_what_the_doors_answer_is_told(
    start_service: StartService, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bodies that come too late, or are signed where none is taken, and keys that are away."""
    times: dict[str, Any] = {"body_timeout_s": 0.02, "upload_timeout_s": 0.02}
    service = await start_service(signing_keys=KEYS, calls_per_hour=10**6, **times)
    asked = [one for one in told() if one.operation.access in (Access.USER, Access.TICKET)]
    answered = {await _status(http, service, one) for one in asked}

    async def away(*_: object, **__: object) -> None:
        raise DoorsAway

    monkeypatch.setattr(Doorkeeper, "caller", away)
    answered |= {await _status(http, service, one) for one in asked}
    assert {400, 408, 503} <= answered


async def _status(http: ClientSession, service: Service, one: Told) -> int:
    """The status of an answer, to a body that does not come to its end, if that is told of."""
    operation, may_end = one.operation, asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"--"
        await may_end.wait()

    names = {"session_id": "s1", "viewer_id": "v1", "result_id": "r1", "tier": "free",
             "style_id": "st1"}  # fmt: skip
    query = "?user_id=salon" if operation.form is None else ""
    target = one.route.path.format(user_id="salon", **names) + query
    json = {"Content-Type": "application/json"}
    types = FORM if operation.form else json if operation.json else {"Content-Type": _type_of(one)}
    headers = {**signed(one.route.method, target, b"--"), **types}
    url = service.caller.url + target
    async with http.request(one.route.method, url, data=body(), headers=headers) as answer:
        may_end.set()
        assert answer.status in {*operation.all_errors, *operation.answers}, (one, answer.status)
        return answer.status


def _type_of(one: Told) -> str:
    return one.operation.body.types[0] if one.operation.body else "text/plain"


async def test_it_says_by_what_one_is_let_in(
    start_service: StartService, service: Service, tmp_path: Path
) -> None:
    """What the settings take, at the addresses that need it; a demo needs nothing."""
    closed = await start_service(signing_keys=KEYS, data_dir=tmp_path / "closed")
    paths = {}
    for one, known in ((service, set()), (closed, {"signature", "ticket"})):
        answer = await one.caller.http.get(f"{one.caller.url}/openapi.json")
        document: dict[str, Any] = orjson.loads(await answer.read())
        assert set(document["components"]["securitySchemes"]) == known
        paths = document["paths"]
        is_said = {"security" in what for path in paths.values() for what in path.values()}
        assert is_said == ({True, False} if known else {False})
    signed: dict[str, list[str]] = {"signature": []}
    for path, expected in [
        ("history/{user_id}", [signed]),
        ("realtime/{session_id}", [signed, {"ticket": []}]),
        ("shades", None),
    ]:
        assert paths[f"/api/hair-tryOn/{path}"]["get"].get("security") == expected
    assert paths["/uploads/{name}"]["get"]["security"] == [signed, {}]


def _references(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [one for value in part.values() for one in _references(value)]
    if isinstance(part, list):
        return [one for value in part for one in _references(value)]
    return []


async def test_schemathesis_finds_no_failure(tmp_path: Path) -> None:
    """Requests that keep the document, and requests that do not, are answered as it says, to who
    has a token; without one nobody is let in where it says so."""
    server = ServerProcess(
        tmp_path / "data", max_photos=8, jwt_secret=SECRET, jwt_issuer=ISSUER, jwt_audience=AUDIENCE
    )
    bearer = f"Bearer {token('u1')}"
    await server.start()
    try:
        async with ClientSession(headers={"Authorization": bearer}) as http:
            videos = Videos(http, server.url)
            result_id = await videos.ordered(await videos.upload())
            await videos.ended(result_id)
        config = tmp_path / "schemathesis.toml"
        config.write_text(
            CONFIG.read_text().replace("RESULT_ID", result_id).replace("USER_ID", "u1")
        )
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("st")), "--config-file", str(config),
            "run", f"{server.url}/openapi.json", "--max-examples", str(EXAMPLES),
            "--header", f"Authorization: {bearer}",
            cwd=ROOT, env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()[-6000:]
        # There is no account with the cloud.
        lines = [one for one in server.output.splitlines() if "CLOUD_UNAVAILABLE" not in one]
        assert '"level": "error"' not in "\n".join(lines)
    finally:
        await server.stop()


@pytest.mark.parametrize("name", ["docs", "redoc"])
async def test_people_can_read_it(shared_server: ServerProcess, name: str) -> None:
    """In a browser, with nothing from elsewhere: no request leaves, and nothing fails but what
    the readers try to fetch from their makers, which our policy refuses."""
    asked, errors = list[str](), list[str]()
    async with open_browser() as browser:
        page = await browser.new_page()
        page.on("requestfinished", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(f"{shared_server.url}/{name}")
        await (
            page.get_by_role("heading", name="Have an uploaded video changed")
            .or_(page.get_by_text("/api/hair-tryOn/process-video"))
            .first.wait_for()
        )
    assert errors == []
    assert all(url.startswith((shared_server.url, "data:", "blob:")) for url in asked)


def test_the_readers_are_what_they_are_said_to_be() -> None:
    """Each packed file is, bit for bit, the one that ``vendor.json`` names."""
    vendor = orjson.loads((DOCS_DIR / "vendor.json").read_bytes())
    packed = {path.stem: path for path in DOCS_DIR.glob("*.gz")}
    assert set(vendor) == set(packed)
    for name, path in packed.items():
        data = gzip.decompress(path.read_bytes())
        assert hashlib.sha256(data).hexdigest() == vendor[name]["sha256"]


async def test_other_files_are_not_there(service: Service) -> None:
    """404, as JSON."""
    for name in ("vendor.json", "swagger-ui.css.gz", "..%2fapp.py", "none.js"):
        answer = await service.caller.http.get(f"{service.caller.url}/docs/{name}")
        assert answer.status == 404
        assert (await answer.json())["error"] == "NOT_FOUND"
