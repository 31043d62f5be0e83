"""The contract of Database where many do something at once, and where texts and moments are odd;
kept by every implementation."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from storage.database import Database
from storage.errors import KeyReused, QueueFull, SessionOwnedByOther, UserQueueFull
from storage.records import SessionStatus
from storage.results import (
    Cursor,
    Ending,
    Lease,
    QueueBounds,
    ResultRecord,
    ResultStatus,
    RunningBounds,
)
from tests.integration.databases import Opener, Time
from tests.integration.records import (
    ANY,
    NOW,
    RECORD,
    RESULT,
    ROOMY,
    UPLOAD,
    add_result,
    add_upload,
)

ODD = ["$ann", "a.b", "", "{}", "$$ROOT", "ann\x00", "Ä\u202e\U0001f600", "x" * 2000]
"""Names that mean something to some database."""


def later(seconds: float) -> datetime:
    """So many seconds after the records' moment."""
    return NOW + timedelta(seconds=seconds)


def lease(owner: str) -> Lease:
    return Lease(owner, NOW, later(10))


def result(name: str, **changes: Any) -> ResultRecord:
    """A result without a photo."""
    return replace(RESULT, result_id=name, style_image_path=None, **changes)


@pytest.fixture
async def other(opener: Opener) -> AsyncIterator[Database]:
    """The same database, opened a second time."""
    other = await opener()
    yield other
    await other.close()


@pytest.fixture(autouse=True)
async def upload(database: Database) -> None:
    """The upload that all results are made of."""
    await add_upload(database, UPLOAD)


async def test_a_session_has_one_owner(database: Database, other: Database) -> None:
    """Of twenty users who begin one session at once, one gets it; the rest are told so."""
    begun = await asyncio.gather(
        *(
            store.sessions.begin(replace(RECORD, user_id=f"u{number}{which}"))
            for number in range(10)
            for which, store in enumerate((database, other))
        ),
        return_exceptions=True,
    )
    assert Counter(map(type, begun)) == {type(None): 1, SessionOwnedByOther: 19}


async def test_a_session_that_is_over_gets_one_owner(
    database: Database, other: Database, time: Time
) -> None:
    """Also where there was one before, whose time is over."""
    await database.sessions.begin(replace(RECORD, status=SessionStatus.TIMEOUT))
    now = time.pass_by(3600)
    mine = replace(RECORD, created_at=now, updated_at=now)
    begun = await asyncio.gather(
        *(
            store.sessions.begin(replace(mine, user_id=f"u{number}{which}"))
            for number in range(10)
            for which, store in enumerate((database, other))
        ),
        return_exceptions=True,
    )
    assert Counter(map(type, begun)) == {type(None): 1, SessionOwnedByOther: 19}
    found = await database.sessions.get("s1")
    assert found is not None
    assert found.created_at == now


async def test_an_erased_session_is_not_brought_back(database: Database, other: Database) -> None:
    """However many save it while it is erased: none of them adds it again."""
    await database.sessions.begin(RECORD)
    saves = [other.sessions.save(replace(RECORD, frames_processed=n)) for n in range(20)]
    await asyncio.gather(*saves, database.erase("ann", 10, NOW, NOW))
    assert await database.sessions.get("s1") is None


async def test_a_key_adds_once_for_all_who_come_at_once(
    database: Database, other: Database
) -> None:
    """Twenty equal requests add one upload, and one result; twenty different ones too, and all but
    one are told so."""
    stores = [database, other] * 10
    keyed = replace(UPLOAD, idempotency_key="k", request_digest="d")
    uploads = await asyncio.gather(
        *(
            add_upload(
                store, replace(keyed, upload_id=f"k{number}", file_path=f"/uploads/k{number}")
            )
            for number, store in enumerate(stores)
        )
    )
    assert len({record.upload_id for record in uploads}) == 1
    assert len(await database.uploads.of_user("ann", 99)) == 2
    results = await asyncio.gather(
        *(
            add_result(
                store, result(f"r{number}", idempotency_key="k", request_digest=f"d{number}"), ROOMY
            )
            for number, store in enumerate(stores)
        ),
        return_exceptions=True,
    )
    assert Counter(map(type, results)) == {ResultRecord: 1, KeyReused: 19}
    assert (await database.results.history("ann", 100))[1] == 1


