"""The meters of several workers as one."""

import asyncio
import secrets
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.exposition import generate_latest

from server.instances.neighbours import Neighbours
from server.instances.seals import Seals
from server.metrics import shared
from server.metrics.merged import Family, cumulative, merged, read, summed
from server.metrics.meters import Meters
from server.metrics.shared import SharedMeters
from server.supervisor.place import WorkerPlace
from storage.keyring import Key, Keyring
from tests.fakes import ManualClock
from tests.logged import logged


class Taken:
    """Meters as an encoder asks for them."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Sequence[Metric]:
        return self._metrics


def meters(frames: int, live: int, seconds: float, jobs: int = 0) -> list[Family]:
    """A worker's."""
    registry = CollectorRegistry()
    counted = Counter("frames", "Frames", ["transport"], registry=registry)
    counted.labels("websocket").inc(frames)
    Gauge("live", "Sessions", registry=registry).set(live)
    Histogram("frame_seconds", "Time", buckets=(0.1, 1), registry=registry).observe(seconds)
    Gauge("process_start_time_seconds", "Beginning", registry=registry).set(seconds)
    Gauge("hair_tryon_jobs", "Films", registry=registry).set(jobs)
    disk = Gauge("hair_tryon_disk_bytes", "Disk", ["folder"], registry=registry)
    disk.labels("data").set(1000)
    return read(registry.collect())


def values(families: list[Family]) -> dict[str, float]:
    """By the samples' names with their labels."""
    return {
        name + "".join(f" {key}={value}" for key, value in labels): number
        for family in families
        for (name, labels), number in family.values.items()
        if not name.endswith("_created")
    }


def test_sums_are_those_of_all_workers() -> None:
    """Counts, what there is now, and buckets; what sums say nothing of is told of each; what all
    found in the database, and of the same disk, is told once."""
    both = merged({0: meters(3, 2, 0.05, jobs=7), 1: meters(4, 1, 0.5, jobs=9)}, asked=1)
    told = values(both)
    assert told["frames_total transport=websocket"] == 7
    assert told["live"] == 3
    assert (told["frame_seconds_bucket le=0.1"], told["frame_seconds_bucket le=1.0"]) == (1, 2)
    assert (told["frame_seconds_count"], told["frame_seconds_sum"]) == (2, 0.55)
    assert told["process_start_time_seconds worker=0"] == 0.05
    assert told["process_start_time_seconds worker=1"] == 0.5
    assert told["hair_tryon_jobs"] == 9
    assert told["hair_tryon_disk_bytes folder=data"] == 1000


def test_what_a_worker_has_counted_stays_when_it_ends() -> None:
    """And nothing else of it."""
    left = cumulative(meters(3, 2, 0.05))
    assert {family.name for family in left} == {"frames", "frame_seconds"}
    told = values(summed([meters(1, 1, 0.5), left]))
    assert (told["frames_total transport=websocket"], told["live"]) == (4, 1)


def test_moments_of_creation_are_not_added_up() -> None:
    """The earlier one counts."""
    one, other = meters(1, 1, 1.0), meters(1, 1, 1.0)
    key = ("frames_created", (("transport", "websocket"),))
    moments = [family.values[key] for family in (*one, *other) if family.name == "frames"]
    assert next(f for f in summed([one, other]) if f.name == "frames").values[key] == min(moments)


def test_prometheus_reads_it_as_before() -> None:
    """A worker's own meters come out as they would without the others."""
    registry = CollectorRegistry()
    Counter("frames", "Frames", registry=registry).inc(3)
    Histogram("frame_seconds", "Time", ["stage"], registry=registry).labels("a").observe(0.2)
    again = [family.metric() for family in merged({0: read(registry.collect())}, asked=0)]
    assert generate_latest(Taken(again)) == generate_latest(registry)


class Answering(Neighbours):
    """Another worker, which has counted as much as this one."""

    def __init__(self) -> None:
        super().__init__(Seals(Keyring([Key(secrets.token_bytes(32))]), ManualClock()), 1.0)
        self.told = b""

    async def ask(
        self, address: str, method: str, target: str, within_s: float
    ) -> tuple[int, bytes]:
        """See Neighbours."""
        return 200, self.told


def place(folder: Path, count: int = 1) -> WorkerPlace:
    """The first worker's."""
    return WorkerPlace(0, count, 0, str(folder))


async def test_they_are_put_together_beside_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are thousands, and frames wait meanwhile."""
    threads = list[int]()

    def noting(function: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any) -> Any:
            threads.append(threading.get_ident())
            return function(*args)

        return noted

    other, counted = Answering(), Meters()
    counted.frames.tally("websocket").received()
    both = SharedMeters(counted, place(tmp_path, 2), ["unix:0.sock", "unix:1.sock"], other)
    other.told = await both.own()
    for name in ("read", "summed", "_text", "_read", "merged"):
        monkeypatch.setattr(shared, name, noting(getattr(shared, name)))
    told = values(read(await both.all()))
    assert told["hair_tryon_frames_received_total transport=websocket"] == 2
    assert len(threads) == 5
    assert threading.get_ident() not in threads


async def test_a_file_is_written_by_one_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks may leave: the thread that writes for them does not."""
    begun, gate = asyncio.Event(), threading.Event()
    loop, replace = asyncio.get_running_loop(), shared._replace

    def hang(file: Path, data: bytes) -> None:
        loop.call_soon_threadsafe(begun.set)
        gate.wait()
        replace(file, data)

    monkeypatch.setattr(shared, "_replace", hang)
    alone = SharedMeters(Meters(), place(tmp_path), ["unix:0.sock"], Answering())
    left = asyncio.create_task(alone.own())
    await begun.wait()
    left.cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    is_waiting = not left.done()
    gate.set()
    await asyncio.wait([left])
    assert is_waiting
    assert left.cancelled()
    assert (tmp_path / "0.meters").read_bytes()


async def test_a_damaged_file_keeps_nobody_from_starting(tmp_path: Path) -> None:
    """What was counted there is lost, and that is told."""
    (tmp_path / "0.meters").write_bytes(b"[][]")
    with logged(shared) as lines:
        alone = SharedMeters(Meters(), place(tmp_path), ["unix:0.sock"], Answering())
        assert await alone.all()
    assert [line["event"] for line in lines] == ["meters of a worker cannot be read"]


async def test_they_are_told_where_they_cannot_be_noted(tmp_path: Path) -> None:
    """The disk may be full; that is told, too."""
    alone = SharedMeters(Meters(), place(tmp_path / "gone"), ["unix:0.sock"], Answering())
    with logged(shared) as lines:
        assert await alone.all()
    assert [line["event"] for line in lines] == ["meters not noted"]
