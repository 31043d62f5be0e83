"""The database of a single server: SQLite, in a file."""

import asyncio
import errno
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from storage.aliases import NO_ALIASES, Aliases
from storage.errors import StorageClosed, StorageFailed
from storage.results import Erased
from storage.retention import NowHorizon
from storage.sqlite.consents import SqliteConsents
from storage.sqlite.erase import erase, scrub
from storage.sqlite.known import known
from storage.sqlite.loose import SqliteLoose
from storage.sqlite.migration import migrate
from storage.sqlite.results import SqliteResults
from storage.sqlite.schema import MIGRATIONS
from storage.sqlite.sessions import SqliteSessions
from storage.sqlite.spending import SqliteSpending
from storage.sqlite.styles import SqliteStyles
from storage.sqlite.tiers import SqliteTiers
from storage.sqlite.uploads import SqliteUploads

_Result = TypeVar("_Result")

_BUSY_TIMEOUT_S = 5.0
"""So long another process may hold the database."""


class SqliteDatabase:
    """Keeps the contract of Database in one file.

    All statements run one after another on one thread of its own, so that none holds up the event
    loop; each is a transaction. A commit survives the death of the process; the last few may be
    lost if the machine loses its power, without harm to the rest.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        thread: ThreadPoolExecutor,
        horizon: NowHorizon,
        aliases: Aliases,
    ) -> None:
        """Use ``open`` instead: the connection has to be made on that thread."""
        self._connection = connection
        # Its queue holds no more than one statement for each caller who waits.
        self._thread = thread
        self._closing: Future[None] | None = None
        self._aliases = aliases
        self.sessions = SqliteSessions(self._run, horizon)
        self.uploads = SqliteUploads(self._run, horizon)
        self.results = SqliteResults(self._run, horizon, aliases)
        self.styles = SqliteStyles(self._run, horizon)
        self.consents = SqliteConsents(self._run)
        self.spending = SqliteSpending(self._run, aliases)
        self.tiers = SqliteTiers(self._run, aliases)
        self.loose = SqliteLoose(self._run)

    @classmethod
    async def open(
        cls, path: Path, horizon: NowHorizon, aliases: Aliases = NO_ALIASES
    ) -> "SqliteDatabase":
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
            connection = await asyncio.shield(asyncio.wrap_future(opening))
            return cls(connection, thread, horizon, aliases)
        except BaseException:
            # A caller who is cancelled leaves a connection that its own thread has to close.
            thread.submit(_discard, opening)
            thread.shutdown(wait=False)
            raise

    async def erase(
        self, user_id: str, limit: int, now: datetime, due: datetime
    ) -> tuple[Erased, list[str]]:
        """See Database."""
        aliases = self._aliases
        return await self._run(
            lambda it: erase(it, user_id, limit, now=now, due=due, aliases=aliases)
        )

    async def scrub(self) -> None:
        """See Database. The file is overwritten at once (secure_delete), but not its log."""
        await self._run(scrub)

    async def known(self, paths: Sequence[str]) -> set[str]:
        """See Database."""
        return await self._run(lambda it: known(it, paths))

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
    # What is deleted is overwritten: an erasure leaves nothing in the file.
    connection.execute("PRAGMA secure_delete = ON")


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
