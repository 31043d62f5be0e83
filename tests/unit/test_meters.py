"""What operators see: counts that add up, never go back, and name nobody."""

import asyncio
import time
from dataclasses import dataclass
from types import SimpleNamespace
from typing import cast

import pytest
from prometheus_client import CollectorRegistry

from media.frame import DropCause
from media.rtc.figures import LinkFigures, LinkTotals, link_totals
from server.background import at_work
from server.metrics import machine
from server.metrics.caches import CacheMeters, Kept
from server.metrics.frames import TRANSPORTS, FrameMeters
from server.metrics.links import MOST_S, LinkMeters
from server.metrics.machine import MachineMeters
from server.metrics.merged import merged, read
from server.metrics.requests import RequestMeters
from server.metrics.videos import VideoMeters
from server.rtc_peer import RtcPeer
from server.supervisor.channel import Crew
from server.websocket import WebSocketPeer
from storage.database import Results
from storage.errors import StorageFailed
from storage.results import ResultStatus, Workload


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(f"hair_tryon_{name}", labels)


def test_transports_are_those_that_there_are() -> None:
    """A session of another one would not be in the counts."""
    assert set(TRANSPORTS) == {WebSocketPeer.transport, RtcPeer.transport}


def test_frames_are_counted_by_transport(registry: CollectorRegistry) -> None:
    """All sessions of a transport together; with zeros before the first."""
    meters = FrameMeters(registry)
    assert value(registry, "frames_dropped_total", transport="webrtc", cause="late") == 0
    for tally in (meters.tally("webrtc"), meters.tally("webrtc"), meters.tally("websocket")):
        tally.received()
        tally.delivered(0.12)
        tally.failed()
        tally.dropped(DropCause.LATE)
    for name in ("received", "delivered", "failed"):
        assert value(registry, f"frames_{name}_total", transport="webrtc") == 2
    assert value(registry, "frames_dropped_total", transport="webrtc", cause="late") == 2
    assert value(registry, "frame_seconds_bucket", transport="webrtc", le="0.1") == 0
    assert value(registry, "frame_seconds_bucket", transport="webrtc", le="0.15") == 2


def test_stages_are_told_in_seconds(registry: CollectorRegistry) -> None:
    """Under the names that the engine gives them."""
    meters = FrameMeters(registry)
    for _ in range(2):
        meters.processed({"decode": 3.0, "render": 250.0})
    assert value(registry, "processing_seconds_sum", operation="render") == pytest.approx(0.5)
    assert value(registry, "processing_seconds_bucket", operation="decode", le="0.005") == 2


def test_requests_have_few_labels(registry: CollectorRegistry) -> None:
    """A method that nobody knows, and an address that is not there, make no new ones."""
    meters = RequestMeters(registry)
    for method in ("BREW", "SPY"):
        meters.answered(method, None, 405, 0.001)
    meters.answered("GET", "/history/{user_id}", 200, 0.3)
    counted = "requests_total"
    assert value(registry, counted, method="other", endpoint="none", status="405") == 2
    endpoint = {"method": "GET", "endpoint": "/history/{user_id}"}
    assert value(registry, counted, status="200", **endpoint) == 1
    assert value(registry, "request_seconds_bucket", le="0.25", **endpoint) == 0
    assert value(registry, "request_seconds_bucket", le="0.5", **endpoint) == 1


