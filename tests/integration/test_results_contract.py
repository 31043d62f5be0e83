"""The contract of Results, kept by every implementation: a queue that several work on."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from storage.database import Database
from storage.errors import KeyReused, QueueFull, StorageFailed, UploadGone, UserQueueFull
from storage.results import (
    Ending,
    Lease,
    QueueBounds,
    ResultRecord,
    ResultStatus,
    RunningBounds,
    Workload,
)
from tests.integration.databases import Opener
from tests.integration.records import ANY, NOW, RESULT, ROOMY, UPLOAD, add_result, add_upload

LEASE_S = 10


def later(seconds: float) -> datetime:
    """So many seconds after the records' moment."""
    return NOW + timedelta(seconds=seconds)


def lease(owner: str = "w1", at_s: float = 0) -> Lease:
    """A lease taken then."""
    return Lease(owner, later(at_s), later(at_s + LEASE_S))


async def add(database: Database, result_id: str, **changes: Any) -> ResultRecord:
    """Queue a result."""
    record = replace(RESULT, result_id=result_id, **changes)
    return await add_result(database, record, ROOMY)


@pytest.fixture(autouse=True)
async def upload(database: Database) -> None:
    """The upload that all results are made of."""
    await add_upload(database, UPLOAD)


async def state(database: Database, result_id: str = "r1") -> ResultRecord:
    """The record as it is now."""
    record = await database.results.get(result_id)
    assert record is not None
    return record


@pytest.mark.parametrize("field", ["created_at", "updated_at", "lease_until", "notify_at"])
def test_naive_moments_are_refused(field: str) -> None:
    """A record cannot be made with a moment that does not say its time zone."""
    changes: dict[str, Any] = {field: NOW.replace(tzinfo=None)}
    with pytest.raises(ValueError, match=f"{field}: a moment without a time zone"):
        replace(RESULT, **changes)


async def test_a_record_comes_back_as_it_was(database: Database, opener: Opener) -> None:
    """Every field survives, and the closing of the database too."""
    full = replace(
        RESULT,
        status=ResultStatus.COMPLETED,
        started_at=NOW,
        completed_at=later(1),
        processing_time=0.1 + 0.2,
        frame_count=150,
        sampled_frames=75,
        frames_done=150,
        haircut="Bob",
        max_keyframes=5,
        ai_model="replicate",
        keyframes=4,
        cost_micro_usd=160_000,
        fallback="timed_out",
        error_message="words",
        attempts=2,
        lease_owner="w1",
        lease_until=later(2),
        idempotency_key="k",
        request_digest="d",
        webhook_url="https://example.org/",
        notify_at=later(3),
        notify_attempts=4,
    )
    await add_result(database, full, ROOMY)
    assert await database.results.get("r1") == full
    await database.close()
    again = await opener()
    assert await again.results.get("r1") == full
    await again.close()


async def test_unknown_and_double(database: Database) -> None:
    """What is not there is None; what is there is not added again."""
    assert await database.results.get("r1") is None
    assert await database.results.cancel("r1", NOW) is None
    with pytest.raises(UploadGone):
        await add(database, "r1", upload_id="up2")
    await add(database, "r1")
    with pytest.raises(StorageFailed):
        await add(database, "r1", user_id="bob")


async def test_the_queue_is_bounded(database: Database) -> None:
    """In all, and for each user; what has ended does not count."""
    bounds = QueueBounds(in_all=3, per_user=2)
    for number in range(2):
        await add_result(database, replace(RESULT, result_id=f"a{number}"), bounds)
    with pytest.raises(UserQueueFull):
        await add_result(database, replace(RESULT, result_id="a2"), bounds)
    await add_result(database, replace(RESULT, result_id="b0", user_id="bob"), bounds)
    with pytest.raises(QueueFull):
        await add_result(database, replace(RESULT, result_id="c0", user_id="cid"), bounds)
    await database.results.cancel("a0", NOW)
    await add_result(database, replace(RESULT, result_id="a2"), bounds)


