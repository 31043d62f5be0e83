"""What SQLite promises beside the contract of Database."""

import asyncio
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.errors import StorageError, StorageFailed, StorageNewer
from storage.records import UploadStatus
from storage.results import (
    Cursor,
    Ending,
    Lease,
    QueueBounds,
    ResultStatus,
    RunningBounds,
)
from storage.sqlite.database import SqliteDatabase
from storage.sqlite.migration import migrate
from storage.sqlite.schema import MIGRATIONS
from tests.integration.databases import RETENTION
from tests.integration.records import (
    CONSENT,
    NOW,
    RECORD,
    RESULT,
    ROOMY,
    STYLE,
    UPLOAD,
    add_consent,
    add_result,
    add_style,
    add_upload,
    database_file,
)


def open_sqlite(path: Path) -> Coroutine[Any, Any, SqliteDatabase]:
    """Open the file; nothing in it is over."""
    return SqliteDatabase.open(path, lambda: RETENTION.horizon(NOW))


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = await open_sqlite(database_file(tmp_path))
    yield database
    await database.close()


async def test_sqlite_does_not_hold_up_the_loop(sqlite: SqliteDatabase) -> None:
    """While a statement takes its time, other tasks run; a cancelled one behind it never does."""
    held = threading.Event()
    slow = asyncio.create_task(sqlite._run(lambda _connection: held.wait(10)))
    kept, cancelled = (
        asyncio.create_task(sqlite.sessions.begin(replace(RECORD, session_id=name)))
        for name in ("kept", "cancelled")
    )
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.wait([cancelled])
    await asyncio.sleep(0)
    held.set()
    await asyncio.gather(slow, kept)
    assert await sqlite.sessions.get("kept") is not None
    assert await sqlite.sessions.get("cancelled") is None


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
    opening = asyncio.create_task(open_sqlite(database_file(tmp_path)))
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
from datetime import UTC, datetime
from pathlib import Path
from storage.retention import Retention
from storage.sqlite.database import SqliteDatabase

async def save(database, record):
    await database.sessions.begin(record)
    os.write(1, record.session_id.encode() + b" ")
    if record.session_id == "k19":
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    horizon = lambda: Retention(60, 60, 60, 60).horizon(datetime(2026, 1, 1, tzinfo=UTC))
    database = await SqliteDatabase.open(Path(sys.argv[1]), horizon)
    record = await database.sessions.get("s1")
    await asyncio.gather(
        *(save(database, replace(record, session_id=f"k{number}")) for number in range(40))
    )

asyncio.run(main())
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
async def test_sqlite_survives_a_killed_process(tmp_path: Path) -> None:
    """A process killed while it writes leaves every record that it had acknowledged."""
    before = await open_sqlite(database_file(tmp_path))
    await before.sessions.begin(RECORD)
    await before.close()
    command = (sys.executable, "-c", _KILLED_PROCESS, str(database_file(tmp_path)))
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=root, stdout=asyncio.subprocess.PIPE
    )
    acknowledged = (await process.communicate())[0].decode().split()
    assert process.returncode == -signal.SIGKILL
    assert len(acknowledged) == 20
    after = await open_sqlite(database_file(tmp_path))
    for session_id in acknowledged:
        assert await after.sessions.get(session_id) == replace(RECORD, session_id=session_id)
    await after.close()


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX matter")
async def test_sqlite_files_are_private(tmp_path: Path, sqlite: SqliteDatabase) -> None:
    """The directory is made for its owner alone, and so are the database and its log files."""
    await sqlite.sessions.begin(RECORD)
    folder = database_file(tmp_path).parent
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert modes == {"sessions.db": 0o600, "sessions.db-wal": 0o600, "sessions.db-shm": 0o600}


async def test_sqlite_writes_ahead(sqlite: SqliteDatabase) -> None:
    """The connection runs with the journal, the synchronisation and the patience promised."""
    names = ("journal_mode", "synchronous", "busy_timeout")
    rows = [await sqlite._run(_query(f"PRAGMA {name}")) for name in names]
    assert [row[0][0] for row in rows] == ["wal", 1, 5000]


