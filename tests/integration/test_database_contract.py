"""The contract of Database, kept by every implementation, and what SQLite promises beside it."""

import asyncio
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
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
    StorageError,
    StorageFailed,
    StorageNewer,
)
from storage.records import SessionRecord, SessionStatus
from storage.sqlite import MIGRATIONS, SqliteDatabase, migrate

Opener = Callable[[], Awaitable[Database]]
"""Opens the store of a test, each time the same one."""

_NOW = datetime(2026, 3, 4, 5, 6, 7, 891000, tzinfo=UTC)
_RECORD = SessionRecord(
    session_id="s1",
    user_id="ann",
    style_image_data="picture:style",
    color_image_data=None,
    look={"engine": "classic", "color": "#a64b23", "intensity": 0.8, "extra": [None, {"é": 1}]},
    connected_at=_NOW,
    last_activity=_NOW + timedelta(seconds=1),
    frames_processed=3,
    average_latency_ms=0.1 + 0.2,
    dropped_frames=1,
    status=SessionStatus.ACTIVE,
    created_at=_NOW,
    updated_at=_NOW + timedelta(milliseconds=1),
)


def _file(folder: Path) -> Path:
    return folder / "data" / "sessions.db"


_OPENERS: dict[str, Callable[[Path], Awaitable[Database]]] = {
    "sqlite": lambda folder: SqliteDatabase.open(_file(folder)),
}


@pytest.fixture(params=sorted(_OPENERS))
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return lambda: _OPENERS[request.param](tmp_path)


@pytest.fixture
async def database(opener: Opener) -> AsyncIterator[Database]:
    database = await opener()
    yield database
    await database.close()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = await SqliteDatabase.open(_file(tmp_path))
    yield database
    await database.close()


@pytest.mark.parametrize("field", ["connected_at", "last_activity", "created_at", "updated_at"])
def test_naive_moments_are_refused(field: str) -> None:
    """A record cannot be made with a moment that does not say its time zone."""
    changes: dict[str, Any] = {field: _NOW.replace(tzinfo=None)}
    with pytest.raises(ValueError, match=f"{field}: a moment without a time zone"):
        replace(_RECORD, **changes)


@pytest.mark.parametrize("look", [_RECORD.look, {}, None, MappingProxyType({"color": "copper"})])
async def test_record_comes_back_as_it_was(database: Database, look: dict[str, object]) -> None:
    """Every field of a record survives the way to the database and back, exactly."""
    record = replace(_RECORD, look=look)
    await database.save_session(record)
    assert await database.get_session("s1") == record


async def test_unknown_session_is_none(database: Database) -> None:
    """Asking for a session that was never saved gives None."""
    assert await database.get_session("s1") is None


@pytest.mark.parametrize(
    ("moment", "kept"),
    [
        (_NOW.replace(microsecond=999_999), _NOW.replace(microsecond=999_000)),
        (
            datetime(1969, 12, 31, 23, 59, 59, 999_001, UTC),
            datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC),
        ),
        (datetime.max.replace(tzinfo=UTC), datetime.max.replace(microsecond=999_000, tzinfo=UTC)),
        (_NOW.astimezone(timezone(timedelta(hours=5, minutes=30))), _NOW),
    ],
)
async def test_moments_are_kept_to_the_millisecond(
    database: Database, moment: datetime, kept: datetime
) -> None:
    """Finer parts are cut off, also before 1970, and every moment comes back in UTC."""
    await database.save_session(replace(_RECORD, last_activity=moment))
    record = await database.get_session("s1")
    assert record is not None
    assert record.last_activity == kept
    assert record.last_activity.utcoffset() == timedelta(0)


async def test_saving_again_replaces_all_but_created_at(database: Database) -> None:
    """The last record counts, with the moment at which the session was first created."""
    later = _NOW + timedelta(hours=1)
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
    await database.save_session(_RECORD)
    await database.save_session(second)
    assert await database.get_session("s1") == replace(second, created_at=_NOW)


