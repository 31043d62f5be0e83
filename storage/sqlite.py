"""The database of a single server: SQLite, in a file."""

import asyncio
import errno
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import orjson

from storage.database import SessionOwnedByOther, StorageClosed, StorageFailed, StorageNewer
from storage.records import SessionRecord, SessionStatus, require_aware

_Result = TypeVar("_Result")

_BUSY_TIMEOUT_S = 1.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # Moments are whole milliseconds since 1970: they compare as numbers, cannot be written
        # in two ways, and are as fine as the dates of other databases.
        """
        CREATE TABLE sessions (
            session_id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL,
            style_image_data TEXT,
            color_image_data TEXT,
            look TEXT,
            connected_at INTEGER NOT NULL,
            last_activity INTEGER NOT NULL,
            frames_processed INTEGER NOT NULL,
            average_latency_ms REAL NOT NULL,
            dropped_frames INTEGER NOT NULL,
            status TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL
        )
        """,
        "CREATE INDEX sessions_by_user ON sessions (user_id)",
        "CREATE INDEX sessions_by_status ON sessions (status, last_activity)",
    ),
)
"""The statements that lead from each schema version to the next; the first starts from nothing."""

_SAVE_SESSION = """
    INSERT INTO sessions (
        session_id, user_id, style_image_data, color_image_data, look, connected_at,
        last_activity, frames_processed, average_latency_ms, dropped_frames, status,
        created_at, updated_at
    ) VALUES (
        :session_id, :user_id, :style_image_data, :color_image_data, :look, :connected_at,
        :last_activity, :frames_processed, :average_latency_ms, :dropped_frames, :status,
        :created_at, :updated_at
    )
    ON CONFLICT (session_id) DO UPDATE SET
        style_image_data = excluded.style_image_data,
        color_image_data = excluded.color_image_data,
        look = excluded.look,
        connected_at = excluded.connected_at,
        last_activity = excluded.last_activity,
        frames_processed = excluded.frames_processed,
        average_latency_ms = excluded.average_latency_ms,
        dropped_frames = excluded.dropped_frames,
        status = excluded.status,
        updated_at = excluded.updated_at
    WHERE sessions.user_id = excluded.user_id
"""
_GET_SESSION = "SELECT * FROM sessions WHERE session_id = ?"
_TIME_OUT_SESSIONS = "UPDATE sessions SET status = ?, updated_at = ? WHERE status = ?"


class SqliteDatabase:
    """Keeps the contract of Database in one file.

    All statements run one after another on one thread of its own, so that none holds up the event
    loop; each is a transaction. A commit survives the death of the process; the last few may be
    lost if the machine loses its power, without harm to the rest.
    """

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        """Use ``open`` instead: the connection has to be made on that thread."""
        self._connection = connection
        # Its queue holds no more than one statement for each caller who waits.
        self._thread = thread
        self._closing: Future[None] | None = None

    @classmethod
    async def open(cls, path: Path) -> "SqliteDatabase":
        """Open the file, create it if it is missing, and bring its schema up to date.

        A missing directory is created with mode 0700, a missing file with 0600. Of two processes
        that create one file at the same moment the later one may fail, and succeeds when it tries
        again.

        Raises StorageNewer if the schema is newer than this code (the file is left as it is),
        StorageFailed if the file cannot be opened, is in another's use or is no database.
        """
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
        opening = thread.submit(_connect, path)
        try:
            return cls(await asyncio.shield(asyncio.wrap_future(opening)), thread)
        except BaseException:
            # A caller who is cancelled leaves a connection that its own thread has to close.
            thread.submit(_discard, opening)
            thread.shutdown(wait=False)
            raise

    async def save_session(self, record: SessionRecord) -> None:
        """See Database."""
        row = _row_of(record)
        await self._run(lambda connection: _save_session(connection, row))

    async def get_session(self, session_id: str) -> SessionRecord | None:
        """See Database."""
        return await self._run(lambda connection: _get_session(connection, session_id))

    async def time_out_active_sessions(self, now: datetime) -> int:
        """See Database."""
        require_aware("now", now)
        values = (SessionStatus.TIMEOUT, _to_ms(now), SessionStatus.ACTIVE)
        return await self._run(
            lambda database: database.execute(_TIME_OUT_SESSIONS, values).rowcount
        )

    async def ping(self) -> None:
        """See Database."""
        # An identifier that no session has: the query reads the file, but finds no user's data.
        await self.get_session("")

    async def close(self) -> None:
        """See Database."""
        if self._closing is None:
            self._closing = self._thread.submit(_close, self._connection)
            # What is queued still runs, the closing last; then the thread ends by itself.
            self._thread.shutdown(wait=False)
        await asyncio.shield(asyncio.wrap_future(self._closing))

    async def _run(self, operation: Callable[[sqlite3.Connection], _Result]) -> _Result:
        if self._closing is not None:
            raise StorageClosed
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, _execute, self._connection, operation)


