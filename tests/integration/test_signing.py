"""Requests that an enterprise's own server signs, over HTTP and WebSocket."""

import asyncio
import sqlite3
import textwrap
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientSession, WSMsgType
from yarl import URL

from server.doors import uses
from storage.layout import DATABASE_FILE
from tests import readme
from tests.films import film
from tests.integration.redis import Redis
from tests.integration.service import Service, StartService
from tests.signing import BOUNDARY, FORM, KEYS, SECRET, form_of, signed

API: Final = "/api/hair-tryOn"
UPLOAD: Final = f"{API}/upload-video"
HISTORY: Final = f"{API}/history/salon"
OFFER: Final = f"{API}/webrtc/s1?user_id=salon"
PIECE_BYTES: Final = 1000
"""Smaller than what is read at once, and than a line of a film may be."""


@pytest.fixture
async def service(start_service: StartService) -> Service:
    """A service that one enterprise signs its requests to."""
    return await start_service(signing_keys=KEYS)


async def ask(
    service: Service, method: str, target: str, headers: Mapping[str, str], data: Any = None
) -> tuple[int, dict[str, Any]]:
    """The status and the document of an answer."""
    url = URL(service.caller.url + target, encoded=True)
    async with service.caller.http.request(method, url, headers=headers, data=data) as answer:
        is_json = answer.content_type == "application/json"
        return answer.status, await answer.json() if is_json else {}


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    """As a client streams it."""
    for start in range(0, len(body), PIECE_BYTES):
        yield body[start : start + PIECE_BYTES]


def upload(body: bytes, sent: bytes | None = None) -> tuple[dict[str, str], Any]:
    """A signed upload: its headers, and its body, or another that is sent in its place."""
    return {**signed("POST", UPLOAD, body), **FORM}, pieces(body if sent is None else sent)


def kept(service: Service) -> list[object]:
    """Files, records, and notes of what comes."""
    folder = service.services.settings.data_dir
    files = [path for name in ("objects", "work") for path in (folder / name).rglob("*")]
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as database:
        tables = [database.execute(f"SELECT * FROM {one}") for one in ("uploads", "loose")]
        records = [record for table in tables for record in table]
    return [*records, *(path for path in files if path.is_file())]


@pytest.mark.parametrize("user_id", ["salon", "salon:ann"])
async def test_an_upload_is_signed_and_streamed(service: Service, user_id: str) -> None:
    """For the enterprise itself and for its customers; the film is the one that was sent."""
    data = film()
    headers, body = upload(form_of({"user_id": user_id}, {"video": data}))
    status, document = await ask(service, "POST", UPLOAD, headers, body)
    assert status == 200, document
    record = await service.services.database.uploads.get(document["upload_id"])
    assert record is not None
    assert (record.user_id, record.file_size) == (user_id, len(data))
    assert len(kept(service)) == 2