async def test_look_that_is_not_json_is_refused(database: Database) -> None:
    """A look of anything but JSON values is refused and leaves the stored record as it was."""
    await database.save_session(_RECORD)
    with pytest.raises(TypeError):
        await database.save_session(replace(_RECORD, look={"color": object()}))
    assert await database.get_session("s1") == _RECORD


async def test_session_of_another_user_is_refused(database: Database) -> None:
    """A session never changes hands, and the refusal says so without naming anybody."""
    await database.save_session(_RECORD)
    with pytest.raises(SessionOwnedByOther) as caught:
        await database.save_session(replace(_RECORD, user_id="bob", frames_processed=99))
    assert str(caught.value) == "The session belongs to another user."
    assert await database.get_session("s1") == _RECORD


async def test_two_users_race_for_one_session(opener: Opener) -> None:
    """Of two users who save one session at once, over two connections, exactly one wins."""
    first, second = await opener(), await opener()
    for number in range(10):
        mine = replace(_RECORD, session_id=f"s{number}")
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
    own = [replace(_RECORD, session_id=f"own{number}") for number in range(20)]
    common = [replace(_RECORD, frames_processed=number) for number in range(20)]
    await asyncio.gather(*(database.save_session(record) for record in own + common))
    assert [await database.get_session(record.session_id) for record in own] == own
    assert await database.get_session("s1") in common


async def test_cancelled_writers_leave_whole_records(database: Database) -> None:
    """A cancelled save is done as a whole or not at all, and disturbs no other."""
    records = [replace(_RECORD, session_id=f"s{number}") for number in range(40)]
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
        replace(_RECORD, session_id=status.value, status=status)
        for status in (SessionStatus.DISCONNECTED, SessionStatus.TIMEOUT)
    ]
    active = [replace(_RECORD, session_id=f"s{number}") for number in range(3)]
    for record in ended + active:
        await database.save_session(record)
    now = _NOW + timedelta(days=1)
    assert await database.time_out_active_sessions(now) == 3
    assert await database.time_out_active_sessions(now + timedelta(days=1)) == 0
    expected = [replace(one, status=SessionStatus.TIMEOUT, updated_at=now) for one in active]
    found = [await database.get_session(record.session_id) for record in ended + active]
    assert found == ended + expected


async def test_timing_out_needs_a_time_zone(database: Database) -> None:
    """A naive moment is refused before anything is changed."""
    await database.save_session(_RECORD)
    with pytest.raises(ValueError, match="now: a moment without"):
        await database.time_out_active_sessions(_NOW.replace(tzinfo=None))
    assert await database.get_session("s1") == _RECORD


async def test_saved_means_saved_without_close(opener: Opener) -> None:
    """What was saved is there for the next one who opens, though the first never closed."""
    abandoned = await opener()
    await abandoned.save_session(_RECORD)
    successor = await opener()
    assert await successor.get_session("s1") == _RECORD
    await asyncio.gather(successor.close(), abandoned.close())


async def test_close_is_final_and_may_be_repeated(opener: Opener) -> None:
    """Closing finishes what is under way; after it every other call says that it is closed."""
    database = await opener()
    await database.ping()
    saving = asyncio.create_task(database.save_session(_RECORD))
    await asyncio.sleep(0)
    await asyncio.gather(database.close(), database.close())
    await saving
    await database.close()
    calls: tuple[Awaitable[object], ...] = (
        database.save_session(_RECORD),
        database.get_session("s1"),
        database.time_out_active_sessions(_NOW),
        database.ping(),
    )
    for call in calls:
        with pytest.raises(StorageClosed, match="has been closed"):
            await call
    reopened = await opener()
    assert await reopened.get_session("s1") == _RECORD
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