def migrate(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]]) -> None:
    """Apply the migrations that the database has not seen, in order, each in a transaction.

    Raises StorageNewer if the database has seen more of them than there are.
    """
    version = _schema_version(connection)
    if version > len(migrations):
        raise StorageNewer(f"schema version {version}, known up to {len(migrations)}")
    for number in range(version + 1, len(migrations) + 1):
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            # Another process may have been faster: only now nobody else can write.
            if _schema_version(connection) < number:
                for statement in migrations[number - 1]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")


def _schema_version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


@contextmanager
def _failures_translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        # The messages of SQLite name tables and columns, never values.
        raise StorageFailed(getattr(error, "sqlite_errorname", type(error).__name__)) from error
    except OSError as error:
        raise StorageFailed(errno.errorcode.get(error.errno or 0, type(error).__name__)) from error
    except (ValueError, OverflowError) as error:
        # A value that cannot be written or read back; the message may quote it.
        raise StorageFailed(type(error).__name__) from None


def _connect(path: Path) -> sqlite3.Connection:
    with _failures_translated():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite would create the file readable to all; its log files take over this mode.
        path.touch(mode=0o600)
        connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        try:
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    migrate(connection, MIGRATIONS)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _discard(opening: Future[sqlite3.Connection]) -> None:
    if opening.exception() is None:
        opening.result().close()


def _close(connection: sqlite3.Connection) -> None:
    with _failures_translated():
        connection.close()


def _execute(
    connection: sqlite3.Connection, operation: Callable[[sqlite3.Connection], _Result]
) -> _Result:
    with _failures_translated():
        return operation(connection)


def _save_session(connection: sqlite3.Connection, row: dict[str, Any]) -> None:
    # One statement, hence atomic: it changes no row exactly if the row is another user's.
    if connection.execute(_SAVE_SESSION, row).rowcount == 0:
        raise SessionOwnedByOther


def _get_session(connection: sqlite3.Connection, session_id: str) -> SessionRecord | None:
    row = connection.execute(_GET_SESSION, (session_id,)).fetchone()
    return _record_of(row) if row is not None else None


def _row_of(record: SessionRecord) -> dict[str, Any]:
    look = orjson.dumps(dict(record.look)).decode() if record.look is not None else None
    return {
        "session_id": record.session_id,
        "user_id": record.user_id,
        "style_image_data": record.style_image_data,
        "color_image_data": record.color_image_data,
        "look": look,
        "connected_at": _to_ms(record.connected_at),
        "last_activity": _to_ms(record.last_activity),
        "frames_processed": record.frames_processed,
        "average_latency_ms": record.average_latency_ms,
        "dropped_frames": record.dropped_frames,
        "status": record.status,
        "created_at": _to_ms(record.created_at),
        "updated_at": _to_ms(record.updated_at),
    }


def _record_of(row: sqlite3.Row) -> SessionRecord:
    return SessionRecord(
        session_id=row["session_id"],
        user_id=row["user_id"],
        style_image_data=row["style_image_data"],
        color_image_data=row["color_image_data"],
        look=orjson.loads(row["look"]) if row["look"] is not None else None,
        connected_at=_from_ms(row["connected_at"]),
        last_activity=_from_ms(row["last_activity"]),
        frames_processed=row["frames_processed"],
        average_latency_ms=row["average_latency_ms"],
        dropped_frames=row["dropped_frames"],
        status=SessionStatus(row["status"]),
        created_at=_from_ms(row["created_at"]),
        updated_at=_from_ms(row["updated_at"]),
    )


def _to_ms(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _from_ms(moment_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=moment_ms)
