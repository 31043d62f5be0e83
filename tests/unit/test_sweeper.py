"""The queue's sweeper tells of videos that are given up, as others are told of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import cast

from prometheus_client import CollectorRegistry

from media.clock import SystemClock
from server.jobs import sweeper
from server.jobs.ends import Ends
from server.jobs.kept_cuts import cut_paths
from server.jobs.sweeper import Sweeper
from server.jobs.tickets import Tickets
from server.logs import pseudonym
from server.metrics.videos import VideoMeters
from server.stores import Stores
from server.traces.traces import NO_TRACES
from storage.errors import StorageFailed
from storage.records import UploadStatus
from storage.results import ResultRecord, ResultStatus, Workload
from tests.integration.records import RESULT
from tests.logged import logged


class Left:
    """Stores in which workers have left some videos."""

    def __init__(self, *records: ResultRecord) -> None:
        self._records = list(records)
        self.uploads = list[tuple[str, UploadStatus]]()
        database = SimpleNamespace(results=self, uploads=self)
        workspace = SimpleNamespace(working_names=self.working_names)
        stores = SimpleNamespace(database=database, workspace=workspace, keeper=self)
        self.stores, self.withdrawn, self.failures = cast("Stores", stores), list[str](), 0

    async def take_up_expired(self, now: datetime, attempts: int, text: str) -> list[ResultRecord]:
        """See Results."""
        return self._records

    async def workload(self) -> Workload:
        """See Results."""
        return Workload(1, 0, 0.0, 0.0, 0.0)

    async def set_status(self, upload_id: str, status: UploadStatus, now: datetime) -> None:
        """See Uploads."""
        if self.failures:
            self.failures -= 1
            raise StorageFailed
        self.uploads.append((upload_id, status))

    async def withdraw(self, paths: Sequence[str]) -> None:
        """See Keeper."""
        self.withdrawn += paths

    async def working_names(self) -> list[str]:
        """See Workspace."""
        return []


async def test_videos_that_are_given_up_are_counted() -> None:
    """One that no worker is to try again has failed; one that is tried again has not ended."""
    given_up = replace(RESULT, result_id="r1", upload_id="up1", status=ResultStatus.FAILED)
    waiting = replace(RESULT, result_id="r2", upload_id="up2", status=ResultStatus.QUEUED)
    left, registry, asked = Left(given_up, waiting), CollectorRegistry(), list[int]()
    ends = Ends(VideoMeters(registry), NO_TRACES)
    tickets = cast("Tickets", SimpleNamespace(ask=asked.append))
    with logged(sweeper) as lines:
        await Sweeper(left.stores, SystemClock(), tickets, 3, ends).sweep()
    name = "hair_tryon_videos_processed_total"
    assert registry.get_sample_value(name, {"status": "failed"}) == 1
    assert left.uploads == [("up1", UploadStatus.FAILED)]
    (ended,) = [line for line in lines if line["event"] == "job ended"]
    assert (ended["result_id"], ended["status"]) == (pseudonym("r1"), "failed")
    assert asked == [1]


async def test_what_fails_for_one_is_done_for_the_others() -> None:
    """No later sweep finds them: all are counted, and nothing of them stays."""
    records = [
        replace(RESULT, result_id=name, upload_id=name, status=ResultStatus.FAILED, max_keyframes=1)
        for name in ("r1", "r2")
    ]
    left, registry = Left(*records), CollectorRegistry()
    left.failures = 1
    ends = Ends(VideoMeters(registry), NO_TRACES)
    tickets = cast("Tickets", SimpleNamespace(ask=lambda _: None))
    await Sweeper(left.stores, SystemClock(), tickets, 3, ends).sweep()
    name = "hair_tryon_videos_processed_total"
    assert registry.get_sample_value(name, {"status": "failed"}) == 2
    assert left.uploads == [("r2", UploadStatus.FAILED)]
    assert left.withdrawn == cut_paths(records[0]) + cut_paths(records[1])