async def test_sqlite_does_not_hold_up_the_loop(sqlite: SqliteDatabase) -> None:
    """While a statement takes its time, other tasks run; a cancelled one behind it never does."""
    held = threading.Event()
    slow = asyncio.create_task(sqlite._run(lambda _connection: held.wait(10)))
    kept, cancelled = (
        asyncio.create_task(sqlite.save_session(replace(_RECORD, session_id=name)))
        for name in ("kept", "cancelled")
    )
    await asyncio.sleep(0)
    cancelled.cancel()
    held.set()
    await asyncio.gather(slow, kept)
    assert await sqlite.get_session("kept") is not None
    assert await sqlite.get_session("cancelled") is None


async def test_sqlite_cancelled_open_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Giving up while the file is opened ends the thread, and closes the connection on it."""
    made: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def watched(path: Path, **options: Any) -> sqlite3.Connection:
        made.append(connect(path, **options, check_same_thread=False))
        return made[-1]

    monkeypatch.setattr(sqlite3, "connect", watched)
    before = set(threading.enumerate())
    opening = asyncio.create_task(SqliteDatabase.open(_file(tmp_path)))
    await asyncio.sleep(0)
    threads = set(threading.enumerate()) - before
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    for thread in threads:
        await asyncio.to_thread(thread.join, 10)
    assert len(threads) == 1
    assert not threads & set(threading.enumerate())
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        made[0].execute("SELECT 1")


_KILLED_PROCESS = """
import asyncio, os, signal, sys
from dataclasses import replace
from pathlib import Path
from storage.sqlite import SqliteDatabase

async def save(database, record):
    await database.save_session(record)
    os.write(1, record.session_id.encode() + b" ")
    if record.session_id == "k19":
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    database = await SqliteDatabase.open(Path(sys.argv[1]))
    record = await database.get_session("s1")
    await asyncio.gather(
        *(save(database, replace(record, session_id=f"k{number}")) for number in range(40))
    )

asyncio.run(main())
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
async def test_sqlite_survives_a_killed_process(tmp_path: Path) -> None:
    """A process killed while it writes leaves every record that it had acknowledged."""
    before = await SqliteDatabase.open(_file(tmp_path))
    await before.save_session(_RECORD)
    await before.close()
    command = (sys.executable, "-c", _KILLED_PROCESS, str(_file(tmp_path)))
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=root, stdout=asyncio.subprocess.PIPE
    )
    acknowledged = (await process.communicate())[0].decode().split()
    assert process.returncode == -signal.SIGKILL
    assert len(acknowledged) == 20
    after = await SqliteDatabase.open(_file(tmp_path))
    for session_id in acknowledged:
        assert await after.get_session(session_id) == replace(_RECORD, session_id=session_id)
    await after.close()


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX matter")
async def test_sqlite_files_are_private(tmp_path: Path, sqlite: SqliteDatabase) -> None:
    """The directory is made for its owner alone, and so are the database and its log files."""
    await sqlite.save_session(_RECORD)
    folder = _file(tmp_path).parent
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert modes == {"sessions.db": 0o600, "sessions.db-wal": 0o600, "sessions.db-shm": 0o600}


async def test_sqlite_writes_ahead(sqlite: SqliteDatabase) -> None:
    """The connection runs with the journal, the synchronisation and the patience promised."""
    names = ("journal_mode", "synchronous", "busy_timeout")
    rows = [await sqlite._run(_query(f"PRAGMA {name}")) for name in names]
    assert [row[0][0] for row in rows] == ["wal", 1, 5000]


async def test_sqlite_has_an_index_for_every_query(sqlite: SqliteDatabase) -> None:
    """No statement that the database runs walks through the table."""
    statements: list[str] = []
    await sqlite._run(lambda database: database.set_trace_callback(statements.append))
    await sqlite.save_session(_RECORD)
    await sqlite.get_session("s1")
    await sqlite.time_out_active_sessions(_NOW)
    await sqlite.ping()
    await sqlite._run(lambda database: database.set_trace_callback(None))
    plans = [
        [tuple(row)[3] for row in await sqlite._run(_query(f"EXPLAIN QUERY PLAN {statement}"))]
        for statement in statements
    ]
    assert len(plans) == 4
    assert [step for plan in plans for step in plan if "SCAN" in step] == []
    assert "sessions_by_status (status=?)" in plans[2][0]


