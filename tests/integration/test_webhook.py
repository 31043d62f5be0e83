"""Users' servers are told of finished results, by a real server that listens."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook

from processing.local.classic.engine import ClassicEngine
from server.jobs import herald, lifetime
from storage.results import QueueBounds, ResultStatus
from tests.integration.held import Change, Held
from tests.integration.service import StartService, eventually

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Listener:
    """A user's server: it writes down what it is told, and answers what it is to answer."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.server: TestServer

    async def called(self, request: web.Request) -> web.Response:
        self.calls.append((dict(request.headers), await request.read()))
        status = self.statuses.pop(0) if self.statuses else 204
        headers = {"Location": "/other", "Set-Cookie": "a=b"}
        return web.Response(status=status, headers=headers)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/hook"))


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener()
    app = web.Application()
    app.router.add_post("/{name}", listener.called)
    listener.server = TestServer(app)
    await listener.server.start_server()
    yield listener
    await listener.server.close()


@pytest.fixture
async def held(start_service: StartService, monkeypatch: pytest.MonkeyPatch) -> Held:
    """A service that tells, also servers on this machine."""
    change = Change()
    monkeypatch.setattr(lifetime, "Workshop", lambda _timeout_s: change)
    monkeypatch.setattr(herald, "LOOK_S", 0.02)
    monkeypatch.setattr(herald, "DELAYS_S", (0.02, 0.02))
    service = await start_service(
        ClassicEngine(), webhook_secret=SECRET, webhook_hosts="127.0.0.1", job_places=1
    )
    return Held(service, change)


async def test_a_finished_result_is_told_of(held: Held, listener: Listener) -> None:
    """Once, signed, with the document that can be asked for."""
    held.change.outcome.set_result(None)
    upload_id = await held.videos.upload()
    result_id = await held.videos.ordered(upload_id, webhook_url=listener.url)
    await eventually(lambda: bool(listener.calls))
    headers, body = listener.calls[0]
    Webhook(SECRET).verify(body, headers)
    assert headers["webhook-id"] == result_id
    told = orjson.loads(body)
    assert told["type"] == "result.completed"
    assert told["data"] == await held.videos.result(result_id)
    await asyncio.sleep(0.2)
    assert len(listener.calls) == 1


async def test_who_does_not_hear_is_told_again(held: Held, listener: Listener) -> None:
    """Errors and redirects are no answer; the call is the same, and ends when it is heard."""
    listener.statuses = [500, 302]
    upload_id = await held.videos.upload()
    result_id = await held.videos.ordered(upload_id, webhook_url=listener.url)
    assert (await held.videos.delete(result_id))[0] == 200
    await eventually(lambda: len(listener.calls) == 3)
    await asyncio.sleep(0.2)
    assert len(listener.calls) == 3
    assert {headers["webhook-id"] for headers, _ in listener.calls} == {result_id}
    assert {orjson.loads(body)["type"] for _, body in listener.calls} == {"result.cancelled"}


async def test_who_never_hears_is_left_alone(held: Held, listener: Listener) -> None:
    """After the last delay; one who is not there does no harm."""
    listener.statuses = [500] * 10
    upload_id = await held.videos.upload()
    for url in (listener.url, "http://127.0.0.1:1/"):
        await held.videos.delete(await held.videos.ordered(upload_id, webhook_url=url))
    await eventually(lambda: len(listener.calls) == 3)
    await asyncio.sleep(0.3)
    assert len(listener.calls) == 3


async def test_a_bad_address_is_nobody_elses_fault(held: Held, listener: Listener) -> None:
    """Whatever is raised when it is called, others are told; no cookie goes from one to another."""
    videos, upload_id = held.videos, await held.videos.upload()
    held.change.outcome.set_result(None)
    results = held.service.services.database.results
    now = held.service.services.clock.utc_now()
    bad = await results.get(await videos.ordered(upload_id, webhook_url=listener.url))
    assert bad is not None
    await eventually(lambda: len(listener.calls) == 1)
    for number, url in enumerate(("https://a..b/", "https://\udcff/", "none")):
        record = replace(
            bad, result_id=f"bad{number}", webhook_url=url.encode("utf-8", "replace").decode(),
            status=ResultStatus.COMPLETED, notify_at=now, idempotency_key=None,
        )  # fmt: skip
        await results.add(record, QueueBounds(100, 100))
    await videos.ordered(upload_id, webhook_url=listener.url)
    await eventually(lambda: len(listener.calls) == 2)
    assert "Cookie" not in listener.calls[1][0]


async def test_wrong_addresses_are_refused(held: Held, start_service: StartService) -> None:
    """And all of them where nobody is told."""
    upload_id = await held.videos.upload()
    for url in ("http://example.org/", "https://10.0.0.1/", "no address"):
        answer = await held.videos.order(upload_id, webhook_url=url)
        assert answer.status == 422
        assert "webhook_url: " in (await answer.json())["message"]
    await held.service.runner.cleanup()
    silent = Held(await start_service(ClassicEngine()), held.change)
    answer = await silent.videos.order(upload_id, webhook_url="https://example.org/")
    assert answer.status == 422
    assert "no secret" in (await answer.json())["message"]
