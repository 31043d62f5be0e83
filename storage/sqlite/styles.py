"""Styles in SQLite."""

import sqlite3
from datetime import datetime
from typing import Any, Final

from storage.moments import to_ms
from storage.results import Cursor
from storage.retention import NowHorizon
from storage.sqlite.filed import add_filed, remove_filed
from storage.sqlite.keys import added_before
from storage.sqlite.rows import Run, Table, transaction
from storage.styles import StyleNote, StyleRecord

_TABLE: Final = Table.of("styles", StyleRecord)
_NOTES: Final = Table.of("coming_styles", StyleNote)
_BEGIN: Final = f"""
    {_NOTES.insertion}
    ON CONFLICT (user_id, idempotency_key) DO UPDATE SET style_id = excluded.style_id,
        due = excluded.due
    WHERE due <= :now
"""
_NOTED: Final = (
    "WHERE user_id = :user_id AND idempotency_key = :idempotency_key AND style_id = :style_id"
)
_RENEW: Final = f"UPDATE coming_styles SET due = :due {_NOTED}"
_LEAVE: Final = f"DELETE FROM coming_styles {_NOTED}"
_FORGET: Final = "DELETE FROM coming_styles WHERE due <= :now"
_ERASE_NOTES: Final = "DELETE FROM coming_styles WHERE user_id = ?"
_GET: Final = "SELECT * FROM styles WHERE style_id = :style_id AND created_at > :over"
_OF_USER: Final = """
    SELECT * FROM styles WHERE user_id = :user_id AND created_at > :over
    ORDER BY created_at DESC, style_id LIMIT :limit OFFSET :offset
"""
_OF_USER_AFTER: Final = """
    SELECT * FROM styles
    WHERE user_id = :user_id AND created_at > :over
        AND created_at <= :then AND (created_at < :then OR style_id > :behind)
    ORDER BY created_at DESC, style_id LIMIT :limit OFFSET :offset
"""
_COUNT: Final = "SELECT count(*) FROM styles WHERE user_id = :user_id AND created_at > :over"
_PAGE: Final = """
    SELECT * FROM styles WHERE style_id > :after AND created_at > :over
    ORDER BY style_id LIMIT :limit
"""
_RETURNED: Final = "RETURNING user_id, file_path"
_DELETE: Final = f"DELETE FROM styles WHERE style_id = :style_id {_RETURNED}"
_EXPIRE: Final = f"""
    DELETE FROM styles WHERE style_id IN (
        SELECT style_id FROM styles WHERE created_at <= :over ORDER BY created_at LIMIT :limit
    )
    {_RETURNED}
"""
_ERASE: Final = f"""
    DELETE FROM styles WHERE style_id IN (
        SELECT style_id FROM styles WHERE user_id = :user_id LIMIT :limit
    )
    {_RETURNED}
"""


class SqliteStyles:
    """See Styles."""

    def __init__(self, run: Run, horizon: NowHorizon) -> None:
        self._run = run
        self._horizon = horizon

    async def begin(self, note: StyleNote, now: datetime) -> bool:
        """See Styles."""
        return await self._changed(_BEGIN, {**_NOTES.row(note), "now": to_ms(now)}) > 0

    async def renew(self, note: StyleNote) -> None:
        """See Styles."""
        await self._changed(_RENEW, _NOTES.row(note))

    async def leave(self, note: StyleNote) -> None:
        """See Styles."""
        await self._changed(_LEAVE, _NOTES.row(note))

    async def forget_late(self, now: datetime) -> int:
        """See Styles."""
        return await self._changed(_FORGET, {"now": to_ms(now)})

    async def add(self, record: StyleRecord) -> StyleRecord:
        """See Styles."""
        row, over_ms = _TABLE.row(record), self._over_ms()
        earlier = await self._run(lambda connection: add_filed(connection, _TABLE, row, over_ms))
        return record if earlier is None else _TABLE.record(earlier)

    async def keyed(self, user_id: str, key: str, digest: str) -> StyleRecord | None:
        """See Styles."""
        row = {"user_id": user_id, "idempotency_key": key, "request_digest": digest}
        over_ms = self._over_ms()

        def find(connection: sqlite3.Connection) -> sqlite3.Row | None:
            with transaction(connection):
                return added_before(connection, _TABLE, row, over_ms)

        earlier = await self._run(find)
        return None if earlier is None else _TABLE.record(earlier)

    async def get(self, style_id: str) -> StyleRecord | None:
        """See Styles."""
        found = await self._all(_GET, style_id=style_id)
        return found[0] if found else None

    async def of_user(
        self, user_id: str, limit: int, offset: int = 0, after: Cursor | None = None
    ) -> tuple[list[StyleRecord], int]:
        """See Styles."""
        values = {"user_id": user_id, "limit": limit, "offset": offset, "over": self._over_ms()}
        place = {} if after is None else {"then": to_ms(after.created_at), "behind": after.id}
        statement = _OF_USER if after is None else _OF_USER_AFTER

        def both(connection: sqlite3.Connection) -> tuple[list[StyleRecord], int]:
            found = _TABLE.records(connection, statement, {**values, **place})
            return found, connection.execute(_COUNT, values).fetchone()[0]

        return await self._run(both)

    async def delete(self, style_id: str, due: datetime) -> list[str]:
        """See Styles."""
        return await self._removed(_DELETE, due, style_id=style_id)

    async def remove_expired(self, limit: int, due: datetime) -> list[str]:
        """See Styles."""
        return await self._removed(_EXPIRE, due, limit=limit, over=self._over_ms())

    async def page(self, limit: int, after: str = "") -> list[StyleRecord]:
        """See Styles."""
        return await self._all(_PAGE, limit=limit, after=after)

    def _over_ms(self) -> int:
        return to_ms(self._horizon().results)

    async def _changed(self, statement: str, values: dict[str, Any]) -> int:
        return await self._run(lambda connection: connection.execute(statement, values).rowcount)

    async def _all(self, statement: str, **values: object) -> list[StyleRecord]:
        values["over"] = self._over_ms()
        return await self._run(lambda connection: _TABLE.records(connection, statement, values))

    async def _removed(self, statement: str, due: datetime, **values: object) -> list[str]:
        due_ms = to_ms(due)

        def removed(connection: sqlite3.Connection) -> list[str]:
            with transaction(connection):
                return remove_filed(connection, statement, values, due_ms)

        return await self._run(removed)


def erase_styles(
    connection: sqlite3.Connection, user_id: str, limit: int, due_ms: int
) -> list[str]:
    """Delete a user's styles, at most so many, and the notes of those that are being made, in the
    caller's transaction; the paths."""
    connection.execute(_ERASE_NOTES, (user_id,))
    return remove_filed(connection, _ERASE, {"user_id": user_id, "limit": limit}, due_ms)
