"""Consent: told of, given, asked for where pictures come in, and withdrawn."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from aiohttp import ClientSession, FormData

from server.openapi.operation import Told
from server.routes import told
from storage.errors import StorageFailed
from storage.records import ConsentRecord, SessionRecord
from tests import pictures
from tests.integration.records import CONSENT, add_consent
from tests.integration.service import Service, StartService
from tests.integration.test_doors import ask, name_of
from tests.integration.test_upload import refusal

USER = "/api/hair-tryOn/user/ann/consent"
TRY_ON = "/api/hair-tryOn/try-on"
NOT_AGREED = (403, "CONSENT_REQUIRED")
REFUSED = [NOT_AGREED, (4403, "CONSENT_REQUIRED")]


@pytest.fixture
async def service(start_service: StartService) -> Service:
    """A service that asks for consent."""
    return await start_service(require_consent=True, body_timeout_s=0.5)


@pytest.fixture
async def http(service: Service) -> ClientSession:
    return service.caller.http


async def version(service: Service) -> str:
    """The notice's."""
    async with service.caller.http.get(f"{service.caller.url}/api/hair-tryOn/about") as answer:
        document = await answer.json()
    return str(document["consent"]["notice"]["version"])


async def agree(service: Service, **said: Any) -> tuple[int, dict[str, Any]]:
    """Ann says so; the status and the answer."""
    body = {"processing": True, "notice": await version(service), **said}
    async with service.caller.http.put(f"{service.caller.url}{USER}", json=body) as answer:
        return answer.status, await answer.json()


async def told_of(service: Service) -> dict[str, Any]:
    """What ann agrees to now."""
    async with service.caller.http.get(f"{service.caller.url}{USER}") as answer:
        assert answer.status == 200
        document: dict[str, Any] = await answer.json()
    return document


def photo_form(*names: str) -> FormData:
    """Of a photo; the fields in this order."""
    form = FormData()
    for name in names:
        if name == "image":
            data = pictures.jpeg(pictures.portrait())
            form.add_field("image", data, filename="me.jpg", content_type="image/jpeg")
        else:
            form.add_field(name, {"user_id": "ann", "look": '{"color":"copper"}'}[name])
    return form


async def test_pictures_come_in_with_consent_only(service: Service, http: ClientSession) -> None:
    """Every address that says so asks for it, nothing else does, and to have agreed is enough."""
    for one in told():
        status, document = await ask(http, service, one, "ann", {})
        error = document.get("error") if isinstance(document, dict) else None
        assert ((status, error) in REFUSED) == one.operation.needs_consent, name_of(one)
    assert (await agree(service))[0] == 200
    for one in told():
        if one.operation.needs_consent:
            status, document = await ask(http, service, one, "ann", {})
            assert document["type"] != "error" or document["error"] != "CONSENT_REQUIRED"
            assert status not in (403, 4403, 500), name_of(one)


def test_what_takes_pictures_is_listed() -> None:
    """And whatever takes a file, an offer to send or a socket is among it, or is for watching, or
    for what Replicate tells."""

    def takes(one: Told) -> bool:
        does = one.operation
        return does.form is not None or does.body is not None or 101 in does.answers

    assert {name_of(one) for one in told() if takes(one) and not one.operation.needs_consent} == {
        "PATCH /api/hair-tryOn/webrtc/{session_id}", "POST /api/hair-tryOn/whep/{session_id}",
        "PATCH /api/hair-tryOn/whep/{session_id}/{viewer_id}",
        "POST /api/hair-tryOn/webhooks/replicate",
    }  # fmt: skip


async def test_without_the_setting_nobody_is_asked(start_service: StartService) -> None:
    """The notice can be read and agreed to all the same."""
    service = await start_service()
    url = f"{service.caller.url}{TRY_ON}"
    async with service.caller.http.post(url, data=photo_form("image", "user_id", "look")) as answer:
        assert answer.status == 200
    assert (await agree(service))[0] == 200