async def test_the_queue_stays_bounded(database: Database, other: Database) -> None:
    """However many are added at once: no more than fit, in all and of one user."""
    bounds = QueueBounds(in_all=8, per_user=3)
    added = await asyncio.gather(
        *(
            add_result(store, result(f"r{number}", user_id=f"u{number % 4}"), bounds)
            for number, store in enumerate([database, other] * 12)
        ),
        return_exceptions=True,
    )
    kinds = Counter(map(type, added))
    assert kinds[ResultRecord] == 8
    assert kinds[QueueFull] + kinds[UserQueueFull] == 16
    users = Counter(one.user_id for one in added if isinstance(one, ResultRecord))
    assert max(users.values()) <= 3
    load = await database.results.workload()
    assert (load.queued, load.processing) == (8, 0)


async def test_no_more_is_begun_than_allowed(database: Database, other: Database) -> None:
    """However many claim at once; no result is begun twice."""
    for number in range(20):
        await add_result(database, result(f"r{number}", user_id=f"u{number % 5}"), ROOMY)
    bounds = RunningBounds(in_all=7, per_user=2)
    claims = [
        store.results.claim(lease(f"w{number}"), bounds)
        for number, store in enumerate([database, other] * 10)
    ]
    claimed = [record for record in await asyncio.gather(*claims) if record is not None]
    assert len({record.result_id for record in claimed}) == len(claimed) == 7
    assert max(Counter(record.user_id for record in claimed).values()) <= 2


async def test_work_is_ended_once(database: Database, other: Database) -> None:
    """Of many who end, cancel, give back or take up one result, one does."""
    for number in range(10):
        name = f"r{number}"
        await add_result(database, result(name, webhook_url="https://example.org/"), ROOMY)
        assert await database.results.claim(lease(name), ANY)
        done = Ending(status=ResultStatus.COMPLETED, now=NOW)
        ended, given, renewed, cancelled = await asyncio.gather(
            database.results.end(name, name, done),
            other.results.give_back(name, lease(name)),
            database.results.renew(name, lease(name), 5),
            other.results.cancel(name, NOW),
        )
        record = await database.results.get(name)
        assert record is not None
        assert cancelled is not None
        assert not (ended and given)
        statuses = {ResultStatus.CANCELLED} if not ended else {ResultStatus.COMPLETED}
        assert {record.status, cancelled.status} == statuses, (ended, given, renewed)