async def test_sqlite_has_an_index_for_every_query(sqlite: SqliteDatabase) -> None:
    """No statement that the database runs walks through a table, or sorts more than it needs."""
    statements = set[str]()
    await sqlite._run(lambda database: database.set_trace_callback(statements.add))
    await everything_asked(sqlite)
    await sqlite._run(lambda database: database.set_trace_callback(None))
    asked = [one for one in statements if one.split()[0] not in {"BEGIN", "COMMIT", "PRAGMA", "--"}]
    assert len(asked) > 40
    for statement in asked:
        plan = await sqlite._run(_query(f"EXPLAIN QUERY PLAN {statement}"))
        steps = [tuple(row)[3] for row in plan]
        walks = [step for step in steps if step.startswith("SCAN ") and not _is_small(step)]
        assert not walks, f"{statement}\n{steps}"


def _is_small(step: str) -> bool:
    """What is asked for in one call, or what a subquery found by an index."""
    return "json_each" in step or step in {"SCAN CONSTANT ROW", "SCAN (subquery-1)"}


async def everything_asked(database: SqliteDatabase) -> None:
    """Every call that there is."""
    bounds, due = QueueBounds(9, 9), NOW + timedelta(seconds=60)
    await database.sessions.begin(RECORD)
    await database.sessions.save(RECORD)
    await database.sessions.get("s1")
    await database.sessions.of_user("ann", 99)
    await database.sessions.time_out_silent(NOW, NOW)
    await database.sessions.remove_expired(9)
    await add_upload(database, replace(UPLOAD, idempotency_key="k"))
    await database.uploads.get("up1")
    await database.uploads.of_user("ann", 99)
    await database.uploads.of_user("ann", 99, UPLOAD)
    await database.uploads.set_status("up1", UploadStatus.FAILED, NOW)
    await database.uploads.page(9)
    await database.uploads.remove_expired(9, due)
    await add_result(database, replace(RESULT, idempotency_key="k"), bounds)
    await database.results.by_path("/uploads/result.mp4")
    await database.results.history("ann", 9)
    await database.results.history("ann", 9, after=Cursor(NOW, "r0"))
    await database.results.page(9)
    await database.results.claim(Lease("w1", NOW, due), RunningBounds(9, 9))
    await database.results.renew("r1", Lease("w1", NOW, due), 1)
    await database.results.give_back("r1", Lease("w1", NOW, due))
    await database.results.end("r1", "w1", Ending(status=ResultStatus.FAILED, now=NOW))
    await database.results.cancel("r1", NOW)
    await database.results.cancel_all("ann", NOW)
    await database.results.let_go("r1", "w1")
    await database.results.leased("ann", NOW)
    await database.results.take_up_expired(NOW, 3, "gone")
    await database.results.claim_notice(NOW, due)
    await database.results.end_notice("r1")
    await database.results.workload()
    await database.results.remove_photos(9, NOW, due, "old")
    await database.results.remove_expired(9, NOW, due)
    await database.results.delete("r1", NOW, due)
    await add_style(database, replace(STYLE, idempotency_key="k"))
    await database.styles.keyed("ann", "k2", "d")
    await database.styles.get("st1")
    await database.styles.of_user("ann", 9)
    await database.styles.of_user("ann", 9, after=STYLE.cursor)
    await database.styles.page(9)
    await database.styles.remove_expired(9, due)
    await database.styles.delete("st1", due)
    await database.loose.note(["/uploads/x"], "ann", NOW)
    await database.loose.claim(NOW, due, 9)
    await database.loose.take(["/uploads/x"], NOW)
    await database.loose.forget(["/uploads/x"])
    await database.known(["/uploads/x"])
    await database.erase("ann", 9, NOW, due)


async def test_sqlite_overwrites_what_is_erased(tmp_path: Path, sqlite: SqliteDatabase) -> None:
    """Neither the file nor its log holds a user's id after the erasure, who was there before; the
    other users' are."""
    folder = database_file(tmp_path).parent
    for number in range(300):
        user_id = f"user-{number % 3}-of-three"
        upload = replace(UPLOAD, upload_id=f"up{number}", file_path=f"/uploads/{number}.mp4")
        await add_upload(sqlite, replace(upload, user_id=user_id))
        result = replace(RESULT, result_id=f"r{number}", upload_id=f"up{number}", user_id=user_id)
        await add_result(sqlite, replace(result, idempotency_key=f"{user_id}-{number}"), ROOMY)
        session_id = f"s{number}"
        await sqlite.sessions.begin(replace(RECORD, session_id=session_id, user_id=user_id))
        if number % 7 == 0:
            await sqlite.results.delete(f"r{number - 6}", NOW, NOW)
    assert all(b"user-1-of-three" in data for data in _bytes_of(folder))
    while paths := (await sqlite.erase("user-1-of-three", 40, NOW, NOW))[1]:
        await sqlite.loose.forget(paths)
    await sqlite.scrub()
    assert not any(b"user-1-of-three" in data for data in _bytes_of(folder))
    assert any(b"user-0-of-three" in data for data in _bytes_of(folder))


