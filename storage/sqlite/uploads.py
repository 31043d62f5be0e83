"""Uploads in SQLite."""

import sqlite3
from datetime import datetime
from typing import Final

from storage.moments import to_ms
from storage.records import UploadRecord, UploadStatus
from storage.retention import NowHorizon
from storage.sqlite.filed import add_filed, remove_filed
from storage.sqlite.rows import Run, Table, transaction

_TABLE: Final = Table.of("uploads", UploadRecord)
_GET: Final = "SELECT * FROM uploads WHERE upload_id = :upload_id AND created_at > :over"
_OF_USER: Final = """
    SELECT * FROM uploads WHERE user_id = :user_id AND created_at > :over
    ORDER BY created_at DESC, upload_id LIMIT :limit
"""
_OF_USER_AFTER: Final = """
    SELECT * FROM uploads
    WHERE user_id = :user_id AND created_at > :over
        AND created_at <= :then AND (created_at < :then OR upload_id > :behind)
    ORDER BY created_at DESC, upload_id LIMIT :limit
"""
_SET_STATUS: Final = """
    UPDATE uploads SET status = :status, updated_at = :now
    WHERE upload_id = :upload_id AND created_at > :over
"""
_EXPIRE: Final = """
    DELETE FROM uploads WHERE upload_id IN (
        SELECT upload_id FROM uploads WHERE created_at <= :over ORDER BY created_at LIMIT :limit
    )
    RETURNING user_id, file_path
"""
_PAGE: Final = """
    SELECT * FROM uploads WHERE upload_id > :after AND created_at > :over
    ORDER BY upload_id LIMIT :limit
"""


class SqliteUploads:
    """See Uploads."""

    def __init__(self, run: Run, horizon: NowHorizon) -> None:
        self._run = run
        self._horizon = horizon

    async def add(self, record: UploadRecord) -> UploadRecord:
        """See Uploads."""
        row, over_ms = _TABLE.row(record), self._over_ms()
        earlier = await self._run(lambda connection: add_filed(connection, _TABLE, row, over_ms))
        return record if earlier is None else _TABLE.record(earlier)

    async def get(self, upload_id: str) -> UploadRecord | None:
        """See Uploads."""
        found = await self._all(_GET, upload_id=upload_id)
        return found[0] if found else None

    async def of_user(
        self, user_id: str, limit: int, after: UploadRecord | None = None
    ) -> list[UploadRecord]:
        """See Uploads."""
        if after is None:
            return await self._all(_OF_USER, user_id=user_id, limit=limit)
        then, behind = to_ms(after.created_at), after.upload_id
        return await self._all(
            _OF_USER_AFTER, user_id=user_id, limit=limit, then=then, behind=behind
        )

    async def set_status(self, upload_id: str, status: UploadStatus, now: datetime) -> None:
        """See Uploads."""
        values = {"status": status, "now": to_ms(now), "upload_id": upload_id}
        values["over"] = self._over_ms()
        await self._run(lambda connection: connection.execute(_SET_STATUS, values).rowcount)

    async def remove_expired(self, limit: int, due: datetime) -> list[str]:
        """See Uploads."""
        values, due_ms = {"limit": limit, "over": self._over_ms()}, to_ms(due)

        def removed(connection: sqlite3.Connection) -> list[str]:
            with transaction(connection):
                return remove_filed(connection, _EXPIRE, values, due_ms)

        return await self._run(removed)

    async def page(self, limit: int, after: str = "") -> list[UploadRecord]:
        """See Uploads."""
        return await self._all(_PAGE, limit=limit, after=after)

    def _over_ms(self) -> int:
        return to_ms(self._horizon().uploads)

    async def _all(self, statement: str, **values: object) -> list[UploadRecord]:
        values["over"] = self._over_ms()
        return await self._run(lambda connection: _TABLE.records(connection, statement, values))
