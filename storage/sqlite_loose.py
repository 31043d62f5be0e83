"""Paths of files that belong to no record, in SQLite."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from storage.moments import to_ms
from storage.sqlite_rows import Run, transaction

_NOTE: Final = "INSERT OR REPLACE INTO loose VALUES (?, ?)"
_FORGET: Final = "DELETE FROM loose WHERE path = ?"
_TAKE: Final = "UPDATE loose SET due = ? WHERE path = ? RETURNING path"
_CLAIM: Final = """
    UPDATE loose SET due = :until WHERE path IN (
        SELECT path FROM loose WHERE due <= :now ORDER BY due LIMIT :limit
    )
    RETURNING path
"""


class SqliteLoose:
    """See Loose."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def note(self, paths: Iterable[str], due: datetime) -> None:
        """See Loose."""
        noted, due_ms = list(paths), to_ms(due)

        def note(connection: sqlite3.Connection) -> None:
            with transaction(connection):
                note_loose(connection, noted, due_ms)

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
                taken = [connection.execute(_TAKE, (until_ms, path)).fetchall() for path in paths]
            return [row["path"] for rows in taken for row in rows]

        return await self._run(take)

    async def forget(self, paths: Sequence[str]) -> None:
        """See Loose."""

        def forget(connection: sqlite3.Connection) -> None:
            with transaction(connection):
                forget_loose(connection, paths)

        await self._run(forget)


def note_loose(connection: sqlite3.Connection, paths: Iterable[str], due_ms: int) -> None:
    """In the caller's transaction."""
    connection.executemany(_NOTE, [(path, due_ms) for path in paths])


def forget_loose(connection: sqlite3.Connection, paths: Iterable[str]) -> None:
    """In the caller's transaction."""
    connection.executemany(_FORGET, [(path,) for path in paths])
