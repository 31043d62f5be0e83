"""The contract of Sessions, and of a database as such, kept by every implementation."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest

from storage.database import Database
from storage.errors import SessionOwnedByOther, StorageClosed
from storage.records import SessionRecord, SessionStatus
from tests.integration.databases import Opener, Time
from tests.integration.records import NOW, RECORD


@pytest.mark.parametrize("field", ["connected_at", "last_activity", "created_at", "updated_at"])
def test_naive_moments_are_refused(field: str) -> None:
    """A record cannot be made with a moment that does not say its time zone."""
    changes: dict[str, Any] = {field: NOW.replace(tzinfo=None)}
    with pytest.raises(ValueError, match=f"{field}: a moment without a time zone"):
        replace(RECORD, **changes)


@pytest.mark.parametrize("look", [RECORD.look, {}, None, MappingProxyType({"color": "copper"})])
async def test_record_comes_back_as_it_was(database: Database, look: dict[str, object]) -> None:
    """Every field of a record survives the way to the database and back, exactly."""
    record = replace(RECORD, look=look)
    await database.sessions.begin(record)
    assert await database.sessions.get("s1") == record


async def test_unknown_session_is_none(database: Database) -> None:
    """Asking for a session that was never saved gives None."""
    assert await database.sessions.get("s1") is None


@pytest.mark.parametrize(
    ("moment", "kept"),
    [
        (NOW.replace(microsecond=999_999), NOW.replace(microsecond=999_000)),
        (
            datetime(1969, 12, 31, 23, 59, 59, 999_001, UTC),
            datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC),
        ),
        (datetime.max.replace(tzinfo=UTC), datetime.max.replace(microsecond=999_000, tzinfo=UTC)),
        (NOW.astimezone(timezone(timedelta(hours=5, minutes=30))), NOW),
    ],
)
async def test_moments_are_kept_to_the_millisecond(
    database: Database, moment: datetime, kept: datetime
) -> None:
    """Finer parts are cut off, also before 1970, and every moment comes back in UTC."""
    await database.sessions.begin(replace(RECORD, last_activity=moment))
    record = await database.sessions.get("s1")
    assert record is not None
    assert record.last_activity == kept
    assert record.last_activity.utcoffset() == timedelta(0)


async def test_saving_again_replaces_all_but_created_at(database: Database) -> None:
    """The last record counts, with the moment at which the session was first created."""
    later = NOW + timedelta(hours=1)
    second = SessionRecord(
        session_id="s1",
        user_id="ann",
        style_image_data=None,
        color_image_data="picture:color",
        look=None,
        connected_at=later,
        last_activity=later,
        frames_processed=9,
        average_latency_ms=9.5,
        dropped_frames=8,
        status=SessionStatus.DISCONNECTED,
        created_at=later,
        updated_at=later,
    )
    await database.sessions.begin(RECORD)
    assert await database.sessions.save(second)
    assert await database.sessions.get("s1") == replace(second, created_at=NOW)
    await database.sessions.begin(second)
    assert await database.sessions.get("s1") == replace(second, created_at=NOW)


async def test_look_that_is_not_json_is_refused(database: Database) -> None:
    """A look of anything but JSON values is refused and leaves the stored record as it was."""
    await database.sessions.begin(RECORD)
    with pytest.raises(TypeError):
        await database.sessions.save(replace(RECORD, look={"color": object()}))
    assert await database.sessions.get("s1") == RECORD


async def test_session_of_another_user_is_refused(database: Database) -> None:
    """A session never changes hands, and the refusal says so without naming anybody."""
    await database.sessions.begin(RECORD)
    with pytest.raises(SessionOwnedByOther) as caught:
        await database.sessions.begin(replace(RECORD, user_id="bob", frames_processed=99))
    assert not await database.sessions.save(replace(RECORD, user_id="bob"))
    assert str(caught.value) == "The session belongs to another user."
    assert await database.sessions.get("s1") == RECORD


async def test_two_users_race_for_one_session(opener: Opener) -> None:
    """Of two users who save one session at once, over two connections, exactly one wins."""
    first, second = await opener(), await opener()
    for number in range(10):
        mine = replace(RECORD, session_id=f"s{number}")
        results = await asyncio.gather(
            first.sessions.begin(mine),
            second.sessions.begin(replace(mine, user_id="bob")),
            return_exceptions=True,
        )
        won = ["ann", "bob"][results.index(None)]
        assert [type(result) for result in results if result] == [SessionOwnedByOther]
        record = await first.sessions.get(mine.session_id)
        assert record is not None
        assert record.user_id == won
    await asyncio.gather(first.close(), second.close())


async def test_many_writers_at_once(database: Database) -> None:
    """Twenty writers, each with its own and with a common session, lose nothing."""
    own = [replace(RECORD, session_id=f"own{number}") for number in range(20)]
    common = [replace(RECORD, frames_processed=number) for number in range(20)]
    await asyncio.gather(*(database.sessions.begin(record) for record in own + common))
    assert [await database.sessions.get(record.session_id) for record in own] == own
    assert await database.sessions.get("s1") in common


async def test_cancelled_writers_leave_whole_records(database: Database) -> None:
    """A cancelled save is done as a whole or not at all, and disturbs no other."""
    records = [replace(RECORD, session_id=f"s{number}") for number in range(40)]
    saves = [asyncio.create_task(database.sessions.begin(record)) for record in records]
    await asyncio.sleep(0)
    for save in saves[::2]:
        save.cancel()
    await asyncio.gather(*saves, return_exceptions=True)
    found = [await database.sessions.get(record.session_id) for record in records]
    assert found[1::2] == records[1::2]
    assert all(left in (None, record) for left, record in zip(found, records, strict=True))


async def test_only_silent_sessions_time_out(database: Database) -> None:
    """Active sessions that nobody saved since become timed out; all others stay as they are."""
    ended = [
        replace(RECORD, session_id=status.value, status=status)
        for status in (SessionStatus.DISCONNECTED, SessionStatus.TIMEOUT)
    ]
    active = [replace(RECORD, session_id=f"s{number}") for number in range(3)]
    for record in ended + active:
        await database.sessions.begin(record)
    heard = replace(RECORD, session_id="heard", updated_at=NOW + timedelta(seconds=1))
    await database.sessions.begin(heard)
    now = NOW + timedelta(seconds=30)
    assert await database.sessions.time_out_silent(now, RECORD.updated_at) == 3
    assert await database.sessions.time_out_silent(now, RECORD.updated_at) == 0
    assert await database.sessions.get("heard") == heard
    expected = [replace(one, status=SessionStatus.TIMEOUT, updated_at=now) for one in active]
    found = [await database.sessions.get(record.session_id) for record in ended + active]
    assert found == ended + expected


async def test_timing_out_needs_a_time_zone(database: Database) -> None:
    """A naive moment is refused before anything is changed."""
    await database.sessions.begin(RECORD)
    with pytest.raises(ValueError, match="now: a moment without"):
        await database.sessions.time_out_silent(NOW.replace(tzinfo=None), NOW)
    assert await database.sessions.get("s1") == RECORD


async def test_what_is_erased_is_not_saved_again(database: Database) -> None:
    """Saving a session that is not there changes nothing, and says so."""
    assert not await database.sessions.save(RECORD)
    assert await database.sessions.get("s1") is None


async def test_a_session_that_is_over_is_gone(database: Database, time: Time) -> None:
    """It is not told any more, anybody may begin it anew, and it is removed; active ones stay."""
    ended = replace(RECORD, status=SessionStatus.DISCONNECTED, updated_at=NOW)
    await database.sessions.begin(ended)
    await database.sessions.begin(replace(ended, session_id="s2"))
    await database.sessions.begin(replace(RECORD, session_id="s3"))
    time.pass_by(59.999)
    assert len(await database.sessions.of_user("ann", 99)) == 3
    assert await database.sessions.remove_expired(10) == 0
    now = time.pass_by(0.001)
    assert await database.sessions.get("s1") is None
    assert [one.session_id for one in await database.sessions.of_user("ann", 99)] == ["s3"]
    taken = replace(RECORD, user_id="bob", created_at=now, updated_at=now)
    await database.sessions.begin(taken)
    assert await database.sessions.get("s1") == taken
    assert await database.sessions.remove_expired(10) == 1
    assert await database.sessions.remove_expired(10) == 0


async def test_a_session_that_is_over_is_saved(database: Database, time: Time) -> None:
    """Whose client comes back in the last moment goes on, if it was not removed by then."""
    ended = replace(RECORD, status=SessionStatus.DISCONNECTED, updated_at=NOW)
    await database.sessions.begin(ended)
    active = replace(RECORD, updated_at=time.pass_by(60))
    assert await database.sessions.get("s1") is None
    assert await database.sessions.save(active)
    assert await database.sessions.get("s1") == active


async def test_sessions_of_a_user(database: Database) -> None:
    """In pages, each of them once, and nobody else's."""
    for number in range(5):
        await database.sessions.begin(replace(RECORD, session_id=f"s{number}"))
    await database.sessions.begin(replace(RECORD, session_id="s9", user_id="bob"))
    found: list[SessionRecord] = []
    while page := await database.sessions.of_user("ann", 2, found[-1] if found else None):
        found += page
    assert [one.session_id for one in found] == ["s0", "s1", "s2", "s3", "s4"]


