"""What is left of jobs that are called off, or forgotten, by who brought them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import cast

import pytest

from server.jobs.ends import Ends
from server.jobs.kept_cuts import cut_paths
from server.jobs.queue import JobQueue
from server.jobs.tickets import Tickets
from server.stores import Stores
from storage.moments import from_ms, to_ms
from storage.records import UploadStatus
from storage.results import QueueBounds, ResultRecord, ResultStatus
from tests.fakes import ManualClock
from tests.integration.records import RESULT

RECORD = replace(RESULT, max_keyframes=2)


class Scene:
    """A queue, and what is asked of the stores."""

    def __init__(self) -> None:
        self.record: ResultRecord | None = RECORD
        self.told = list[ResultRecord]()
        self.uploads = list[UploadStatus]()
        self.deleted = list[str]()
        self.withdrawn = list[str]()
        self.clock = ManualClock(0.0004)
        database = SimpleNamespace(results=self, uploads=self)
        stores = cast("Stores", SimpleNamespace(database=database, keeper=self))
        self.queue = JobQueue(
            stores, self.clock, cast("Tickets", None), cast("Ends", self),
            bounds=QueueBounds(1, 1), places=1, expect=self.expect,
        )  # fmt: skip

    async def expect(self) -> None:
        """Nothing has to be got ready."""

    async def cancel(self, _result_id: str, now: datetime) -> ResultRecord | None:
        """See Results."""
        if self.record is not None and not self.record.status.is_final:
            status, now = ResultStatus.CANCELLED, from_ms(to_ms(now))
            self.record = replace(self.record, status=status, completed_at=now)
        return self.record

    async def set_status(self, _upload_id: str, status: UploadStatus, _now: datetime) -> None:
        """See Uploads."""
        self.uploads.append(status)

    def tell_cancelled(self, record: ResultRecord) -> None:
        """See Ends."""
        self.told.append(record)

    async def delete_result(self, result_id: str) -> None:
        """See Keeper."""
        self.deleted.append(result_id)

    async def withdraw(self, paths: Sequence[str]) -> None:
        """See Keeper."""
        self.withdrawn += paths


@pytest.fixture
async def scene() -> Scene:
    return Scene()


@pytest.mark.parametrize("status", [ResultStatus.QUEUED, ResultStatus.PROCESSING])
async def test_who_calls_a_job_off_tells_of_it_once(scene: Scene, status: ResultStatus) -> None:
    """Whoever works on it or not; who calls it off again tells nothing."""
    scene.record = replace(RECORD, status=status)
    cancelled = await scene.queue.cancel(RECORD)
    assert cancelled is not None
    assert scene.told == [cancelled]
    scene.clock.advance(1.0)
    assert await scene.queue.cancel(RECORD) == cancelled
    assert scene.told == [cancelled]
    assert set(scene.uploads) == {UploadStatus.UPLOADED}


@pytest.mark.parametrize("status", [ResultStatus.COMPLETED, ResultStatus.FAILED, None])
async def test_what_is_over_is_not_called_off(scene: Scene, status: ResultStatus | None) -> None:
    """Nor told of again."""
    scene.record = None if status is None else replace(RECORD, status=status)
    assert await scene.queue.cancel(RECORD) == scene.record
    assert (scene.told, scene.uploads, scene.withdrawn) == ([], [], [])


async def test_a_result_that_is_forgotten_has_no_keyframes(scene: Scene) -> None:
    """Whatever was missed when it was made."""
    await scene.queue.forget(RECORD)
    assert (scene.deleted, scene.withdrawn) == ([RECORD.result_id], cut_paths(RECORD))
