"""Spans of OpenTelemetry, as a collector gets them: whole, of few, and of nobody."""

import threading

import pytest
from structlog.typing import EventDict

from processing.local.classic.engine import ClassicEngine
from server import answering
from server.jobs import job, lifetime
from server.logs import pseudonym
from server.traces import opened, queue
from tests.engines import SECRET, gated, raising
from tests.integration.client import LiveClient
from tests.integration.collector import Collector, ToldSpan, collector
from tests.integration.held import Change, videos_of
from tests.integration.service import Service, StartService, eventually
from tests.logged import logged
from tests.pictures import jpeg

__all__ = ["collector"]

COPPER = {"color": "copper", "intensity": 0.8}
HISTORY = "/api/hair-tryOn/history/smith"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GATEWAY = {"traceparent": f"00-{TRACE}-{SPAN}-01"}


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans wait for each other no longer than tests like to."""
    monkeypatch.setattr(opened, "WAIT_S", 0.05)


async def ask(service: Service, **headers: str) -> str:
    """The name of a request that was answered."""
    http, url = service.caller.http, service.caller.url
    async with http.get(url + HISTORY, headers=headers) as answer:
        return answer.headers["X-Request-Id"]


async def told(collector: Collector, name: str, count: int = 1) -> list[ToldSpan]:
    """The spans of this name, when there are so many."""
    await eventually(lambda: len(collector.named(name)) >= count)
    return collector.named(name)


def traces_of(lines: list[EventDict]) -> list[str | None]:
    """What the lines of requests say of their traces."""
    return [line.get("trace_id") for line in lines if line["event"] == "request answered"]


def assert_tells_nobody(collector: Collector, *secrets: str) -> None:
    """None of these is in anything that was sent."""
    for body in collector.bodies:
        assert not [text for text in secrets if text.encode() in body]


async def test_requests_are_told(collector: Collector, start_service: StartService) -> None:
    """With the names that the log has, and of users their pseudonym alone."""
    service = await start_service(otlp_endpoint=collector.url, otlp_headers="X-Key=geheim, X-B=2")
    with logged(answering) as lines:
        request_id = await ask(service, **GATEWAY)
    (span,) = await told(collector, "GET /api/hair-tryOn/history/{user_id}")
    assert span.facts == {
        "http.request.method": "GET",
        "http.route": "/api/hair-tryOn/history/{user_id}",
        "http.response.status_code": 200,
        "request_id": request_id,
        "user_id": pseudonym("smith"),
    }
    assert (span.parent_id, span.is_error) == ("", False)
    assert span.trace_id != TRACE
    assert traces_of(lines) == [span.trace_id]
    assert span.resource["service.name"] == "hair-tryOn-service"
    assert (collector.headers[0]["X-Key"], collector.headers[0]["X-B"]) == ("geheim", "2")
    assert_tells_nobody(collector, "smith")


async def test_a_gateway_that_is_believed_begins_traces(
    collector: Collector, start_service: StartService
) -> None:
    """They are gone on with, and not told of where it has not chosen them; the log names them."""
    service = await start_service(
        otlp_endpoint=collector.url, trace_networks="127.0.0.1", trace_share=0
    )
    with logged(answering) as lines:
        await ask(service)
        await ask(service, traceparent=f"00-{TRACE}-{SPAN}-00")
        await ask(service, traceparent="00-nonsense")
        chosen = await ask(service, **GATEWAY)
    (span,) = await told(collector, "GET /api/hair-tryOn/history/{user_id}")
    assert (span.trace_id, span.parent_id) == (TRACE, SPAN)
    assert span.facts["request_id"] == chosen
    assert traces_of(lines) == [None, TRACE, None, TRACE]


async def live(service: Service, count: int) -> LiveClient:
    """A session that has sent so many frames."""
    client = await service.caller.join("session-of-smith", "smith")
    await client.ask("set_look", look=COPPER)
    for number in range(count):
        await client.send_frame(f"f{number}", jpeg())
    return client


async def test_a_frame_step_by_step(collector: Collector, start_service: StartService) -> None:
    """Waiting, the stages, sending: one after the other within the frame, which is told of its
    own."""
    service = await start_service(otlp_endpoint=collector.url, trace_frames=1, trace_share=0)
    client = await live(service, 1)
    (frame,) = await told(collector, "frame")
    await eventually(lambda: len(collector.parts_of(frame)) == 5)
    parts = collector.parts_of(frame)
    assert [part.name for part in parts] == ["wait", "decode", "render", "encode", "send"]
    assert parts[0].start_ns == frame.start_ns
    assert parts[-1].end_ns == frame.end_ns
    assert all(part.start_ns <= part.end_ns for part in parts)
    assert (frame.parent_id, frame.is_error) == ("", False)
    assert frame.facts == {
        "session_id": pseudonym("session-of-smith"),
        "transport": "websocket",
        "outcome": "delivered",
        "size_bytes": frame.facts["size_bytes"],
    }
    await client.close()
    assert_tells_nobody(collector, "smith", "copper")


async def test_frames_that_do_not_come_back(
    collector: Collector, start_service: StartService
) -> None:
    """Dropped ones say why, failed ones of which kind the error is, and not what it says."""
    gate = threading.Event()
    service = await start_service(
        gated(gate), otlp_endpoint=collector.url, trace_frames=1, mailbox_frames=1
    )
    client = await live(service, 1)
    session = service.live.find("session-of-smith", "smith")
    assert session is not None
    await eventually(lambda: service.services.pool.busy == 1)
    for name in ("waits", "comes"):
        await client.send_frame(name, jpeg())
    await eventually(lambda: session.figures().received == 3)
    gate.set()
    frames = await told(collector, "frame", 3)
    dropped = [frame for frame in frames if frame.facts["outcome"] == "dropped"]
    assert [frame.facts["cause"] for frame in dropped] == ["overflow"]
    assert [part.name for part in collector.parts_of(dropped[0])] == ["wait"]
    await client.close()


async def test_frames_that_fail(collector: Collector, start_service: StartService) -> None:
    """Are errors, of which the kind is named, and not what it says."""
    service = await start_service(raising(), otlp_endpoint=collector.url, trace_frames=1)
    client = await live(service, 1)
    (frame,) = await told(collector, "frame")
    assert (frame.is_error, frame.facts["error.type"]) == (True, "RuntimeError")
    await eventually(lambda: len(collector.parts_of(frame)) == 3)
    assert [part.name for part in collector.parts_of(frame)] == ["wait", "process", "send"]
    await client.close()
    assert_tells_nobody(collector, SECRET)


async def test_a_video_from_its_order_to_its_end(
    collector: Collector, start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order links to a trace of the video's own, which whoever works on it tells of."""
    change = Change()
    change.outcome.set_result(None)
    monkeypatch.setattr(lifetime, "Workshop", lambda _timeout_s: change)
    service = await start_service(ClassicEngine(), otlp_endpoint=collector.url)
    videos = videos_of(service)
    with logged(job) as lines:
        result_id = await videos.ordered(await videos.upload())
        assert (await videos.ended(result_id))["status"] == "completed"
        (video,) = await told(collector, "video")
    (attempt,) = await told(collector, "attempt")
    (order,) = await told(collector, "POST /api/hair-tryOn/process-video")
    assert order.links == (video.trace_id,)
    assert order.facts["result_id"] == video.facts["result_id"] == pseudonym(result_id)
    assert (video.parent_id, video.facts["outcome"]) == ("", "completed")
    await eventually(lambda: len(collector.parts_of(video)) == 2)
    await eventually(lambda: len(collector.parts_of(attempt)) == 5)
    assert [part.name for part in collector.parts_of(video)] == ["queued", "attempt"]
    names = [part.name for part in collector.parts_of(attempt)]
    assert names == ["fetch", "cut", "change", "put", "end"]
    begun = [line for line in lines if line["event"] in ("job begun", "job ended")]
    assert [line["trace_id"] for line in begun] == [video.trace_id] * 2
    assert_tells_nobody(collector, result_id)


async def test_a_collector_that_takes_nothing(
    collector: Collector, start_service: StartService
) -> None:
    """What it was sent is counted, and said once; nobody waits for it."""
    collector.status = 400
    service = await start_service(otlp_endpoint=collector.url)

    def counted(outcome: str) -> float:
        registry = service.services.meters.registry
        return registry.get_sample_value("hair_tryon_spans_total", {"outcome": outcome}) or 0

    with logged(queue) as lines:
        for failed in (1, 2):
            await ask(service)
            await eventually(lambda failed=failed: counted("failed") == failed)  # type: ignore[misc]
        collector.status = 200
        await ask(service)
        await eventually(lambda: counted("sent") == 1)
    events = [line["event"] for line in lines if "spans" in line["event"]]
    assert events == ["the collector takes no spans", "spans are sent again"]
