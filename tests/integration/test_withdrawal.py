"""Consent that is withdrawn, or was never given, while something of its user is under way."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from processing.local.classic.engine import ClassicEngine
from server.jobs.job import NOT_AGREED
from server.keys import CALLS
from storage.records import SessionRecord, UploadStatus
from tests.integration.held import Held, videos_of
from tests.integration.records import CONSENT, add_consent
from tests.integration.service import Service, StartService, eventually
from tests.integration.test_upload import refusal
from tests.offers import section, session
from tests.rtc import RtcClient, Watcher

ASKS: dict[str, Any] = {"require_consent": True}
CALL = "/api/hair-tryOn/webrtc/s1?user_id=u1"
OFFER = session(section("video", "0", "a=rtpmap:96 VP8/90000"))
SDP = {"Content-Type": "application/sdp"}


async def agree(service: Service, user_id: str = "u1") -> None:
    """To the notice as it is."""
    notice = service.services.agreement.notice.version
    record = replace(CONSENT, user_id=user_id, notice=notice)
    await add_consent(service.services.database, record)


@pytest.fixture
async def service(start_service: StartService) -> Service:
    """A service that asks for consent, which its user has given."""
    service = await start_service(**ASKS)
    await agree(service)
    return service


@pytest.fixture
async def stack(service: Service) -> AsyncIterator[AsyncExitStack]:
    """Hangs up for everybody."""
    async with AsyncExitStack() as stack:
        yield stack


async def withdraw(service: Service) -> dict[str, Any]:
    """The user does; what was erased."""
    url = f"{service.caller.url}/api/hair-tryOn/user/u1/consent"
    async with service.caller.http.delete(url) as answer:
        assert answer.status == 200, await answer.text()
        document: dict[str, Any] = await answer.json()
        return document


async def refused_call(service: Service) -> tuple[int, str]:
    """Of somebody who calls."""
    url = f"{service.caller.url}{CALL}"
    return await refusal(await service.caller.http.post(url, data=OFFER, headers=SDP))


@pytest.mark.parametrize(
    ("direction", "where"), [("sendrecv", "here"), ("sendonly", "at another server")]
)
async def test_a_call_ends(
    service: Service, stack: AsyncExitStack, direction: str, where: str
) -> None:
    """Its client is told why, nobody watches it any more, and there is no other."""
    http, url = service.caller.http, service.caller.url
    client, watcher = RtcClient(http, url, direction=direction), Watcher(http, url)
    stack.push_async_callback(client.close)
    stack.push_async_callback(watcher.close)
    await client.connect()
    await watcher.connect()
    assert (await client.receive())["type"] == "connection_established"
    if where == "here":
        assert (await withdraw(service))["live_sessions"] == 1
    else:
        await service.services.keeper.erase("u1")
    assert (await client.receive())["error"] == "DATA_ERASED"
    await eventually(lambda: {client.pc.connectionState, watcher.pc.connectionState} == {"closed"})
    await eventually(lambda: not service.app[CALLS].open_count)
    await service.services.journal.flush()
    assert await service.services.database.sessions.of_user("u1", 9) == []
    assert await refused_call(service) == (403, "CONSENT_REQUIRED")


async def test_a_call_that_is_being_answered_is_refused(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although it was asked when the consent was still there; nothing of it is left."""
    claim = service.services.journal.claim

    async def withdrawn_and_claimed(record: SessionRecord) -> None:
        await service.services.keeper.erase("u1")
        await claim(record)

    monkeypatch.setattr(service.services.journal, "claim", withdrawn_and_claimed)
    assert await refused_call(service) == (403, "CONSENT_REQUIRED")
    await eventually(lambda: not service.app[CALLS].open_count)
    assert await service.services.database.sessions.of_user("u1", 9) == []


@pytest.mark.parametrize("held", [ASKS], indirect=True)
async def test_jobs_end(held: Held) -> None:
    """The one that runs and the one that waits, before the answer comes; their files are gone."""
    services = held.service.services
    await agree(held.service)
    orders = [await held.videos.ordered(await held.videos.upload()) for _ in range(2)]
    await eventually(lambda: held.change.begun == 1)
    erased = await withdraw(held.service)
    assert (erased["jobs"], erased["results"], erased["uploads"]) == (2, 2, 2)
    assert [await services.database.results.get(order) for order in orders] == [None, None]
    assert [page async for page in services.files.names()] == []
    assert await services.workspace.working_names() == []
    assert held.change.begun == 1


async def test_jobs_from_before_consent_was_needed(held: Held, start_service: StartService) -> None:
    """Are not done for those who have not agreed, who are told so; their films are as good as
    before."""
    uploads = {user_id: await held.videos.upload(user_id=user_id) for user_id in ("u1", "u2")}
    orders = {
        user_id: await held.videos.ordered(upload_id, user_id=user_id)
        for user_id, upload_id in uploads.items()
    }
    await eventually(lambda: held.change.begun == 1)
    await held.service.runner.cleanup()
    service = await start_service(ClassicEngine(), **ASKS)
    await agree(service, "u2")
    held.change.outcome.set_result(None)
    ended = {one: await videos_of(service).ended(orders[one], one) for one in orders}
    assert {one: ended[one]["status"] for one in ended} == {"u1": "failed", "u2": "completed"}
    assert ended["u1"]["error_message"] == NOT_AGREED
    upload = await service.services.database.uploads.get(uploads["u1"])
    assert upload is not None
    assert upload.status is UploadStatus.UPLOADED
    assert held.change.begun == 2