async def test_a_changed_body_leaves_nothing(service: Service) -> None:
    """Wherever it was changed: in the film, in a field, behind the last boundary."""
    data = film()
    right = form_of({"user_id": "salon"}, {"video": data})
    changed = bytearray(right)
    changed[len(right) // 2] ^= 1
    for sent in (
        bytes(changed),
        right.replace(b"salon\r\n", b"salon:ann\r\n", 1),
        right + b"x",
        right[:-2],
        right.replace(b"me.mp4", b"mE.mp4"),
    ):
        headers, body = upload(right, sent)
        status, document = await ask(service, "POST", UPLOAD, headers, body)
        assert (status, document["error"]) == (401, "UNAUTHORIZED")
        assert document["message"] == "Content-Digest: the body is another"
        assert kept(service) == []


async def test_parts_of_any_size_are_digested_once(service: Service) -> None:
    """aiohttp's reader gives back what it has read too much, and before an empty part more."""
    for size in (0, 1, 2, 65_531, 65_532, 65_533, 65_534, 65_535, 65_536, 65_537, 131_072):
        for text in (b"x", b"\r\n", b"\r\n--"):
            body = form_of({"user_id": "salon"}, {"video": (text * size)[:size]})
            headers, _ = upload(body)
            status, document = await ask(service, "POST", UPLOAD, headers, body)
            assert (status, document["error"]) == (400, "INVALID_VIDEO"), (size, text)


async def test_what_follows_a_form_is_bounded(service: Service) -> None:
    """Though it is signed; a little of it is let be."""
    right = form_of({"user_id": "salon"}, {"video": b"no film"})
    for size, said in ((1000, "INVALID_VIDEO"), (200_000, "INVALID_REQUEST")):
        headers, body = upload(right + b"\r\n" * (size // 2))
        status, document = await ask(service, "POST", UPLOAD, headers, body)
        assert (status, document["error"]) == (400, said)


async def test_an_offer_is_signed(service: Service) -> None:
    """One that was changed on the way is not answered, nor is one that is none."""
    sdp = {"Content-Type": "application/sdp"}
    offer = b"v=0\r\n"
    status, document = await ask(
        service, "POST", OFFER, {**signed("POST", OFFER, offer), **sdp}, offer
    )
    assert (status, document["error"]) == (400, "INVALID_OFFER")
    for sent in (b"v=1\r\n", offer + b"a", offer[:-1]):
        status, document = await ask(
            service, "POST", OFFER, {**signed("POST", OFFER, offer), **sdp}, sent
        )
        assert (status, document["error"]) == (401, "UNAUTHORIZED")
    status, document = await ask(service, "POST", OFFER, {**signed("POST", OFFER, offer), **sdp})
    assert (status, document["message"]) == (401, "Content-Digest: the body is not there")


async def test_a_consent_is_signed(service: Service) -> None:
    """Bodies of JSON are digested too."""
    target, json = f"{API}/user/salon/consent", {"Content-Type": "application/json"}
    version = service.services.agreement.notice.version
    body = b'{"processing": true, "notice": "%s"}' % version.encode()
    for sent, expected in ((body + b" ", 401), (body, 200)):
        headers = {**signed("PUT", target, body), **json}
        assert (await ask(service, "PUT", target, headers, sent))[0] == expected


async def test_a_body_where_none_is_taken_is_refused(service: Service) -> None:
    """Nobody would look whether it is the one that was signed."""
    for method, target in (("GET", HISTORY), ("POST", f"{API}/tickets"),
                           ("DELETE", f"{API}/user/salon/data")):  # fmt: skip
        headers = signed(method, target, b"x")
        status, document = await ask(service, method, target, headers, b"x")
        assert (status, document["message"]) == (400, "The address takes no body")
        assert (await ask(service, method, target, signed(method, target)))[0] in (200, 201)


async def as_sent(service: Service, target: str, headers: Mapping[str, str]) -> int:
    """The status of asking for a target that no library has put right."""
    reader, writer = await asyncio.open_connection(*service.runner.addresses[0][:2])
    said = {"Host": "127.0.0.1", "Connection": "close", **headers}
    lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1])


async def test_it_is_read_letter_by_letter(service: Service) -> None:
    """What is signed is what was sent, not what it means."""
    for target in (
        f"{API}/history/salon%3Aann", f"{API}/history/salon%3aann?limit=%35", f"{HISTORY}?",
        f"{API}/history/%73alon", f"{HISTORY}?limit=5&limit=5", f"{HISTORY}?limit=5#end",
        f"http://127.0.0.1{HISTORY}", f"{HISTORY}?limit=5&a=+%20'",
    ):  # fmt: skip
        assert await as_sent(service, target, signed("GET", target)) == 200, target
        assert await as_sent(service, target, signed("GET", target + "&")) == 401, target


async def test_a_replay_is_refused(start_service: StartService, tmp_path: Path) -> None:
    """At the same server, at another on the same Redis, and after a new start."""
    redis = Redis()
    await asyncio.to_thread(redis.start)
    try:
        shared: dict[str, Any] = {"signing_keys": KEYS, "redis_url": redis.url}
        first = await start_service(**shared, data_dir=tmp_path / "first")
        second = await start_service(**shared, data_dir=tmp_path / "second")
        headers = signed("GET", HISTORY)
        asked = [(await ask(one, "GET", HISTORY, headers))[0] for one in (first, first, second)]
        assert asked == [200, 401, 401]
        body = form_of({"user_id": "salon"}, {"video": film()})
        headers, _ = upload(body)
        answers = await asyncio.gather(
            *(ask(one, "POST", UPLOAD, headers, body) for one in (first, second) * 4)
        )
        assert sorted(status for status, _ in answers) == [200, *[401] * 7]
    finally:
        await asyncio.to_thread(redis.stop)
    status, document = await ask(first, "GET", HISTORY, signed("GET", HISTORY))
    assert (status, document["error"]) == (503, "STORAGE_UNAVAILABLE")


async def test_a_memory_that_is_full_refuses(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather than to forget."""
    monkeypatch.setattr(uses, "MOST_USED", 1)
    statuses = [(await ask(service, "GET", HISTORY, signed("GET", HISTORY)))[0] for _ in range(2)]
    assert statuses == [200, 503]


async def test_a_socket_is_signed_for(service: Service, http: ClientSession) -> None:
    """Once; another user's session is not opened."""
    target = f"{API}/realtime/s1?user_id=salon:ann"
    headers = signed("GET", target)
    for expected in (0, 4401):
        async with http.ws_connect(service.caller.url + target, headers=headers) as socket:
            said = await socket.receive_json()
            assert (said["type"] == "error") is bool(expected)
            if expected:
                assert said["message"] == "X-Nonce: was used before"
                assert (await socket.receive()).type is WSMsgType.CLOSE
                assert socket.close_code == expected
    assert (await ask(service, "GET", target, signed("GET", target)))[0] == 426


async def test_the_readmes_example_works(service: Service) -> None:
    """As it is printed there, with and without a body."""
    lines = readme.section("Signed requests").splitlines()
    code = "\n".join(line for line in lines if not line or line.startswith("    "))
    names: dict[str, Any] = {}
    exec(textwrap.dedent(code), names)
    headers = names["signed"]("salon", SECRET, "GET", HISTORY)
    assert (await ask(service, "GET", HISTORY, headers))[0] == 200
    body = form_of({"user_id": "salon"}, {"video": film()})
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    headers = {**names["signed"]("salon", SECRET, "POST", UPLOAD, body), **kind}
    assert (await ask(service, "POST", UPLOAD, headers, body))[0] == 200
