"""Writes session documents: merged, at most one a second for each session, the last one always."""

import asyncio

import structlog

from storage.database import Database, SessionOwnedByOther, StorageError
from storage.records import SessionRecord

WRITE_INTERVAL_S = 1.0

log = structlog.get_logger(__name__)


class SessionJournal:
    """Keeps the newest record of each session until the next write.

    A database that fails costs a delay, not the record: it is tried again with the next round.
    """

    def __init__(self, database: Database, interval_s: float = WRITE_INTERVAL_S) -> None:
        self._database = database
        self._interval_s = interval_s
        self._pending: dict[str, SessionRecord] = {}
        self._writing = asyncio.Lock()

    def note(self, record: SessionRecord) -> None:
        """Remember a session's newest state for the next write."""
        self._pending[record.session_id] = record

    def pending(self, session_id: str) -> SessionRecord | None:
        """What is not written yet of a session: newer than what the database has."""
        return self._pending.get(session_id)

    async def flush(self) -> None:
        """Write all that is pending now."""
        async with self._writing:
            for session_id in tuple(self._pending):
                await self._write(session_id)

    async def save(self, record: SessionRecord) -> None:
        """Write a session's last record at once; if that fails the next round tries again."""
        async with self._writing:
            self._pending[record.session_id] = record
            await self._write(record.session_id)

    async def run(self) -> None:
        """Write what is pending, again and again, until cancelled."""
        while True:
            await asyncio.sleep(self._interval_s)
            await self.flush()

    async def _write(self, session_id: str) -> None:
        record = self._pending[session_id]
        try:
            await self._database.save_session(record)
        except SessionOwnedByOther:
            log.exception("session document given up")
        except StorageError as error:
            log.warning("session document not written", reason=str(error))
            return
        if self._pending.get(session_id) is record:  # else a newer one came meanwhile
            del self._pending[session_id]
