"""Live sessions in SQLite."""

from datetime import datetime
from typing import Final

from storage.database import SessionOwnedByOther
from storage.records import SessionRecord, SessionStatus, require_aware
from storage.sqlite_rows import Run, Table, to_ms

_TABLE: Final = Table.of("sessions", SessionRecord)
_STAY: Final = frozenset({"session_id", "user_id", "created_at"})
_CHANGES: Final = ", ".join(
    f"{name} = excluded.{name}" for name in _TABLE.readers if name not in _STAY
)
_SAVE: Final = f"""
    {_TABLE.insertion}
    ON CONFLICT (session_id) DO UPDATE SET {_CHANGES}
    WHERE sessions.user_id = excluded.user_id
"""
_GET: Final = "SELECT * FROM sessions WHERE session_id = ?"
_TIME_OUT: Final = "UPDATE sessions SET status = ?, updated_at = ? WHERE status = ?"


class SqliteSessions:
    """See Sessions."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def save(self, record: SessionRecord) -> None:
        """See Sessions."""
        row = _TABLE.row(record)
        # One statement, hence atomic: it changes no row exactly if the row is another user's.
        if await self._run(lambda connection: connection.execute(_SAVE, row).rowcount) == 0:
            raise SessionOwnedByOther

    async def get(self, session_id: str) -> SessionRecord | None:
        """See Sessions."""
        row = await self._run(lambda it: it.execute(_GET, (session_id,)).fetchone())
        return None if row is None else _TABLE.record(row)

    async def time_out_active(self, now: datetime) -> int:
        """See Sessions."""
        require_aware("now", now)
        values = (SessionStatus.TIMEOUT, to_ms(now), SessionStatus.ACTIVE)
        return await self._run(lambda connection: connection.execute(_TIME_OUT, values).rowcount)