async def test_no_byte_of_a_photo_is_waited_for(service: Service, http: ClientSession) -> None:
    """Who has not agreed is told so as soon as it is known who it is, which has to come first."""
    url, told_so = f"{service.caller.url}{TRY_ON}", asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        said = b"Content-Disposition: form-data; name="
        yield b"--x\r\n" + said + b'"user_id"\r\n\r\nann\r\n--x\r\n'
        yield said + b'"image"; filename="me.jpg"\r\n\r\n'
        while not told_so.is_set():
            yield b"."
            await asyncio.sleep(0.01)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    async with http.post(url, data=slowly(), headers=headers) as answer:
        assert await refusal(answer) == NOT_AGREED
    told_so.set()
    await agree(service)
    async with http.post(url, data=photo_form("user_id", "image", "look")) as answer:
        assert answer.status == 200
    async with http.post(url, data=photo_form("image", "user_id", "look")) as answer:
        assert await refusal(answer) == (422, "INVALID_USER_ID")


@pytest.mark.parametrize("looks", [1, 2], ids=["while it comes", "while it is changed"])
async def test_consent_that_is_withdrawn_under_way(
    service: Service, http: ClientSession, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    """The photo is not changed, or not sent."""
    given = replace(CONSENT, notice=await version(service))
    answers = [*[given] * looks, None]

    async def get(_: str) -> ConsentRecord | None:
        return answers.pop(0)

    monkeypatch.setattr(service.services.database.consents, "get", get)
    form = photo_form("user_id", "image", "look")
    async with http.post(f"{service.caller.url}{TRY_ON}", data=form) as answer:
        assert await refusal(answer) == NOT_AGREED


async def test_what_is_agreed_to_is_told(service: Service) -> None:
    """Nothing at first; then what was said last, and since when."""
    nothing = dict.fromkeys(("notice", "given_at", "updated_at"))
    assert await told_of(service) == {"processing": False, "cloud": False, **nothing}
    status, first = await agree(service)
    assert (status, first["processing"], first["cloud"]) == (200, True, False)
    assert first["notice"] == await version(service)
    _, second = await agree(service)
    assert second["given_at"] == first["given_at"] <= second["updated_at"]
    assert await told_of(service) == second


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"notice": "older"}, (409, "notice")),
        ({"cloud": True}, (409, "cloud")),
        ({"processing": False}, (422, "processing")),
        ({"processing": "true"}, (422, "processing")),
        ({"cloud": 0}, (422, "cloud")),
        ({"other": 1}, (422, "other")),
    ],
)
async def test_only_what_the_notice_has_is_agreed_to(
    service: Service, said: dict[str, Any], expected: tuple[int, str]
) -> None:
    """Of this version, and in JSON's own types; of anything else nothing is kept."""
    status, answer = await agree(service, **said)
    assert (status, answer["details"]["field"]) == expected
    assert (await told_of(service))["given_at"] is None


async def test_bodies_are_short_json_in_time(service: Service, http: ClientSession) -> None:
    """Anything else is told what it is."""
    url, never = f"{service.caller.url}{USER}", asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    for data, kind, expected in (
        (b"{}", "text/plain", (415, "INVALID_REQUEST")),
        (b"{", "application/json", (400, "INVALID_JSON")),
        (b"[]", "application/json", (400, "INVALID_JSON")),
        (b" " * 5000, "application/json", (413, "FILE_TOO_LARGE")),
        (slowly(), "application/json", (408, "INVALID_REQUEST")),
    ):
        async with http.put(url, data=data, headers={"Content-Type": kind}) as answer:
            assert await refusal(answer) == expected
    never.set()


