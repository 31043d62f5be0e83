"""Leases: kept while there is work, and nothing beyond them, whatever the database does."""

import asyncio
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from server.jobs.lease import KeptLease, LeaseLost, LeaseTerms
from storage.database import Results
from storage.errors import FileMissing, StorageFailed
from storage.results import Ending, Lease, ResultRecord, ResultStatus, RunningBounds
from tests.fakes import EPOCH, PATIENCE_S, ManualClock, until
from tests.integration.records import RESULT

TERMS = LeaseTerms(lease_s=15.0, beat_s=0.0)


class Queue:
    """Results as their worker sees them; ``hangs``, fails or says no on demand."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.renewed = 0
        self.failures = 0
        self.hangs = self.is_lost = False

    async def claim(self, lease: Lease, bounds: RunningBounds) -> ResultRecord | None:
        """See Results. It takes a second."""
        self.clock.advance(1.0)
        status = ResultStatus.PROCESSING
        return replace(RESULT, status=status, lease_owner=lease.owner, lease_until=lease.until)

    async def renew(self, result_id: str, lease: Lease, frames_done: int) -> bool:
        """See Results. Each time takes a second."""
        self.clock.advance(1.0)
        if self.hangs:
            await asyncio.Event().wait()
        if self.failures:
            self.failures -= 1
            raise StorageFailed
        self.renewed += 1
        return not self.is_lost


class Work:
    """Goes on until it is told to end, or is cancelled."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.was_cancelled = False

    async def __call__(self) -> str:
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        return "done"


@pytest.fixture
def queue() -> Queue:
    return Queue(ManualClock())


async def claimed(queue: Queue, terms: LeaseTerms = TERMS) -> KeptLease:
    bounds = RunningBounds(1, 1)
    lease = await KeptLease.claim(cast("Results", queue), queue.clock, terms, bounds)
    assert lease is not None
    return lease


async def lost(lease: KeptLease) -> bool:
    """Whether the work was stopped since the lease was lost."""
    work = Work()
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(LeaseLost):
            await lease.kept_for(work())
    return work.was_cancelled


async def test_work_goes_on_while_the_lease_is_renewed(queue: Queue) -> None:
    """Far beyond the length of one lease, and over failures that are fewer than it has time for."""
    lease, work = await claimed(queue), Work()
    keeping = asyncio.create_task(lease.kept_for(work()))
    for _ in range(5):
        queue.failures, queue.renewed = 5, 0
        await until(lambda: queue.renewed > 3)
    work.may_end.set()
    assert await keeping == "done"
    assert queue.clock.now_s > 2 * TERMS.lease_s


async def test_work_stops_before_the_lease_is_over(queue: Queue) -> None:
    """Who writes is given the time to give up: five seconds, of a short lease a third."""
    lease = await claimed(queue)
    queue.failures = 1_000_000
    assert await lost(lease)
    assert queue.clock.now_s <= TERMS.lease_s - 4.0
    assert LeaseTerms(15.0, 1.0).work_s == 10.0
    assert LeaseTerms(0.6, 0.1).work_s == pytest.approx(0.4)


async def test_a_lease_counts_from_before_its_claim(queue: Queue) -> None:
    """One that took as long as the work may: it is not even begun to be renewed."""
    lease = await claimed(queue, LeaseTerms(lease_s=1.5, beat_s=0.0))
    assert await lost(lease)
    assert queue.renewed == 0


async def test_a_database_that_hangs_is_not_waited_for(queue: Queue) -> None:
    """It may take longer to fail than the lease lasts."""
    lease = await claimed(queue, LeaseTerms(lease_s=1.51, beat_s=0.0))
    queue.hangs = True
    assert await lost(lease)


async def test_a_lease_that_another_has_is_lost(queue: Queue) -> None:
    """The database says so."""
    lease = await claimed(queue)
    queue.is_lost = True
    assert await lost(lease)


@pytest.mark.parametrize("is_ours", [True, False])
async def test_an_end_whose_answer_was_lost_is_ours(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, *, is_ours: bool
) -> None:
    """It was taken, to the millisecond; asked again the queue says no, as to one who is late."""
    lease = await claimed(queue)
    ending = Ending(status=ResultStatus.COMPLETED, now=EPOCH + timedelta(microseconds=1999))
    moment = EPOCH + timedelta(milliseconds=1 if is_ours else 2)
    ended = replace(lease.record, status=ending.status, completed_at=moment)
    answers: list[bool | StorageFailed] = [StorageFailed(), False]

    async def end(*_: object) -> bool:
        if isinstance(answer := answers.pop(0), StorageFailed):
            raise answer
        return answer

    async def get(_result_id: str) -> ResultRecord:
        return ended

    monkeypatch.setattr(queue, "end", end, raising=False)
    monkeypatch.setattr(queue, "get", get, raising=False)
    with nullcontext() if is_ours else pytest.raises(LeaseLost):
        await lease.end(ending)
    assert answers == []


async def test_only_what_may_get_well_is_insisted_on(queue: Queue) -> None:
    """What is missing is missing the next time too, and patience ends."""
    lease = await claimed(queue)
    failures: list[Exception] = [StorageFailed(), StorageFailed(), FileMissing()]

    async def call() -> None:
        queue.clock.advance(1.0)
        raise failures.pop(0)

    with pytest.raises(FileMissing):
        await lease.insist(call, patience_s=10.0)
    failures = [StorageFailed()] * 9
    with pytest.raises(StorageFailed):
        await lease.insist(call, patience_s=4.0)
    assert len(failures) == 5