async def test_a_loop_that_is_held_up_is_seen(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By about as much as it was."""
    monkeypatch.setattr(machine, "LOOK_S", 0.01)
    meters = MachineMeters(registry)
    async with at_work(meters.run()):
        await asyncio.sleep(0)
        time.sleep(0.03)  # noqa: ASYNC251  (whatever holds it up is no coroutine)
        await asyncio.sleep(0.001)
        assert value(registry, "event_loop_tasks") == len(asyncio.all_tasks())
    late_s = value(registry, "event_loop_lag_seconds_sum")
    assert late_s is not None
    assert late_s >= 0.019
    assert registry.get_sample_value("process_open_fds")


def test_workers_are_looked_at_when_somebody_asks(registry: CollectorRegistry) -> None:
    """And not before."""
    pool = SimpleNamespace(workers=4, busy=0, waiting=0)
    MachineMeters(registry).watch(pool)
    pool.busy, pool.waiting = 3, 7
    names = ("threads", "threads_busy", "threads_waited_for")
    assert [value(registry, name) for name in names] == [4, 3, 7]


def test_workers_that_are_missed_are_told_once(registry: CollectorRegistry) -> None:
    """By the worker that is asked, and not added up; a process by itself misses nobody."""
    meters = MachineMeters(registry)
    assert value(registry, "workers_missed") == 0
    crew = Crew(ready=1, count=3)
    meters.watch_crew(lambda: crew.missed)
    told = merged({slot: read(registry.collect()) for slot in range(2)}, asked=0)
    [family] = [one for one in told if one.name == "hair_tryon_workers_missed"]
    assert list(family.values.values()) == [2]


FIGURES = LinkFigures(0.0, 4.0, 0.0, 7.0, 60.0)


def test_links_are_counted_together(registry: CollectorRegistry) -> None:
    """What each has told since it told last."""
    meters = LinkMeters(registry)
    one, other = meters.tally(), meters.tally()
    one.read(FIGURES, LinkTotals(100, 3, 90, 1, 1000, 900), 500_000)
    other.read(FIGURES, LinkTotals(10, 0, 9, 0, 100, 90), 1_500_000)
    one.read(FIGURES, LinkTotals(150, 4, 140, 1, 1500, 1400), 500_000)
    told = {
        (name, way): value(registry, f"webrtc_{name}_total", direction=way)
        for name in ("packets", "packets_lost", "bytes")
        for way in ("in", "out")
    }
    assert list(told.values()) == [160, 149, 4, 1, 1600, 1490]
    assert value(registry, "webrtc_jitter_seconds_sum", direction="in") == pytest.approx(0.012)
    assert value(registry, "webrtc_round_trip_seconds_count") == 3
    assert value(registry, "webrtc_target_bitrate_bucket", le="500000.0") == 2


def test_what_links_count_never_goes_back(registry: CollectorRegistry) -> None:
    """A packet that comes late is no longer lost; it is not counted as lost again either."""
    tally = LinkMeters(registry).tally()
    counts = []
    for lost in (5, 2, 5, 6):
        tally.read(FIGURES, LinkTotals(lost_in=lost), 1)
        counts.append(value(registry, "webrtc_packets_lost_total", direction="in"))
    assert counts == [5, 5, 5, 6]


def test_what_clients_report_is_bounded(registry: CollectorRegistry) -> None:
    """A round trip before its beginning, a jitter of days, more lost than was sent."""
    LinkMeters(registry).tally().read(LinkFigures(0, 0, 0, 1e9, -5.0), LinkTotals(), 1)
    assert value(registry, "webrtc_round_trip_seconds_sum") == 0.0
    assert value(registry, "webrtc_jitter_seconds_sum", direction="out") == MOST_S
    ours = SimpleNamespace(type="outbound-rtp", packetsSent=10)
    theirs = SimpleNamespace(type="remote-inbound-rtp", packetsLost=8_000_000)
    assert link_totals([ours, theirs], []).lost_out == 10


@dataclass
class Stream:
    """What aiortc knows of a stream that comes in."""

    packets_received: int
    packets_lost: int


def test_totals_of_all_streams_that_come_in() -> None:
    """Of which one may have had packets twice."""
    transport = SimpleNamespace(type="transport", bytesReceived=1000, bytesSent=900)
    totals = link_totals([transport], [Stream(90, 10), Stream(5, -2)])
    assert totals == LinkTotals(105, 10, 0, 0, 1000, 900)
    assert link_totals([], []) == LinkTotals()


class Jobs:
    """A database's results, as far as they are counted."""

    def __init__(self, load: Workload | None) -> None:
        self.load = load

    async def workload(self) -> Workload:
        """See Results."""
        if self.load is None:
            raise StorageFailed
        return self.load


async def test_jobs_are_asked_for(registry: CollectorRegistry) -> None:
    """Where nobody can say how many there are nothing is said, and not what was true before."""
    meters, jobs = VideoMeters(registry), Jobs(Workload(3, 2, 0.0, 0.0, 0.0))
    for counts in ([3, 2], [None, None]):
        await meters.ask(cast("Results", jobs))
        told = [value(registry, "jobs", state=state) for state in ("queued", "processing")]
        assert told == counts
        jobs.load = None


def test_films_are_counted_by_their_end(registry: CollectorRegistry) -> None:
    """Those that were made with their time."""
    meters = VideoMeters(registry)
    meters.ended(ResultStatus.COMPLETED, 12.5)
    meters.ended(ResultStatus.FAILED)
    counts = [
        value(registry, "videos_processed_total", status=status)
        for status in ("completed", "failed", "cancelled")
    ]
    assert counts == [1, 1, 0]
    assert value(registry, "video_seconds_sum") == 12.5
    assert value(registry, "video_seconds_count") == 1


def test_caches_are_counted(registry: CollectorRegistry) -> None:
    """Each for itself."""
    meters = CacheMeters(registry)
    meters.looked(Kept.EDITS, was_there=True)
    meters.looked(Kept.EDITS, was_there=False)
    for name in ("hits", "misses"):
        told = [value(registry, f"cache_{name}_total", cache=kept) for kept in Kept]
        assert told == [0, 1, 0]