async def test_a_key_adds_once(database: Database) -> None:
    """Also when the queue is full by now; another request under the same key is told so."""
    keyed = replace(RESULT, idempotency_key="k", request_digest="one")
    await add_result(database, keyed, ROOMY)
    none = QueueBounds(0, 0)
    assert await add_result(database, replace(keyed, result_id="r2"), none) == keyed
    with pytest.raises(KeyReused):
        await add_result(database, replace(keyed, request_digest="two"), ROOMY)


async def test_history_is_in_pages(database: Database) -> None:
    """The latest first, one user's alone, with the number of all."""
    for number in range(5):
        await add(database, f"r{number}", created_at=later(number))
    await add(database, "other", user_id="bob")
    page, total = await database.results.history("ann", 2, 1)
    assert [record.result_id for record in page] == ["r3", "r2"]
    assert total == 5
    assert await database.results.history("ann", 10, 5) == ([], 5)
    assert await database.results.history("cid", 10, 0) == ([], 0)


async def test_a_claim_takes_the_lease(database: Database) -> None:
    """What is claimed is being processed, and is claimed by nobody else."""
    await add(database, "r1")
    claimed = await database.results.claim(lease(at_s=1), ANY)
    assert claimed == replace(
        RESULT,
        status=ResultStatus.PROCESSING,
        attempts=1,
        lease_owner="w1",
        lease_until=later(1 + LEASE_S),
        started_at=later(1),
        updated_at=later(1),
    )
    assert await database.results.claim(lease("w2"), ANY) is None


async def test_turns_are_fair(database: Database) -> None:
    """Who has fewer under way comes first, then who has waited longer; no more than the bounds."""
    for number in range(3):
        await add(database, f"a{number}", created_at=later(number))
    await add(database, "b0", user_id="bob", created_at=later(9))
    order = []
    for number in range(4):
        claimed = await database.results.claim(lease(f"w{number}"), RunningBounds(10, 2))
        order.append(claimed.result_id if claimed else None)
    assert order == ["a0", "b0", "a1", None]
    await add(database, "c0", user_id="cid")
    assert await database.results.claim(lease("w9"), RunningBounds(3, 2)) is None


async def test_many_claim_at_once(database: Database, opener: Opener) -> None:
    """Two processes with many workers each share a queue: nothing is done twice, nothing left."""
    for number in range(20):
        await add(database, f"r{number}")
    other = await opener()
    claims = [
        store.results.claim(lease(f"w{number}{which}"), ANY)
        for number in range(15)
        for which, store in enumerate((database, other))
    ]
    claimed = [record.result_id for record in await asyncio.gather(*claims) if record]
    assert sorted(claimed) == sorted(f"r{number}" for number in range(20))
    await other.close()


async def test_a_lease_is_renewed_by_its_owner(database: Database) -> None:
    """With the progress; who has lost it is told so."""
    await add(database, "r1")
    await database.results.claim(lease(), ANY)
    assert await database.results.renew("r1", lease(at_s=5), 42)
    record = await state(database)
    assert (record.lease_until, record.frames_done) == (later(5 + LEASE_S), 42)
    assert not await database.results.renew("r1", lease("w2", 5), 43)
    await database.results.cancel("r1", NOW)
    assert not await database.results.renew("r1", lease(at_s=6), 44)


async def test_work_that_is_given_back_does_not_count(database: Database) -> None:
    """It is queued as if it had not been begun."""
    await add(database, "r1")
    await database.results.claim(lease(), ANY)
    assert not await database.results.give_back("r1", lease("w2"))
    assert await database.results.give_back("r1", lease())
    record = await state(database)
    assert (record.status, record.attempts) == (ResultStatus.QUEUED, 0)
    assert (record.lease_owner, record.lease_until) == (None, None)


async def test_only_the_owner_ends_the_work(database: Database) -> None:
    """Once; a worker who lost its lease changes nothing."""
    await add(database, "r1")
    await database.results.claim(lease(), ANY)
    ending = Ending(
        status=ResultStatus.COMPLETED,
        now=later(3),
        processing_time=2.5,
        frame_count=150,
        sampled_frames=75,
        ai_model="replicate",
        keyframes=2,
        cost_micro_usd=80_000,
        fallback="failed",
    )
    assert not await database.results.end("r1", "w2", ending)
    assert await database.results.end("r1", "w1", ending)
    assert not await database.results.end("r1", "w1", ending)
    record = await state(database)
    assert (record.status, record.completed_at) == (ResultStatus.COMPLETED, later(3))
    assert (record.frame_count, record.sampled_frames, record.ai_model) == (150, 75, "replicate")
    assert (record.keyframes, record.cost_micro_usd, record.fallback) == (2, 80_000, "failed")
    assert record.lease_owner is None


