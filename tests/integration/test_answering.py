"""Every error has one shape, a name that the log has too, and says nothing of the inside."""

import json
import re
from typing import Any

import pytest

from server import answering
from server.logs import pseudonym
from storage.errors import StorageFailed
from tests.engines import SECRET
from tests.integration.client import realtime_path
from tests.integration.service import Service, eventually
from tests.logged import logged

API = "/api/hair-tryOn"


async def ask(service: Service, method: str, path: str, **rest: Any) -> tuple[Any, dict[str, Any]]:
    """The answer and its document."""
    async with service.caller.http.request(method, service.caller.url + path, **rest) as answer:
        return answer, await answer.json()


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "NOT_FOUND"),
        ("GET", f"{API}/nowhere/../../etc/passwd", 404, "NOT_FOUND"),
        ("GET", "/page/no-such.js", 404, "NOT_FOUND"),
        ("PUT", f"{API}/health", 405, "METHOD_NOT_ALLOWED"),
        ("TRACE", "/", 405, "METHOD_NOT_ALLOWED"),
        ("GET", f"{API}/upload-video", 405, "METHOD_NOT_ALLOWED"),
        ("GET", f"{API}/realtime/s1?user_id=ann", 426, "INVALID_MESSAGE"),
        ("GET", f"{API}/history/a%2Fb", 422, "INVALID_USER_ID"),
        ("GET", f"{API}/history/ann?limit=0", 422, "VALIDATION_FAILED"),
        ("GET", f"{API}/result/r1?user_id=ann", 404, "NOT_FOUND"),
        ("POST", f"{API}/try-on", 400, "INVALID_REQUEST"),
        ("POST", f"{API}/webrtc/s1?user_id=ann", 400, "INVALID_OFFER"),
    ],
)
async def test_errors_have_one_shape(
    service: Service, method: str, path: str, status: int, code: str
) -> None:
    """Whoever answers: a handler, the table of contents or the library underneath."""
    answer, document = await ask(service, method, path)
    assert (answer.status, document["error"], document["type"]) == (status, code, "error")
    assert set(document) <= {"type", "error", "message", "request_id", "details"}
    assert document["message"]
    assert document["request_id"] == answer.headers["X-Request-Id"]
    assert (status == 405) == ("Allow" in answer.headers)
    assert (status == 426) == (answer.headers.get("Upgrade") == "websocket")


async def test_the_field_that_is_wrong_is_named(service: Service) -> None:
    """For programs too."""
    _, document = await ask(service, "GET", f"{API}/history/ann?limit=many")
    assert document["details"] == {"field": "limit"}
    assert document["message"].startswith("limit: ")


async def test_every_request_has_its_own_id(service: Service) -> None:
    """Good ones too, those that are sent in pieces, and whatever the client says."""
    ids = set()
    for path in ("shades", "shades", "user/ann/export"):
        async with service.caller.http.get(
            f"{service.caller.url}{API}/{path}", headers={"X-Request-Id": "mine"}
        ) as answer:
            assert answer.status == 200
            ids.add(answer.headers["X-Request-Id"])
    assert len(ids) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in ids)


