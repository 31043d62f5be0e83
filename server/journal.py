"""Writes session documents: merged, at most one a second for each session, the last one always."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from media.clock import Clock
from server.background import every
from storage.errors import StorageError, StorageFailed
from storage.records import SessionRecord
from storage.sessions import Sessions

WRITE_INTERVAL_S = 1.0
HAND_OVER_S = 2.0
"""A write that another instance waits for may take so long: less than that instance waits."""

log = structlog.get_logger(__name__)


class SessionJournal:
    """Keeps the newest record of each session until it is written.

    A database that fails costs a delay, not the record: it is tried again with the next round. A
    client that connects again and again costs no more writes than one that stays.
    """

    def __init__(
        self, sessions: Sessions, clock: Clock, interval_s: float = WRITE_INTERVAL_S
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._interval_s = interval_s
        self._pending: dict[str, SessionRecord] = {}
        self._written_s: dict[str, float] = {}
        self._failed_s = -float("inf")
        self._writing = asyncio.Lock()
        self._tell_erased: Callable[[str], None] = _nobody

    def when_erased(self, tell: Callable[[str], None]) -> None:
        """Have a session's id told whose document is not there any more when it is to be saved:
        its user's data were erased, perhaps by another server."""
        self._tell_erased = tell

    def note(self, record: SessionRecord) -> None:
        """Remember a session's newest state for the next write."""
        self._pending[record.session_id] = record

    def pending(self, session_id: str) -> SessionRecord | None:
        """What is not written yet of a session: newer than what the database has."""
        return self._pending.get(session_id)

    async def claim(self, record: SessionRecord) -> None:
        """Write a new session's first record at once, since that is what makes it its user's.

        No round is waited for: of a new session none has anything to write. Raises what
        ``Sessions.begin`` raises.
        """
        await self._sessions.begin(record)
        self._written_s[record.session_id] = self._clock.monotonic()

    async def take_up(self, record: SessionRecord) -> bool:
        """Write the record of a session that goes on at once, unless one was just written or is
        about to be: it may be almost over. False if it is not there any more.

        Raises what ``Sessions.save`` raises.
        """
        session_id = record.session_id
        if session_id in self._pending or not self._is_due(session_id):
            return True
        is_there = await self._sessions.save(record)
        self._written_s[session_id] = self._clock.monotonic()
        return is_there

    async def save(self, record: SessionRecord) -> None:
        """Write a session's last record: now, or with the next round if one was just written."""
        self.note(record)
        if self._is_failing():
            return
        async with self._writing:
            if self._is_due(record.session_id) and not self._is_failing():
                await self._write(record.session_id)

    async def settle(self, session_id: str) -> None:
        """Write what is pending of a session now, also if one was just written: another instance
        is about to read it. A database that has just failed is not waited for, and where this is
        cancelled others do not wait for it either."""
        try:
            async with self._writing:
                if not self._is_failing():
                    await self._write(session_id)
        except asyncio.CancelledError:
            self._failed_s = self._clock.monotonic()
            raise

    async def hand_over(self, session_id: str) -> SessionRecord | None:
        """Write what is pending of a session, also to a database that has just failed, and let go
        of it: another instance goes on from there, and would be written over later. Returned is
        what could not be written in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(HAND_OVER_S), self._writing:
                await self._write(session_id)
        return self._pending.pop(session_id, None)

    async def forget(self, user_id: str) -> None:
        """Let go of what is pending of a user. What is being written is written by then."""
        async with self._writing:
            for record in tuple(self._pending.values()):
                if record.user_id == user_id:
                    del self._pending[record.session_id]

    async def drop(self, record: SessionRecord) -> None:
        """Nothing stays of a session that is not to be. Raises StorageError."""
        async with self._writing:
            self._pending.pop(record.session_id, None)
            await self._sessions.remove(record.session_id, record.user_id)

    async def flush(self) -> None:
        """Write all that is pending, due or not, up to the first failure."""
        async with self._writing:
            for session_id in tuple(self._pending):
                if not await self._write(session_id):
                    break

    async def run(self) -> None:
        """Write what is due, again and again, until cancelled."""
        await every(self._interval_s, self._write_due, "session documents not written")

    async def _write_due(self) -> None:
        async with self._writing:
            for session_id in filter(self._is_due, tuple(self._pending)):
                if not await self._write(session_id):
                    break
        for session_id in filter(self._is_due, tuple(self._written_s)):
            del self._written_s[session_id]

    def _is_due(self, session_id: str) -> bool:
        written_s = self._written_s.get(session_id, -float("inf"))
        return self._clock.monotonic() - written_s >= self._interval_s

    def _is_failing(self) -> bool:
        return self._clock.monotonic() - self._failed_s < self._interval_s

    async def _write(self, session_id: str) -> bool:
        """Whether the database took it; after a failure the rest of a round is not tried."""
        record = self._pending.get(session_id)
        if record is None:
            return True
        try:
            if not await self._sessions.save(record):
                self._tell_erased(session_id)
        except StorageFailed as error:
            log.warning("session document not written", reason=str(error))
            self._failed_s = self._clock.monotonic()
            if (newest := self._pending.pop(session_id, None)) is not None:  # else handed over
                self._pending[session_id] = newest  # others go first next time
            return False
        except (StorageError, TypeError, ValueError):
            log.exception("session document given up")  # trying again would fail again
        self._written_s[session_id] = self._clock.monotonic()
        if self._pending.get(session_id) is record:  # else a newer one came meanwhile
            del self._pending[session_id]
        return True


def _nobody(_session_id: str) -> None:
    """Nobody is told."""