async def test_cancelling(database: Database) -> None:
    """What is unfinished is cancelled; what has ended stays as it is."""
    await add(database, "r1")
    record = await database.results.cancel("r1", later(1))
    assert record is not None
    assert (record.status, record.completed_at) == (ResultStatus.CANCELLED, later(1))
    assert await database.results.cancel("r1", later(2)) == record
    assert await database.results.claim(lease(), ANY) is None


async def test_a_dead_workers_job_is_taken_up_again(database: Database) -> None:
    """After the lease, so many times; then it has failed, with words."""
    await add(database, "r1", webhook_url="https://example.org/")
    for attempt in (1, 2):
        start_s = attempt * 100
        assert await database.results.claim(lease(f"w{attempt}", start_s), ANY)
        early = later(start_s + LEASE_S - 0.001)
        assert await database.results.take_up_expired(early, 3, "gone") == []
        (taken,) = await database.results.take_up_expired(later(start_s + LEASE_S), 3, "gone")
        assert (taken.status, taken.attempts) == (ResultStatus.QUEUED, attempt)
    assert await database.results.claim(lease("w3", 300), ANY)
    (taken,) = await database.results.take_up_expired(later(400), 3, "gone")
    assert (taken.status, taken.error_message) == (ResultStatus.FAILED, "gone")
    assert taken.notify_at == later(400)
    assert await database.results.take_up_expired(later(999), 3, "gone") == []


async def test_notices_are_due_when_work_has_ended(database: Database) -> None:
    """Each is told by one at a time, again after a while, until it is said to be done."""
    await add(database, "r1", webhook_url="https://example.org/")
    await add(database, "r2")
    assert await database.results.claim_notice(later(9), later(19)) is None
    for name in ("r1", "r2"):
        await database.results.cancel(name, later(10))
    due = await database.results.claim_notice(later(10), later(20))
    assert due is not None
    assert (due.result_id, due.notify_attempts) == ("r1", 1)
    assert await database.results.claim_notice(later(19), later(29)) is None
    again = await database.results.claim_notice(later(20), later(30))
    assert again is not None
    assert again.notify_attempts == 2
    await database.results.end_notice("r1", later(50))
    assert await database.results.claim_notice(later(49), later(59)) is None
    assert await database.results.claim_notice(later(50), later(60)) is not None
    await database.results.end_notice("r1")
    assert await database.results.claim_notice(later(99), later(109)) is None


async def test_what_is_deleted_is_gone(database: Database) -> None:
    """And its owner is told so."""
    await add(database, "r1")
    await database.results.claim(lease(), ANY)
    await database.results.delete("r1", NOW, NOW)
    await database.results.delete("r1", NOW, NOW)
    assert await database.results.get("r1") is None
    assert not await database.results.renew("r1", lease(), 1)


async def test_the_workload_is_told(database: Database) -> None:
    """What is left to do, and how fast the last results were made that did not wait for others."""
    assert await database.results.workload() == Workload(0, 0, 0, 0, 0)
    for name in ("r0", "r1", "r2", "r3"):
        keyframes = 5 if name == "r0" else None
        await add(database, name, size_mpx=100.0, frames_total=10, max_keyframes=keyframes)
    for name in ("w0", "w1", "w2"):
        await database.results.claim(lease(name), ANY)
    ending = Ending(status=ResultStatus.COMPLETED, now=NOW, processing_time=5.0)
    await database.results.end("r0", "w0", replace(ending, processing_time=60.0))
    await database.results.end("r1", "w1", ending)
    await database.results.renew("r2", lease("w2"), 4)
    load = await database.results.workload()
    assert load.left_mpx == pytest.approx(160)
    assert replace(load, left_mpx=0) == Workload(1, 1, 0, 100, 5)
