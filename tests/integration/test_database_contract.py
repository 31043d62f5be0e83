"""The contract of Database, kept by every implementation."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from storage.database import (
    Database,
    SessionOwnedByOther,
    StorageClosed,
    StorageFailed,
)
from storage.records import SessionRecord, SessionStatus
from storage.sqlite import SqliteDatabase
from tests.integration.records import NOW, RECORD, UPLOAD, database_file

Opener = Callable[[], Awaitable[Database]]
"""Opens the store of a test, each time the same one."""

_OPENERS: dict[str, Callable[[Path], Awaitable[Database]]] = {
    "sqlite": lambda folder: SqliteDatabase.open(database_file(folder)),
}


@pytest.fixture(params=sorted(_OPENERS))
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return lambda: _OPENERS[request.param](tmp_path)


@pytest.fixture
async def database(opener: Opener) -> AsyncIterator[Database]:
    database = await opener()
    yield database
    await database.close()


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
    await database.save_session(record)
    assert await database.get_session("s1") == record


async def test_unknown_session_is_none(database: Database) -> None:
    """Asking for a session that was never saved gives None."""
    assert await database.get_session("s1") is None


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
    await database.save_session(replace(RECORD, last_activity=moment))
    record = await database.get_session("s1")
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
    await database.save_session(RECORD)
    await database.save_session(second)
    assert await database.get_session("s1") == replace(second, created_at=NOW)


async def test_look_that_is_not_json_is_refused(database: Database) -> None:
    """A look of anything but JSON values is refused and leaves the stored record as it was."""
    await database.save_session(RECORD)
    with pytest.raises(TypeError):
        await database.save_session(replace(RECORD, look={"color": object()}))
    assert await database.get_session("s1") == RECORD


async def test_session_of_another_user_is_refused(database: Database) -> None:
    """A session never changes hands, and the refusal says so without naming anybody."""
    await database.save_session(RECORD)
    with pytest.raises(SessionOwnedByOther) as caught:
        await database.save_session(replace(RECORD, user_id="bob", frames_processed=99))
    assert str(caught.value) == "The session belongs to another user."
    assert await database.get_session("s1") == RECORD


async def test_two_users_race_for_one_session(opener: Opener) -> None:
    """Of two users who save one session at once, over two connections, exactly one wins."""
    first, second = await opener(), await opener()
    for number in range(10):
        mine = replace(RECORD, session_id=f"s{number}")
        results = await asyncio.gather(
            first.save_session(mine),
            second.save_session(replace(mine, user_id="bob")),
            return_exceptions=True,
        )
        won = ["ann", "bob"][results.index(None)]
        assert [type(result) for result in results if result] == [SessionOwnedByOther]
        record = await first.get_session(mine.session_id)
        assert record is not None
        assert record.user_id == won
    await asyncio.gather(first.close(), second.close())


async def test_many_writers_at_once(database: Database) -> None:
    """Twenty writers, each with its own and with a common session, lose nothing."""
    own = [replace(RECORD, session_id=f"own{number}") for number in range(20)]
    common = [replace(RECORD, frames_processed=number) for number in range(20)]
    await asyncio.gather(*(database.save_session(record) for record in own + common))
    assert [await database.get_session(record.session_id) for record in own] == own
    assert await database.get_session("s1") in common


async def test_cancelled_writers_leave_whole_records(database: Database) -> None:
    """A cancelled save is done as a whole or not at all, and disturbs no other."""
    records = [replace(RECORD, session_id=f"s{number}") for number in range(40)]
    saves = [asyncio.create_task(database.save_session(record)) for record in records]
    await asyncio.sleep(0)
    for save in saves[::2]:
        save.cancel()
    await asyncio.gather(*saves, return_exceptions=True)
    found = [await database.get_session(record.session_id) for record in records]
    assert found[1::2] == records[1::2]
    assert all(left in (None, record) for left, record in zip(found, records, strict=True))


async def test_only_active_sessions_time_out(database: Database) -> None:
    """Active sessions become timed out now; the others stay as they are, however old."""
    ended = [
        replace(RECORD, session_id=status.value, status=status)
        for status in (SessionStatus.DISCONNECTED, SessionStatus.TIMEOUT)
    ]
    active = [replace(RECORD, session_id=f"s{number}") for number in range(3)]
    for record in ended + active:
        await database.save_session(record)
    now = NOW + timedelta(days=1)
    assert await database.time_out_active_sessions(now) == 3
    assert await database.time_out_active_sessions(now + timedelta(days=1)) == 0
    expected = [replace(one, status=SessionStatus.TIMEOUT, updated_at=now) for one in active]
    found = [await database.get_session(record.session_id) for record in ended + active]
    assert found == ended + expected


async def test_timing_out_needs_a_time_zone(database: Database) -> None:
    """A naive moment is refused before anything is changed."""
    await database.save_session(RECORD)
    with pytest.raises(ValueError, match="now: a moment without"):
        await database.time_out_active_sessions(NOW.replace(tzinfo=None))
    assert await database.get_session("s1") == RECORD


async def test_saved_means_saved_without_close(opener: Opener) -> None:
    """What was saved is there for the next one who opens, though the first never closed."""
    abandoned = await opener()
    await abandoned.save_session(RECORD)
    successor = await opener()
    assert await successor.get_session("s1") == RECORD
    await asyncio.gather(successor.close(), abandoned.close())


async def test_close_is_final_and_may_be_repeated(opener: Opener) -> None:
    """Closing finishes what is under way; after it every other call says that it is closed."""
    database = await opener()
    await database.ping()
    saving = asyncio.create_task(database.save_session(RECORD))
    await asyncio.sleep(0)
    await asyncio.gather(database.close(), database.close())
    await saving
    await database.close()
    calls: tuple[Awaitable[object], ...] = (
        database.save_session(RECORD),
        database.get_session("s1"),
        database.time_out_active_sessions(NOW),
        database.ping(),
    )
    for call in calls:
        with pytest.raises(StorageClosed, match="has been closed"):
            await call
    reopened = await opener()
    assert await reopened.get_session("s1") == RECORD
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
        await database.ping()
    await database.close()


async def test_an_upload_comes_back_as_it_was(database: Database, opener: Opener) -> None:
    """Also after the database was closed and opened again."""
    await database.add_upload(UPLOAD)
    assert await database.get_upload("up1") == UPLOAD
    await database.close()
    again = await opener()
    assert await again.get_upload("up1") == UPLOAD
    await again.close()


async def test_unknown_upload_is_none(database: Database) -> None:
    """Asking for an upload that was never added gives None."""
    assert await database.get_upload("up1") is None


async def test_an_upload_is_added_once(database: Database) -> None:
    """A second one of the same id is refused, and the first one stays."""
    await database.add_upload(UPLOAD)
    with pytest.raises(StorageFailed):
        await database.add_upload(replace(UPLOAD, user_id="bob"))
    assert await database.get_upload("up1") == UPLOAD
