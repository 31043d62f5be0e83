"""Paths of files that belong to no record, in SQLite."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from storage.errors import DataErased
from storage.loose import LooseState
from storage.moments import to_ms
from storage.sqlite.known import named
from storage.sqlite.rows import Run, transaction

_NOTE: Final = "INSERT OR REPLACE INTO loose VALUES (?, ?, ?, ?)"
_SETTLE: Final = "DELETE FROM loose WHERE path = ? AND state = 'coming'"
_FORGET: Final = "DELETE FROM loose WHERE path = ? AND state = 'free'"
_FORGET_WHOSE: Final = "UPDATE loose SET user_id = NULL WHERE path = ?"
_TAKE: Final = """
    INSERT INTO loose VALUES (?, ?, NULL, 'free')
    ON CONFLICT (path) DO UPDATE SET due = excluded.due, state = excluded.state
"""
_CLAIM: Final = """
    UPDATE loose SET due = :until, state = 'free' WHERE path IN (
        SELECT path FROM loose WHERE due <= :now ORDER BY due LIMIT :limit
    )
    RETURNING path
"""
_ERASE: Final = """
    UPDATE loose SET due = CASE state WHEN 'free' THEN :due ELSE max(due, :due) END,
        state = CASE state WHEN 'free' THEN 'free' ELSE 'refused' END
    WHERE path IN (SELECT path FROM loose WHERE user_id = :user_id LIMIT :limit)
    RETURNING path
"""


class SqliteLoose:
    """See Loose."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def note(self, paths: Sequence[str], user_id: str, due: datetime) -> None:
        """See Loose."""
        rows = [(path, to_ms(due), user_id, LooseState.COMING) for path in paths]

        def note(connection: sqlite3.Connection) -> None:
            with transaction(connection):
                connection.executemany(_NOTE, rows)

        await self._run(note)

    async def claim(self, now: datetime, until: datetime, limit: int) -> list[str]:
        """See Loose."""
        values = {"now": to_ms(now), "until": to_ms(until), "limit": limit}
        rows = await self._run(lambda it: it.execute(_CLAIM, values).fetchall())
        return [row["path"] for row in rows]

    async def take(self, paths: Sequence[str], until: datetime) -> list[str]:
        """See Loose."""
        until_ms = to_ms(until)

        def take(connection: sqlite3.Connection) -> list[str]:
            with transaction(connection):
                recorded = named(connection, paths)
                taken = [path for path in paths if path not in recorded]
                connection.executemany(_TAKE, [(path, until_ms) for path in taken])
            return taken

        return await self._run(take)

    async def forget(self, paths: Sequence[str]) -> None:
        """See Loose."""

        def forget(connection: sqlite3.Connection) -> None:
            some = [(path,) for path in paths]
            with transaction(connection):
                connection.executemany(_FORGET, some)
                connection.executemany(_FORGET_WHOSE, some)

        await self._run(forget)


def free_loose(
    connection: sqlite3.Connection, paths: Iterable[str], user_id: str, due_ms: int
) -> None:
    """Files of a record that is deleted, in the caller's transaction."""
    connection.executemany(_NOTE, [(path, due_ms, user_id, LooseState.FREE) for path in paths])


def settle_loose(connection: sqlite3.Connection, paths: Iterable[str]) -> None:
    """Files that came for a record that is added, in the caller's transaction.

    Raises DataErased unless all were still to come: of any other the file is being removed.
    """
    for path in paths:
        if not connection.execute(_SETTLE, (path,)).rowcount:
            raise DataErased


def erase_loose(connection: sqlite3.Connection, user_id: str, limit: int, due_ms: int) -> list[str]:
    """The paths of a user's files, in the caller's transaction. See Database.erase.

    Those that are still written are noted as long as they were: whoever writes them does not look
    here before the end.
    """
    values = {"user_id": user_id, "limit": limit, "due": due_ms}
    return [row["path"] for row in connection.execute(_ERASE, values).fetchall()]
