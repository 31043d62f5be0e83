"""What users have agreed to, in SQLite."""

import sqlite3
import uuid
from datetime import datetime
from typing import Final

from storage.errors import DataErased
from storage.moments import to_ms
from storage.records import ConsentRecord
from storage.sqlite.rows import Run, Table, transaction

_TABLE: Final = Table.of("consents", ConsentRecord)
_GET: Final = "SELECT * FROM consents WHERE user_id = :user_id"
_STAY: Final = frozenset({"user_id", "given_at"})
_CHANGING: Final = [name for name in _TABLE.columns if name not in _STAY]
_SAID: Final = ", ".join(f"{name} = excluded.{name}" for name in _CHANGING)
_PUT: Final = f"{_TABLE.insertion} ON CONFLICT (user_id) DO UPDATE SET {_SAID} RETURNING *"
_NOTE: Final = "INSERT INTO coming_consents VALUES (?, ?, ?)"
_SETTLE: Final = "DELETE FROM coming_consents WHERE consent_id = ? AND user_id = ?"
_FORGET: Final = "DELETE FROM coming_consents WHERE due <= ?"
_ERASE: Final = (
    "DELETE FROM coming_consents WHERE user_id = ?",
    "DELETE FROM consents WHERE user_id = ?",
)


class SqliteConsents:
    """See Consents."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def get(self, user_id: str) -> ConsentRecord | None:
        """See Consents."""
        values = {"user_id": user_id}
        found = await self._run(lambda connection: _TABLE.records(connection, _GET, values))
        return found[0] if found else None

    async def note(self, user_id: str, due: datetime) -> str:
        """See Consents."""
        noted = (uuid.uuid4().hex, user_id, to_ms(due))
        await self._run(lambda connection: connection.execute(_NOTE, noted).rowcount)
        return noted[0]

    async def put(self, record: ConsentRecord, consent_id: str) -> ConsentRecord:
        """See Consents."""
        row, noted = _TABLE.row(record), (consent_id, record.user_id)

        def put(connection: sqlite3.Connection) -> list[ConsentRecord]:
            with transaction(connection):
                if not connection.execute(_SETTLE, noted).rowcount:
                    raise DataErased
                return _TABLE.records(connection, _PUT, row)

        return (await self._run(put))[0]

    async def forget_late(self, now: datetime) -> int:
        """See Consents."""
        return await self._run(lambda it: it.execute(_FORGET, (to_ms(now),)).rowcount)


def erase_consent(connection: sqlite3.Connection, user_id: str) -> None:
    """A user's, come or coming, in the caller's transaction."""
    for statement in _ERASE:
        connection.execute(statement, (user_id,))
