"""Live sessions in SQLite."""

from datetime import datetime
from typing import Final

from storage.errors import SessionOwnedByOther
from storage.moments import to_ms
from storage.records import SessionRecord, require_aware
from storage.retention import NowHorizon
from storage.sqlite.rows import Run, Table

_TABLE: Final = Table.of("sessions", SessionRecord)
_STAY: Final = frozenset({"session_id", "user_id", "created_at"})
_CHANGING: Final = [name for name in _TABLE.columns if name not in _STAY]
_BEGUN: Final = ", ".join(f"{name} = excluded.{name}" for name in _CHANGING)
_IS_OVER: Final = "sessions.updated_at <= :over AND sessions.status != 'active'"
_BEGIN: Final = f"""
    {_TABLE.insertion}
    ON CONFLICT (session_id) DO UPDATE SET {_BEGUN}, user_id = excluded.user_id,
        created_at = CASE WHEN {_IS_OVER} THEN excluded.created_at ELSE created_at END
    WHERE sessions.user_id = excluded.user_id OR ({_IS_OVER})
"""
_SAVE: Final = f"""
    UPDATE sessions SET {", ".join(f"{name} = :{name}" for name in _CHANGING)}
    WHERE session_id = :session_id AND user_id = :user_id
"""
_LASTS: Final = "(updated_at > :over OR status = 'active')"
_GET: Final = f"SELECT * FROM sessions WHERE session_id = :session_id AND {_LASTS}"
_OF_USER: Final = f"""
    SELECT * FROM sessions WHERE user_id = :user_id AND session_id > :after AND {_LASTS}
    ORDER BY session_id LIMIT :limit
"""
_TIME_OUT: Final = """
    UPDATE sessions SET status = 'timeout', updated_at = :now
    WHERE status = 'active' AND updated_at <= :since
"""
_REMOVE: Final = "DELETE FROM sessions WHERE session_id = :session_id AND user_id = :user_id"
_EXPIRE: Final = f"""
    DELETE FROM sessions WHERE session_id IN (
        SELECT session_id FROM sessions WHERE {_IS_OVER} ORDER BY updated_at LIMIT :limit
    )
"""


class SqliteSessions:
    """See Sessions."""

    def __init__(self, run: Run, horizon: NowHorizon) -> None:
        self._run = run
        self._horizon = horizon

    async def begin(self, record: SessionRecord) -> None:
        """See Sessions."""
        # One statement, hence atomic: it changes no row exactly if the row is another user's.
        if not await self._changed(_BEGIN, {**_TABLE.row(record), "over": self._over_ms()}):
            raise SessionOwnedByOther

    async def save(self, record: SessionRecord) -> bool:
        """See Sessions."""
        return await self._changed(_SAVE, _TABLE.row(record)) > 0

    async def get(self, session_id: str) -> SessionRecord | None:
        """See Sessions."""
        found = await self._all(_GET, session_id=session_id)
        return found[0] if found else None

    async def of_user(
        self, user_id: str, limit: int, after: SessionRecord | None = None
    ) -> list[SessionRecord]:
        """See Sessions."""
        behind = "" if after is None else after.session_id
        return await self._all(_OF_USER, user_id=user_id, limit=limit, after=behind)

    async def time_out_silent(self, now: datetime, since: datetime) -> int:
        """See Sessions."""
        require_aware("now", now)
        require_aware("since", since)
        return await self._changed(_TIME_OUT, {"now": to_ms(now), "since": to_ms(since)})

    async def remove(self, session_id: str, user_id: str) -> None:
        """See Sessions."""
        await self._changed(_REMOVE, {"session_id": session_id, "user_id": user_id})

    async def remove_expired(self, limit: int) -> int:
        """See Sessions."""
        return await self._changed(_EXPIRE, {"over": self._over_ms(), "limit": limit})

    def _over_ms(self) -> int:
        return to_ms(self._horizon().sessions)

    async def _all(self, statement: str, **values: object) -> list[SessionRecord]:
        values["over"] = self._over_ms()
        return await self._run(lambda connection: _TABLE.records(connection, statement, values))

    async def _changed(self, statement: str, values: dict[str, object]) -> int:
        return await self._run(lambda connection: connection.execute(statement, values).rowcount)
