"""Writes session documents: merged, at most one a second for each session, the last one always."""

import asyncio

import structlog

from storage.database import Database, StorageError
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

    async def flush(self) -> None:
        """Write all that is pending now."""
        async with self._writing:
            pending, self._pending = self._pending, {}
            for session_id, record in pending.items():
                if not await self._save(record):
                    self._pending.setdefault(session_id, record)

    async def save(self, record: SessionRecord) -> None:
        """Write a session's last record at once; if that fails the next round tries again."""
        async with self._writing:
            self._pending.pop(record.session_id, None)
            if not await self._save(record):
                self._pending.setdefault(record.session_id, record)

    async def run(self) -> None:
        """Write what is pending, again and again, until cancelled."""
        while True:
            await asyncio.sleep(self._interval_s)
            await self.flush()

    async def _save(self, record: SessionRecord) -> bool:
        try:
            await self._database.save_session(record)
        except StorageError as error:
            log.warning("session document not written", reason=str(error))
            return False
        return True
