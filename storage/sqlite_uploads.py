"""Uploads in SQLite."""

import sqlite3
from datetime import datetime
from typing import Any, Final

from storage.records import UploadRecord, UploadStatus
from storage.sqlite_keys import added_before
from storage.sqlite_rows import Run, Table, to_ms, transaction

_TABLE: Final = Table.of("uploads", UploadRecord)
_GET: Final = "SELECT * FROM uploads WHERE upload_id = ?"
_SET_STATUS: Final = "UPDATE uploads SET status = ?, updated_at = ? WHERE upload_id = ?"


class SqliteUploads:
    """See Uploads."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def add(self, record: UploadRecord) -> UploadRecord:
        """See Uploads."""
        row = _TABLE.row(record)
        earlier = await self._run(lambda connection: _add(connection, row))
        return record if earlier is None else _TABLE.record(earlier)

    async def get(self, upload_id: str) -> UploadRecord | None:
        """See Uploads."""
        row = await self._run(lambda it: it.execute(_GET, (upload_id,)).fetchone())
        return None if row is None else _TABLE.record(row)

    async def set_status(self, upload_id: str, status: UploadStatus, now: datetime) -> None:
        """See Uploads."""
        values = (status, to_ms(now), upload_id)
        await self._run(lambda connection: connection.execute(_SET_STATUS, values).rowcount)


def _add(connection: sqlite3.Connection, row: dict[str, Any]) -> sqlite3.Row | None:
    with transaction(connection):
        earlier = added_before(connection, _TABLE, row)
        if earlier is None:
            connection.execute(_TABLE.insertion, row)
    return earlier