async def test_a_fault_of_ours_is_told_without_what_it_was(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 with an id; the log has the fault, under the same id."""

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(service.services.database.results, "history", broken)
    with logged(answering) as lines:
        answer, document = await ask(service, "GET", f"{API}/history/ann")
    assert (answer.status, document["error"]) == (500, "INTERNAL_ERROR")
    assert SECRET not in json.dumps(document)
    assert [str(line["exc_info"]) for line in lines if "exc_info" in line] == [SECRET]
    assert {line["request_id"] for line in lines} == {document["request_id"]}


async def test_what_is_refused_is_logged_without_what_was_sent(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warning with the route, the status, the code and the id; an error where it is our fault."""
    with logged(answering) as lines:
        _, document = await ask(service, "GET", f"{API}/history/somebody?limit=geheim")
    (line,) = [line for line in lines if "status" in line]
    assert line.pop("duration_ms") >= 0
    assert line == {
        "event": "request refused", "log_level": "warning", "method": "GET",
        "endpoint": f"{API}/history/{{user_id}}", "status": 422, "code": "VALIDATION_FAILED",
        "request_id": document["request_id"], "user_id": pseudonym("somebody"),
    }  # fmt: skip
    monkeypatch.setattr(service.services.database.results, "history", _away)
    with logged(answering) as lines:
        await ask(service, "GET", f"{API}/history/somebody")
    told = [(line["log_level"], line["status"]) for line in lines if "status" in line]
    assert told == [("error", 503)]


async def test_each_request_is_a_line(service: Service) -> None:
    """With whom it was for, as logs may show them; what machines ask for all the time is none."""
    with logged(answering) as lines:
        await ask(service, "GET", f"{API}/history/ann")
        await ask(service, "GET", "/livez")
        await ask(service, "GET", f"{API}/shades")
    told = [(line["log_level"], line["endpoint"], line["user_id"]) for line in lines]
    assert told == [
        ("info", f"{API}/history/{{user_id}}", pseudonym("ann")),
        ("debug", "/livez", None),
        ("info", f"{API}/shades", None),
    ]
    assert "ann" not in str(lines)


async def _away(*_: object, **__: object) -> Any:
    raise StorageFailed


async def test_what_is_no_text_is_answered_too(service: Service) -> None:
    """A field whose name is not UTF-8 is named as far as it can be."""
    body = b'--B\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--B--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    answer, document = await ask(service, "POST", f"{API}/try-on", data=body, headers=headers)
    assert answer.status in (400, 422)
    assert document["request_id"] == answer.headers["X-Request-Id"]


async def test_errors_of_live_sessions_name_their_request(service: Service) -> None:
    """The one that opened the connection, whose id its handshake's answer has as well."""
    url = service.caller.url + realtime_path("s1", "u1")
    async with service.caller.http.ws_connect(url) as socket:
        await socket.receive_json()
        await socket.send_str("no JSON")
        said = await socket.receive_json()
        assert said["type"] == "error"
        assert said["request_id"] == socket._response.headers["X-Request-Id"]


@pytest.mark.parametrize("path", ["/page/app.js", f"{API}/shades"])
@pytest.mark.parametrize("name", ["If-Modified-Since", "If-Unmodified-Since", "If-Range"])
async def test_a_date_that_no_calendar_has(service: Service, path: str, name: str) -> None:
    """Is refused, and not where aiohttp would find it when it sends a file."""
    headers = {name: f"Fri, {2**31} Jan 2026 03:04:05 GMT", "Range": "bytes=0-1"}
    answer, document = await ask(service, "GET", path, headers=headers)
    assert (answer.status, document["details"]) == (400, {"field": name})


@pytest.mark.parametrize(
    ("path", "content_type"),
    [("try-on", "multipart/form-data; boundary=B"), ("webrtc/s1?user_id=u1", "application/sdp")],
)
async def test_who_leaves_within_a_body_is_no_error(
    service: Service, path: str, content_type: str
) -> None:
    """It is nobody's fault here that the rest of it does not come."""
    head = (
        f"POST {API}/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n"
        f"Content-Type: {content_type}\r\nExpect: 100-continue\r\n\r\n"
    )
    with logged(answering) as lines:
        client = await service.caller.connect_plain()
        await client.send_raw(head.encode())
        await client.read_until(b"100 Continue")
        await client.send_raw(b"--B\r\n")
        client.break_off()
        await eventually(lambda: any("status" in line for line in lines))
    assert [(line["log_level"], line["status"]) for line in lines if "status" in line] == [
        ("warning", 400)
    ]


@pytest.mark.parametrize(
    "name", ["Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key"]
)
async def test_a_handshake_that_is_no_text_is_told_to_upgrade(service: Service, name: str) -> None:
    """aiohttp would quote it, and fail."""
    fields = {
        "Upgrade": b"websocket",
        "Connection": b"Upgrade",
        "Sec-WebSocket-Version": b"13",
        "Sec-WebSocket-Key": b"AAAAAAAAAAAAAAAAAAAAAA==",
    }
    wrong = {**fields, name: b"\xff"}
    lines = b"".join(b"%s: %s\r\n" % (one.encode(), value) for one, value in wrong.items())
    client = await service.caller.connect_plain()
    path = realtime_path("s1", "u1").encode()
    await client.send_raw(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n" % (path, lines))
    await client.read_until(b"426 Upgrade Required")
