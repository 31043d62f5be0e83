"""Connections: how many there may be, and what HTTP on them has to be like."""

from typing import Any

import pytest

from server import answering
from server.app import create_app
from server.connections import connection, faults, reception, runner
from server.connections.runner import listen, make_runner
from server.settings import Settings
from tests.certificates import tls_context
from tests.integration.client import RawClient
from tests.integration.raw_requests import RawAnswer, answer_of, request
from tests.integration.service import Service, StartService, eventually
from tests.integration.slow_handler import StartSlow, start_slow
from tests.logged import logged
from tests.tokens import AUDIENCE, ISSUER, SECRET

__all__ = ["start_slow"]

DOORS: dict[str, Any] = {"jwt_secret": SECRET, "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
FORM = "Content-Type: multipart/form-data; boundary=x"
TRY_ON = "POST /api/hair-tryOn/try-on"
EXPECT = "Expect: 100-continue"
SENT = b"geheim"
"""What no answer and no log may repeat."""


async def _said(service: Service, data: bytes) -> RawAnswer:
    client = await service.caller.connect_plain()
    await client.send_raw(data)
    return answer_of(await client.read_to_end())


# -- how many there are -------------------------------------------------------------------------


async def _full(service: Service, count: int) -> list[RawClient]:
    server = service.runner.server
    assert server is not None
    clients = [await service.caller.connect_plain() for _ in range(count)]
    await eventually(lambda: len(server.connections) == count)
    return clients


@pytest.mark.parametrize("setting", ["max_connections", "max_address_connections"])
async def test_one_too_many(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    """One too many is told when to come again before it has said a word; others go on, and when
    one leaves, another one is let in."""
    monkeypatch.setattr(runner, "LOOPBACK", ())
    monkeypatch.setattr(reception, "LINGER_S", 0.1)
    settings: dict[str, Any] = {setting: 2}
    service = await start_service(**settings)
    with logged(reception) as lines:
        clients = await _full(service, 2)
        answer = answer_of(await (await service.caller.connect_plain()).read_to_end())
        await eventually(lambda: bool(lines))
    assert (answer.status, answer.error["error"]) == (503, "SERVER_FULL")
    assert answer.headers["Connection"] == "close"
    assert answer.headers["Retry-After"] == "5"
    assert answer.error["request_id"] == answer.headers["X-Request-Id"]
    await clients[0].send_raw(request("GET /api/hair-tryOn/shades"))
    await clients[0].read_until(b"jet-black")
    clients[1].break_off()
    await eventually(lambda: len(service.runner.server.connections) == 1)  # type: ignore[union-attr]
    assert (await _said(service, request("GET /", "Connection: close"))).status == 200


async def test_loopback_has_no_limit_of_its_own(start_service: StartService) -> None:
    """Through a proxy on this machine everybody comes: that is not one client."""
    service = await start_service(max_address_connections=1)
    await _full(service, 3)


async def test_stop_does_not_wait_for_who_was_turned_away(start_service: StartService) -> None:
    """Nothing is left open when the service has stopped."""
    service = await start_service(max_connections=1)
    await _full(service, 1)
    client = await service.caller.connect_plain()
    await client.read_until(b"SERVER_FULL")
    await service.runner.cleanup()
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 503")


async def test_many_turned_away_at_once(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those for whom there is no time to linger are told all the same."""
    monkeypatch.setattr(reception, "MOST_LINGERING", 0)
    service = await start_service(max_connections=1)
    await _full(service, 1)
    assert (await (await service.caller.connect_plain()).read_to_end()).startswith(b"HTTP/1.1 503")


async def test_handshake_that_does_not_begin(start_service: StartService) -> None:
    """Who connects by TLS and says nothing is not waited for."""
    service = await start_service()
    settings = Settings(_env_file=None, data_dir=service.services.settings.data_dir / "other",
                        port=0, header_timeout_s=0.2)  # fmt: skip
    other = make_runner(create_app(settings), settings, grace_s=1.0)
    await other.setup()
    try:
        await listen(other, settings, tls_context())
        client = await RawClient.connect(f"http://127.0.0.1:{other.addresses[0][1]}", None)
        assert await client.read_to_end() == b""
        client.break_off()
    finally:
        await other.cleanup()


# -- what is no HTTP ----------------------------------------------------------------------------

FAULTY = {
    "no request": (400, SENT + b"\r\n\r\n"),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01" + SENT),
    "no address": (400, request("GET http:///geheim")),
    "no length": (400, request("POST /", "Content-Length: geheim")),
    "two lengths": (400, request("POST /", "Content-Length: 1", "Content-Length: 2")),
    "length and chunks": (
        400,
        request("POST /", "Content-Length: 6", "Transfer-Encoding: chunked") + SENT,
    ),
    "no header": (400, request("GET /", "geheim")),
    "NUL in a header": (400, request("GET /", "X-A: geheim\0")),
    "no host": (400, b"GET /geheim HTTP/1.1\r\n\r\n"),
    "long address": (414, request("GET /geheim" + "x" * faults.LINE_MAX_BYTES)),
    "long header": (431, request("GET /", "X-A: geheim" + "x" * faults.FIELD_MAX_BYTES)),
    "long name": (431, request("GET /", "geheim" + "x" * faults.FIELD_MAX_BYTES + ": 1")),
    "many headers": (431, request("GET /", *["X-A: geheim"] * (faults.MOST_FIELDS + 1))),
    "large head": (431, request("GET /", *["X-A: " + "x" * 4000] * 40)[:-2]),
}


@pytest.mark.parametrize("name", FAULTY)
async def test_faulty_requests(service: Service, name: str) -> None:
    """What the parser does not take is answered as everything else that is wrong, and logged as a
    warning, without what was sent and without the name of a library."""
    status, data = FAULTY[name]
    with logged(faults) as lines:
        answer = await _said(service, data)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.error["error"] == "INVALID_REQUEST"
    assert answer.error["request_id"] == answer.headers["X-Request-Id"] == lines[0]["request_id"]
    assert (lines[0]["log_level"], lines[0]["status"]) == ("warning", status)
    assert "Server" not in answer.headers
    assert SENT.decode() not in f"{lines} {answer}"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (TRY_ON, FORM),
        ("POST /api/hair-tryOn/webrtc/s1?user_id=u1", "Content-Type: application/sdp"),
        ("PUT /api/hair-tryOn/user/u1/consent", "Content-Type: application/json"),
    ],
)
async def test_broken_chunk(
    service: Service, caplog: pytest.LogCaptureFixture, line: str, kind: str
) -> None:
    """A body that breaks while it is read is answered at once, and once."""
    client = await service.caller.connect_plain()
    await client.send_raw(request(line, kind, "Transfer-Encoding: chunked", EXPECT))
    await client.read_until(b"100 Continue\r\n\r\n")
    await client.send_raw(b"2\r\nxx\r\ngeheim\r\n\r\n")
    said = (await client.read_to_end()).partition(b"\r\n\r\n")[2]
    assert said.count(b"HTTP/1.") == 1
    assert answer_of(said).status == 400
    assert "Unhandled" not in caplog.text


async def test_chunk_that_breaks_too_late(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """A body that nobody wants may break as it likes."""
    client = await service.caller.connect_plain()
    await client.send_raw(request("POST /nothing", "Transfer-Encoding: chunked") + b"2\r\nxx\r\n")
    await client.read_until(b"request_id")
    await client.send_raw(b"geheim\r\n\r\n")
    assert (await client.read_to_end()).count(b"HTTP/1.") == 1
    assert "Unhandled" not in caplog.text


async def test_chunk_that_breaks_unread(
    start_slow: StartSlow, caplog: pytest.LogCaptureFixture
) -> None:
    """A body may break before its handler has read any of it, and then does not."""
    slow = await start_slow()
    await slow.client.send_raw(request("POST /", "Transfer-Encoding: chunked"))
    await slow.begun.wait()
    await slow.client.send_raw(b"2\r\nxx\r\n")
    await slow.client.send_raw(b"geheim\r\n\r\n")
    await eventually(lambda: slow.has_broken)
    slow.may_end.set()
    assert (await slow.client.read_to_end()).count(b"HTTP/1.") == 1
    assert "Unhandled" not in caplog.text


async def test_client_that_leaves(service: Service) -> None:
    """A body whose client has gone is nobody's fault here."""
    client = await service.caller.connect_plain()
    with logged(answering) as lines:
        await client.send_raw(request(TRY_ON, FORM, "Content-Length: 9", EXPECT))
        await client.read_until(b"100 Continue")
        client.break_off()
        await eventually(lambda: bool(lines))
    assert [(line["log_level"], line["status"]) for line in lines] == [("warning", 400)]


async def test_what_cannot_be_parsed_is_not_kept(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much of it comes: the error would hold what it was found in."""
    errors = list[BaseException | None]()

    def fault_of(error: BaseException | None) -> faults.Fault:
        errors.append(error)
        return faults.fault_of(error)

    monkeypatch.setattr(connection, "fault_of", fault_of)
    client = await service.caller.connect_plain()
    for _ in range(5):
        await client.send_raw(b"x" * 100_000)
    assert b"400 Bad Request" in await client.read_to_end()
    (error,) = errors
    assert error is not None
    assert error.__traceback__ is None


# -- what answers say ---------------------------------------------------------------------------


async def test_nobody_is_told_what_software_this_is(service: Service) -> None:
    """No answer has a Server header, whoever gives it."""
    for line in ("GET /", "GET /api/hair-tryOn/shades", "GET /nothing", "PUT /"):
        assert "Server" not in (await _said(service, request(line, "Connection: close"))).headers
    client = await service.caller.connect_raw()
    await client.read_until(b"connection_established")
    assert b"\r\nServer:" not in client.received
    client.break_off()


async def test_tls_is_insisted_on(start_service: StartService) -> None:
    """Answers over TLS tell browsers to come by TLS from now on; others do not."""
    asked, name = request("GET /", "Connection: close"), "Strict-Transport-Security"
    service = await start_service()
    assert name not in (await _said(service, asked)).headers
    await service.runner.cleanup()
    service = await start_service(tls_cert="cert.pem", tls_key="key.pem")
    assert (await _said(service, asked)).headers[name] == "max-age=31536000"


# -- Expect: 100-continue -----------------------------------------------------------------------

REFUSED: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "nobody": (401, TRY_ON, (FORM, "Content-Length: 9", EXPECT)),
    "no address": (404, "POST /nothing", ("Content-Length: 9", EXPECT)),
    "no method": (405, "PUT /", ("Content-Length: 9", EXPECT)),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_body_that_nobody_wants(start_service: StartService, name: str) -> None:
    """Who is refused is told so without having sent a body, and the connection ends."""
    status, line, headers = REFUSED[name]
    service = await start_service(**DOORS)
    client = await service.caller.connect_plain()
    await client.send_raw(request(line, *headers))
    await client.read_until(b"request_id")
    assert answer_of(client.received).status == status
    assert answer_of(client.received).headers["Connection"] == "close"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (413, (FORM, "Content-Length: 999999999999", EXPECT)),
        (400, ("Content-Type: text/plain", "Content-Length: 9", EXPECT)),
        (417, (FORM, "Content-Length: 9", "Expect: more")),
    ],
)
async def test_body_that_cannot_be(service: Service, status: int, headers: tuple[str, ...]) -> None:
    """What the headers alone are refused for is refused before the body."""
    client = await service.caller.connect_plain()
    await client.send_raw(request(TRY_ON, *headers))
    await client.read_until(b"request_id")
    assert answer_of(client.received).status == status


@pytest.mark.parametrize("expected", ["Expect: 100-continue", "expect: 100-Continue"])
async def test_body_that_is_asked_for(service: Service, expected: str) -> None:
    """Who is let in is told to go on, and answered; the connection can be used again."""
    client = await service.caller.connect_plain()
    await client.send_raw(request(TRY_ON, FORM, "Content-Length: 7", expected))
    await client.read_until(b"HTTP/1.1 100 Continue\r\n\r\n")
    await client.send_raw(b"--x--\r\n")
    await client.read_until(b"request_id")
    assert b"\r\n\r\nHTTP/1.1 4" in client.received