async def test_one_is_removed_for_its_user_only(database: Database) -> None:
    """However it stands; of one that is not there nothing is said."""
    await database.sessions.begin(RECORD)
    await database.sessions.remove("s1", "bob")
    assert await database.sessions.get("s1") == RECORD
    for _ in range(2):
        await database.sessions.remove("s1", "ann")
    assert not await database.sessions.save(RECORD)


async def test_removal_is_in_steps(database: Database, time: Time) -> None:
    """No more than asked for at once."""
    ended = replace(RECORD, status=SessionStatus.TIMEOUT)
    for number in range(3):
        await database.sessions.begin(replace(ended, session_id=f"s{number}"))
    time.pass_by(3600)
    assert [await database.sessions.remove_expired(2) for _ in range(3)] == [2, 1, 0]


async def test_saved_means_saved_without_close(opener: Opener) -> None:
    """What was saved is there for the next one who opens, though the first never closed."""
    abandoned = await opener()
    await abandoned.sessions.begin(RECORD)
    successor = await opener()
    assert await successor.sessions.get("s1") == RECORD
    await asyncio.gather(successor.close(), abandoned.close())


async def test_close_is_final_and_may_be_repeated(opener: Opener) -> None:
    """Closing finishes what is under way; after it every other call says that it is closed."""
    database = await opener()
    await database.results.workload()
    saving = asyncio.create_task(database.sessions.begin(RECORD))
    await asyncio.sleep(0)
    await asyncio.gather(database.close(), database.close())
    await saving
    await database.close()
    calls: tuple[Awaitable[object], ...] = (
        database.sessions.begin(RECORD),
        database.sessions.get("s1"),
        database.sessions.time_out_silent(NOW, NOW),
        database.results.workload(),
    )
    for call in calls:
        with pytest.raises(StorageClosed, match="has been closed"):
            await call
    reopened = await opener()
    assert await reopened.sessions.get("s1") == RECORD
    await reopened.close()


async def test_cancelled_close_still_closes(opener: Opener) -> None:
    """Whoever gives up waiting for the end leaves a database that closes all the same."""
    database = await opener()
    ending = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    with pytest.raises(StorageClosed):
        await database.results.workload()
    await database.close()
