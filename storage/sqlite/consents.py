"""What users have agreed to, in SQLite."""

import sqlite3
from typing import Final

from storage.records import ConsentRecord
from storage.sqlite.rows import Run, Table

_TABLE: Final = Table.of("consents", ConsentRecord)
_GET: Final = "SELECT * FROM consents WHERE user_id = :user_id"
_STAY: Final = frozenset({"user_id", "given_at"})
_CHANGING: Final = [name for name in _TABLE.columns if name not in _STAY]
_SAID: Final = ", ".join(f"{name} = excluded.{name}" for name in _CHANGING)
_PUT: Final = f"{_TABLE.insertion} ON CONFLICT (user_id) DO UPDATE SET {_SAID} RETURNING *"


class SqliteConsents:
    """See Consents."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def get(self, user_id: str) -> ConsentRecord | None:
        """See Consents."""
        values = {"user_id": user_id}
        found = await self._run(lambda connection: _TABLE.records(connection, _GET, values))
        return found[0] if found else None

    async def put(self, record: ConsentRecord) -> ConsentRecord:
        """See Consents."""
        row = _TABLE.row(record)

        def put(connection: sqlite3.Connection) -> list[ConsentRecord]:
            return _TABLE.records(connection, _PUT, row)

        return (await self._run(put))[0]