async def test_pages_neither_repeat_nor_miss(database: Database, other: Database) -> None:
    """While others add and delete: what was there all the time is seen once, in order."""
    for number in range(30):
        record = result(f"r{number:02}", created_at=later(number // 4))
        await add_result(database, record, ROOMY)

    async def disturb() -> None:
        for number in range(30):
            place = later(number // 3 - 1)
            await add_result(other, result(f"x{number}", created_at=place), ROOMY)
            if number % 3 == 0:
                await other.results.delete(f"x{number}", NOW, NOW)

    disturbing = asyncio.create_task(disturb())
    seen: list[ResultRecord] = []
    after: Cursor | None = None
    while page := (await database.results.history("ann", 3, after=after))[0]:
        seen += page
        after = Cursor.behind(page[-1])
    await disturbing
    names = [record.result_id for record in seen]
    assert len(names) == len(set(names))
    order = [f"r{number:02}" for number in range(30)]
    assert sorted(name for name in names if name.startswith("r")) == order
    assert seen == sorted(seen, key=lambda one: (-one.created_at.timestamp(), one.result_id))


async def test_totals_are_right_whatever_happens_at_once(
    database: Database, other: Database, time: Time
) -> None:
    """After results were added, deleted, expired and erased in any order."""
    now = time.pass_by(1)
    await asyncio.gather(
        *(
            add_result(
                store,
                result(f"r{number}", user_id=f"u{number % 3}", created_at=later(number % 2)),
                ROOMY,
            )
            for number, store in enumerate([database, other] * 15)
        )
    )
    time.pass_by(2999)
    await asyncio.gather(
        *(other.results.delete(f"r{number}", now, now) for number in range(6)),
        *(store.results.remove_expired(3, now, now) for store in (database, other)),
        database.erase("u2", 100, now, now),
    )
    for user in ("u0", "u1", "u2"):
        found, total = await database.results.history(user, 100)
        assert total == len(found)
        assert user != "u2" or total == 0


@pytest.mark.parametrize("hours", [-11.5, 0, 5.5, 14])
async def test_moments_are_the_same_in_every_time_zone(database: Database, hours: float) -> None:
    """They come back in UTC, cut off to the millisecond, and are compared so."""
    zone = timezone(timedelta(hours=hours))
    fine = NOW.replace(microsecond=891_999)
    moment = fine.astimezone(zone)
    await add_upload(
        database, replace(UPLOAD, upload_id="up2", created_at=moment, updated_at=moment)
    )
    await add_result(database, result("r1", created_at=moment, updated_at=moment), ROOMY)
    taken = Lease("w1", moment, (fine + timedelta(seconds=10)).astimezone(zone))
    claimed = await database.results.claim(taken, ANY)
    upload = await database.uploads.get("up2")
    assert claimed is not None
    assert upload is not None
    moments = (upload.created_at, claimed.created_at, claimed.started_at, claimed.updated_at)
    assert set(moments) == {NOW}
    assert claimed.lease_until == later(10)
    assert all(one is not None and one.utcoffset() == timedelta(0) for one in moments)
    cursor = Cursor(later(0.001).astimezone(zone), "")
    assert (await database.results.history("ann", 10, after=cursor))[0] == [claimed]
    assert (await database.results.history("ann", 10, after=Cursor(moment, "r1")))[0] == []
    assert await database.results.leased("ann", later(9.999).astimezone(zone)) == 1
    assert await database.results.leased("ann", later(10).astimezone(zone)) == 0
    assert await database.results.take_up_expired(later(9.999).astimezone(zone), 3, "") == []
    assert len(await database.results.take_up_expired(later(10).astimezone(zone), 3, "")) == 1


@pytest.mark.parametrize("name", ODD)
async def test_odd_texts_are_texts(database: Database, name: str) -> None:
    """Whatever a name or a text looks like: it comes back as it was, and finds its own."""
    look = {name: [{name: name}, 2**63, -(2**63), 1e308, True, None], "$ref": {"$id": 1}}
    await database.sessions.begin(replace(RECORD, user_id=name, look=look))
    await database.sessions.begin(replace(RECORD, user_id=name, look=look))
    assert await database.sessions.of_user(name, 99) == [replace(RECORD, user_id=name, look=look)]
    record = replace(RESULT, result_id="r1", user_id=name, look=look, idempotency_key=name,
                     request_digest=name, webhook_url="$ann")  # fmt: skip
    for _ in range(2):
        assert await add_result(database, record, ROOMY) == record
    claimed = await database.results.claim(lease(name), ANY)
    assert claimed is not None
    assert claimed.look == look
    (failed,) = await database.results.take_up_expired(later(99), 1, name)
    assert (failed.error_message, failed.notify_at) == (name, later(99))
    assert await database.results.history(name, 5) == ([failed], 1)
    assert await database.results.history("ann", 5) == ([], 0)
    path = name.replace("\x00", "")  # which no file has in its name
    await database.loose.note([path], "ann", NOW)
    assert await database.known([path, "no"]) == {path}
    erased, _ = await database.erase(name, 10, NOW, NOW)
    assert (erased.sessions, erased.results) == (1, 1)