async def test_the_notice_says_what_is_kept(start_service: StartService) -> None:
    """By the settings; with another word it is another version, to which nobody has agreed yet."""
    versions = set[str]()
    for keep_s, span in ((7200, "2 hours"), (86_400, "1 day"), (1e8, "1157.4 days")):
        service = await start_service(require_consent=True, keep_uploads_s=keep_s)
        async with service.caller.http.get(f"{service.caller.url}/api/hair-tryOn/about") as answer:
            consent = (await answer.json())["consent"]
        assert consent["required"]
        (purpose,) = consent["notice"]["purposes"]
        assert (purpose["purpose"], purpose["processor"]) == ("processing", "this server")
        assert f"yours for {span}" in purpose["text"]
        assert "No faceprints" in purpose["text"]
        assert "in this month, are kept until the month is over" in purpose["text"]
        versions.add(consent["notice"]["version"])
        await add_consent(service.services.database, replace(CONSENT, notice=versions.copy().pop()))
        await service.runner.cleanup()
    assert len(versions) == 3


async def test_withdrawal_stops_and_erases(service: Service, http: ClientSession) -> None:
    """The live session ends, the consent is gone, and nothing comes in any more."""
    await agree(service)
    live = await service.caller.join("s1", "ann")
    async with http.delete(f"{service.caller.url}{USER}") as answer:
        assert answer.status == 200
        erased = await answer.json()
    assert (erased["live_sessions"], erased["sessions"]) == (1, 1)
    assert (await live.until_closed()).code == 4410
    assert (await told_of(service))["given_at"] is None
    again = await (await service.caller.connect("s1", "ann")).until_closed()
    assert (again.code, again.messages[0]["error"]) == (4403, "CONSENT_REQUIRED")
    assert await service.services.database.sessions.get("s1") is None


@pytest.mark.parametrize("where", ["here", "at another server"])
async def test_what_was_said_before_a_withdrawal_does_not_outlive_it(
    service: Service, http: ClientSession, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """However late the rest of it comes."""
    database, version_now = service.services.database, await version(service)
    note, noted, withdrawn = database.consents.note, asyncio.Event(), asyncio.Event()

    async def note_and_tell(user_id: str, due: datetime) -> str:
        consent_id = await note(user_id, due)
        noted.set()
        return consent_id

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"processing":true,'
        await withdrawn.wait()
        yield f'"notice":"{version_now}"}}'.encode()

    monkeypatch.setattr(database.consents, "note", note_and_tell)
    url, headers = f"{service.caller.url}{USER}", {"Content-Type": "application/json"}
    saying = asyncio.create_task(http.put(url, data=slowly(), headers=headers))
    await noted.wait()
    if where == "here":
        async with http.delete(url) as answer:
            assert answer.status == 200
    else:
        await service.services.keeper.erase("ann")
    withdrawn.set()
    assert await refusal(await saying) == (409, "DATA_ERASED")
    assert (await told_of(service))["given_at"] is None


async def test_a_session_that_begins_during_a_withdrawal_elsewhere(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is not let in, although it was asked when the consent was still there; nothing is left."""
    await agree(service)
    database, claim = service.services.database, service.services.journal.claim

    async def withdrawn_and_claimed(record: SessionRecord) -> None:
        now = service.services.clock.utc_now()
        await database.erase("ann", 9, now, now)
        await claim(record)

    monkeypatch.setattr(service.services.journal, "claim", withdrawn_and_claimed)
    closing = await (await service.caller.connect("s1", "ann")).until_closed()
    assert (closing.code, closing.messages[0]["error"]) == (4403, "CONSENT_REQUIRED")
    await service.services.journal.flush()
    assert await database.sessions.of_user("ann", 9) == []


async def test_with_the_storage_away_nobody_has_agreed(
    service: Service, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor has anybody not: they are told to come again."""

    async def away(_: str) -> ConsentRecord | None:
        raise StorageFailed("TEST")

    monkeypatch.setattr(service.services.database.consents, "get", away)
    form = photo_form("user_id", "image", "look")
    async with http.post(f"{service.caller.url}{TRY_ON}", data=form) as answer:
        assert await refusal(answer) == (503, "STORAGE_UNAVAILABLE")
    closing = await (await service.caller.connect("s1", "ann")).until_closed()
    assert (closing.code, closing.messages[0]["error"]) == (1013, "STORAGE_UNAVAILABLE")
