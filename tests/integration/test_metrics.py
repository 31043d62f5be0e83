"""What is read at ``/metrics``: counts that agree with each other, and name nobody."""

import threading
from collections.abc import Mapping

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families

from media.frame import DropCause
from server import rtc_peer
from server.metrics.frames import TRANSPORTS
from storage.errors import StorageFailed
from tests.engines import gated
from tests.integration.client import LiveClient
from tests.integration.service import Service, StartService, eventually
from tests.pictures import jpeg
from tests.rtc import RtcClient

COPPER = {"color": "copper", "intensity": 0.8}
HISTORY = "/api/hair-tryOn/history/{user_id}"


class Scraped:
    """What was read at once; ``text`` as it came."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._values = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        """Of a meter of ours; None if it is not there."""
        return self._values.get((f"hair_tryon_{name}", frozenset(labels.items())))

    def frames(self, transport: str = "websocket") -> Mapping[str, float]:
        """What became of the frames of a transport, by what was counted, and of how many."""
        names = ("received_total", "delivered_total", "failed_total", "in_flight")
        told = {name: self.value(f"frames_{name}", transport=transport) for name in names}
        for cause in DropCause:
            told[cause] = self.value("frames_dropped_total", transport=transport, cause=cause)
        return {name.removesuffix("_total"): count or 0 for name, count in told.items()}

    def assert_balanced(self) -> None:
        """No frame is unaccounted for."""
        for transport in TRANSPORTS:
            counts = dict(self.frames(transport))
            assert counts.pop("received") == sum(counts.values()), (transport, counts)


async def scrape(service: Service) -> Scraped:
    """Read all meters, and see that frames add up."""
    async with service.caller.http.get(f"{service.caller.url}/metrics") as answer:
        assert answer.status == 200
        scraped = Scraped(await answer.text())
    scraped.assert_balanced()
    return scraped


async def _sent(service: Service, client: LiveClient, count: int) -> None:
    """So many frames are with the session, one of them on its worker."""
    await client.ask("set_look", look=COPPER)
    for number in range(count):
        await client.send_frame(f"f{number}", jpeg())
    live = service.live.find("s1", "u1")
    assert live is not None
    await eventually(lambda: live.figures().received == count)
    await eventually(lambda: service.services.pool.busy == 1)


async def test_frames_add_up(start_service: StartService) -> None:
    """While some are in flight, when they are back, and when their session has ended."""
    gate = threading.Event()
    service = await start_service(gated(gate), mailbox_frames=2)
    client = await service.caller.join()
    await _sent(service, client, 1)
    for number in range(5):
        await client.send_frame(f"g{number}", jpeg())
    live = service.live.find("s1", "u1")
    assert live is not None
    await eventually(lambda: live.figures().received == 6)
    scraped = await scrape(service)
    frames = scraped.frames()
    assert (frames["received"], frames["in_flight"], frames["overflow"]) == (6, 3, 3)
    assert scraped.value("active_connections", transport="websocket") == 1
    assert scraped.value("sessions_limit") == service.services.settings.max_sessions
    assert (scraped.value("threads"), scraped.value("threads_busy")) == (2, 1)
    gate.set()
    await eventually(lambda: live.figures().delivered == 3)
    await client.close()
    await service.settled()
    scraped = await scrape(service)
    assert scraped.frames() == {**frames, "delivered": 3, "in_flight": 0}
    assert scraped.value("frame_seconds_count", transport="websocket") == 3
    assert scraped.value("processing_seconds_count", operation="render") == 3
    assert scraped.value("active_connections", transport="websocket") == 0


async def test_frames_of_who_leaves_add_up(start_service: StartService) -> None:
    """What was in flight is dropped, be it on a worker."""
    gate = threading.Event()
    service = await start_service(gated(gate))
    client = await service.caller.join()
    await _sent(service, client, 3)
    client.break_off()
    await service.settled()
    frames = (await scrape(service)).frames()
    gate.set()
    assert (frames["received"], frames["closed"], frames["in_flight"]) == (3, 3, 0)


async def test_requests_are_counted(service: Service) -> None:
    """By the address as the table has it, never as it was asked for; live sessions when they
    begin."""
    http, url = service.caller.http, service.caller.url
    for method, path in (("GET", "history/smith"), ("GET", "nowhere/smith"), ("TRACE", "")):
        async with http.request(method, f"{url}/api/hair-tryOn/{path}"):
            pass
    await service.caller.join("session-of-smith", "smith")
    scraped = await scrape(service)
    counted = [
        scraped.value("requests_total", method="GET", endpoint=HISTORY, status="200"),
        scraped.value("requests_total", method="GET", endpoint="none", status="404"),
        scraped.value(
            "requests_total", method="GET", status="101",
            endpoint="/api/hair-tryOn/realtime/{session_id}",
        ),
    ]  # fmt: skip
    assert counted == [1, 1, 1]
    assert scraped.value("request_seconds_count", method="GET", endpoint=HISTORY) == 1
    assert 'method="TRACE"' not in scraped.text
    assert "smith" not in scraped.text


async def test_prometheus_reads_it_in_its_own_form(service: Service) -> None:
    """Which is stricter: what is no OpenMetrics is not read at all."""
    url = f"{service.caller.url}/metrics"
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    async with service.caller.http.get(url, headers=accept) as answer:
        assert answer.content_type == "application/openmetrics-text"
        names = {family.name for family in open_families(await answer.text())}  # type: ignore[no-untyped-call]
    assert {"hair_tryon_frames_received", "hair_tryon_jobs", "process_open_fds"} <= names


async def test_a_form_that_there_is_not(service: Service) -> None:
    """Is none that anybody could want: they get the plain one."""
    url = f"{service.caller.url}/metrics"
    for kind in ("application/openmetrics-text", "text/plain"):
        for version in ("x", "9" * 5000):
            accept = {"Accept": f"{kind}; version={version}"}
            async with service.caller.http.get(url, headers=accept) as answer:
                assert (answer.status, answer.content_type) == (200, "text/plain")


async def test_jobs_are_absent_without_a_database(service: Service) -> None:
    """Which keeps nobody from reading the rest."""
    assert (await scrape(service)).value("jobs", state="queued") == 0

    async def away() -> None:
        raise StorageFailed

    service.services.database.results.workload = away  # type: ignore[method-assign,assignment]
    scraped = await scrape(service)
    assert scraped.value("jobs", state="queued") is None
    assert scraped.value("threads") == 2


async def test_a_link_is_counted_to_its_end(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has passed since it was looked at last, too: here it never was."""
    monkeypatch.setattr(rtc_peer, "WATCH_S", 3600.0)
    registry = service.services.meters.registry

    def told(name: str) -> float:
        labels = {"direction": "in"}
        return registry.get_sample_value(f"hair_tryon_webrtc_{name}", labels) or 0

    client = RtcClient(service.caller.http, service.caller.url)
    try:
        await client.connect()
        await eventually(lambda: len(client.pictures) > 0)
        assert told("packets_total") == 0
    finally:
        await client.close()
    await eventually(lambda: told("packets_total") > 0 and told("bytes_total") > 0)


async def test_links_are_counted(service: Service) -> None:
    """Packets and bytes each way, as the connection tells them each second."""
    client = RtcClient(service.caller.http, service.caller.url)
    try:
        await client.connect()
        registry = service.services.meters.registry

        def told(name: str, **labels: str) -> float:
            return registry.get_sample_value(f"hair_tryon_webrtc_{name}", labels) or 0

        await eventually(lambda: told("packets_total", direction="out") > 0)
        scraped = await scrape(service)
    finally:
        await client.close()
    await service.settled()
    for name in ("packets_total", "bytes_total"):
        assert all(told(name, direction=way) > 0 for way in ("in", "out"))
    assert told("target_bitrate_count") > 0
    assert scraped.value("active_connections", transport="webrtc") == 1
    frames = (await scrape(service)).frames("webrtc")
    assert frames["received"] > 0
    assert frames["in_flight"] == 0