def _bytes_of(folder: Path) -> list[bytes]:
    """Of the database and its log; the index of the log holds no content."""
    return [path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")]


def _query(statement: str) -> Callable[[sqlite3.Connection], list[sqlite3.Row]]:
    return lambda connection: connection.execute(statement).fetchall()


@pytest.mark.parametrize(
    ("table", "indexes"),
    [
        ("sessions", {"session_id", "user_id,session_id", "status,last_activity"}),
        ("uploads", {"upload_id", "user_id,created_at,upload_id", "status"}),
        ("results", {"result_id", "user_id,created_at,result_id", "upload_id",
                     "status,completed_at"}),
    ],
)  # fmt: skip
async def test_sqlite_indexes(sqlite: SqliteDatabase, table: str, indexes: set[str]) -> None:
    """Those of the report's section 5.1 are there; some have one more column behind."""
    query = (
        f"SELECT group_concat(info.name) FROM pragma_index_list('{table}') AS list, "
        "pragma_index_info(list.name) AS info GROUP BY list.name"
    )
    rows = await sqlite._run(_query(query))
    assert indexes <= {row[0] for row in rows}


async def test_sqlite_is_migrated_once_by_many(tmp_path: Path) -> None:
    """Of several who open an old file together each finds it up to date, every step made once."""
    path = tmp_path / "sessions.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    opened = await asyncio.gather(*(open_sqlite(path) for _ in range(4)))
    await asyncio.gather(*(database.results.workload() for database in opened))
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


@pytest.mark.parametrize("version", [5, 6], ids=["none", "none that come"])
async def test_a_file_from_before_consents_takes_them(tmp_path: Path, version: int) -> None:
    """It is brought up to date when it is opened."""
    path = tmp_path / "sessions.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        migrate(connection, MIGRATIONS[:version])
    database = await open_sqlite(path)
    assert await add_consent(database, CONSENT) == CONSENT
    await database.close()


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
        await open_sqlite(path)
    assert path.read_bytes() == before


async def test_sqlite_refuses_what_is_no_database(tmp_path: Path) -> None:
    """A file of something else, or a directory that cannot be, is a failure with its code."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be looked at" * 10)
    with pytest.raises(StorageFailed, match="SQLITE_NOTADB"):
        await open_sqlite(path)
    with pytest.raises(StorageFailed, match=r"ENOTDIR|EEXIST"):
        await open_sqlite(path / "sessions.db")


async def test_sqlite_failures_tell_nothing_of_the_user(sqlite: SqliteDatabase) -> None:
    """Errors of SQLite and values that cannot be stored or read become failures without data."""
    texts = [await _failure(sqlite.sessions.get("secret\ud800"))]
    await sqlite.sessions.begin(RECORD)
    await sqlite._run(_query("UPDATE sessions SET look = '{secret'"))
    texts.append(await _failure(sqlite.sessions.get("s1")))
    await sqlite._run(_query("DROP TABLE sessions"))
    texts.append(await _failure(sqlite.sessions.begin(replace(RECORD, user_id="secret"))))
    codes = ("UnicodeEncodeError", "JSONDecodeError", "SQLITE_ERROR")
    assert texts == [f"The storage failed. ({code})" for code in codes]


async def _failure(call: Awaitable[object]) -> str:
    with pytest.raises(StorageError) as caught:
        await call
    assert type(caught.value) is StorageFailed
    return str(caught.value)


@pytest.mark.parametrize(
    "damage",
    [
        "status = 'asleep'",
        "frames_processed = 'three'",
        "look = '{'",
        "look = '[]'",
        "created_at = 'yesterday'",
        "user_id = x'00'",
        "last_activity = 9000000000000000000",
    ],
)
async def test_sqlite_damaged_rows_are_failures(sqlite: SqliteDatabase, damage: str) -> None:
    """What is no record is not passed on, and nothing of it is told."""
    await sqlite.sessions.begin(RECORD)
    await sqlite._run(_query(f"UPDATE sessions SET {damage}"))
    assert damage.partition(" = ")[2].strip("'") not in await _failure(sqlite.sessions.get("s1"))