def _query(statement: str) -> Callable[[sqlite3.Connection], list[sqlite3.Row]]:
    return lambda connection: connection.execute(statement).fetchall()


async def test_sqlite_indexes(sqlite: SqliteDatabase) -> None:
    """Sessions are found by their id, by their user, and by status and last activity."""
    query = (
        "SELECT group_concat(info.name) FROM pragma_index_list('sessions') AS list, "
        "pragma_index_info(list.name) AS info GROUP BY list.name"
    )
    rows = await sqlite._run(_query(query))
    assert {row[0] for row in rows} == {"session_id", "user_id", "status,last_activity"}


async def test_sqlite_is_migrated_once_by_many(tmp_path: Path) -> None:
    """Of several who open an old file together each finds it up to date, every step made once."""
    path = tmp_path / "sessions.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    opened = await asyncio.gather(*(SqliteDatabase.open(path) for _ in range(4)))
    await asyncio.gather(*(database.ping() for database in opened))
    await asyncio.gather(*(database.close() for database in opened))


def test_sqlite_migrations_keep_what_is_there() -> None:
    """A database goes through the steps that it has not seen, once each, and keeps its rows."""
    steps = (("CREATE TABLE t (a)", "INSERT INTO t VALUES (1)"), ("ALTER TABLE t ADD b",))
    with _memory() as connection:
        migrate(connection, steps[:1])
        migrate(connection, steps)
        migrate(connection, steps)
        assert connection.execute("SELECT a, b FROM t").fetchall() == [(1, None)]
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)


def test_sqlite_failed_migration_is_undone() -> None:
    """A step that fails leaves the schema and its version as the step before made them."""
    steps = (("CREATE TABLE t (a)",), ("CREATE TABLE u (a)", "not SQL"))
    with _memory() as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, steps)
        tables = connection.execute("SELECT name FROM sqlite_schema").fetchall()
        assert tables == [("t",)]
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)


def _memory() -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(":memory:", isolation_level=None))


async def test_sqlite_newer_schema_is_refused(tmp_path: Path) -> None:
    """A file of a newer server is refused with both versions named, and left byte for byte."""
    path = tmp_path / "sessions.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(StorageNewer, match=f"schema version 99, known up to {len(MIGRATIONS)}"):
        await SqliteDatabase.open(path)
    assert path.read_bytes() == before


async def test_sqlite_refuses_what_is_no_database(tmp_path: Path) -> None:
    """A file of something else, or a directory that cannot be, is a failure with its code."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be looked at" * 10)
    with pytest.raises(StorageFailed, match="SQLITE_NOTADB"):
        await SqliteDatabase.open(path)
    with pytest.raises(StorageFailed, match=r"ENOTDIR|EEXIST"):
        await SqliteDatabase.open(path / "sessions.db")


async def test_sqlite_failures_tell_nothing_of_the_user(sqlite: SqliteDatabase) -> None:
    """Errors of SQLite and values that cannot be stored or read become failures without data."""
    texts = [await _failure(sqlite.get_session("secret\ud800"))]
    await sqlite.save_session(_RECORD)
    await sqlite._run(_query("UPDATE sessions SET look = '{secret'"))
    texts.append(await _failure(sqlite.get_session("s1")))
    await sqlite._run(_query("DROP TABLE sessions"))
    texts.append(await _failure(sqlite.save_session(replace(_RECORD, user_id="secret"))))
    codes = ("UnicodeEncodeError", "JSONDecodeError", "SQLITE_ERROR")
    assert texts == [f"The storage failed. ({code})" for code in codes]


async def _failure(call: Awaitable[object]) -> str:
    with pytest.raises(StorageError) as caught:
        await call
    assert type(caught.value) is StorageFailed
    return str(caught.value)
