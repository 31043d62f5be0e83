"""Which sessions are live: one connection for each id, and each id belongs to its user."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import structlog

from server import endings
from server.agreement import NOT_AGREED
from server.errors import ClientError, CloseCode, ErrorCode
from server.instances.lodging import Alone, Lodging
from server.peer import Peer
from server.replies import QuotaUsedUp, UsedUp
from server.services import Services
from server.sessions import LiveSession
from storage.errors import SessionOwnedByOther, StorageError
from storage.records import SessionRecord, SessionStatus

TELLING_S, APART_S = 4.0, 0.1
"""Sessions are told to go on elsewhere in turns, in so long, so far apart at most: heads are found
anew there, which takes a processor many times as long as a frame after that."""
WRITING_S = 2.0
"""So long each of them waits at most for what it wears to be written."""
CLOSE_MARGIN_S = 2.0
"""Beyond the frames under way: time for the last documents and closing handshakes."""

log = structlog.get_logger(__name__)


class SessionRefused(ClientError):
    """A connection that is not let in, with the code to close it with, and the limit in time that
    it is above, if that is why."""

    def __init__(
        self,
        close_code: CloseCode,
        code: ErrorCode,
        message: str,
        used_up: UsedUp | QuotaUsedUp | None = None,
    ) -> None:
        super().__init__(code, message)
        self.close_code = close_code
        self.used_up = used_up


class LiveSessions:
    """The live sessions of this process; others know by its lodging that they are here."""

    def __init__(self, services: Services, lodging: Lodging | None = None) -> None:
        self._services = services
        self._lodging = lodging or Alone()
        self._live: dict[str, LiveSession] = {}
        self._is_closing = False

    def __len__(self) -> int:
        return len(self._live)

    def count(self, transport: str) -> int:
        """How many there are by this transport."""
        return sum(one.transport == transport for one in self._live.values())

    def in_flight(self, transport: str) -> int:
        """How many frames those hold together."""
        return sum(one.in_flight for one in self._live.values() if one.transport == transport)

    def has(self, session_id: str) -> bool:
        """Whether the session is live here, whoever's it is."""
        return session_id in self._live

    def find(self, session_id: str, user_id: str) -> LiveSession | None:
        """This user's session of that id, if it is live here."""
        session = self._live.get(session_id)
        return session if session is not None and session.user_id == user_id else None

    def check(self, session_id: str, user_id: str) -> None:
        """Whether it is worth the effort to ask for admission. Raises SessionRefused."""
        earlier = self._live.get(session_id)
        if earlier is None:
            self._check_room(user_id)
        elif earlier.user_id != user_id:
            raise _forbidden()

    @asynccontextmanager
    async def admit(
        self, session_id: str, user_id: str, peer: Peer, until_s: float
    ) -> AsyncIterator[LiveSession]:
        """Let a connection in as this session's only one, for the length of the block, which its
        client may use until then, by the monotonic clock.

        An earlier connection of the same user is told and ended first. Raises SessionRefused
        when the session is another user's, the server is full or stopping, or the storage that
        knows the owner cannot be asked.
        """
        await self._clear_the_way(session_id, user_id)
        session = LiveSession(session_id, user_id, self._services, peer, until_s)
        self._live[session_id] = session
        try:
            await self._open(session)
            session.opened.set()
            yield session
        finally:
            del self._live[session_id]
            session.opened.set()
            session.ended.set()
            self._lodging.left(session_id)

    async def hand_over(self, session_id: str, user_id: str) -> SessionRecord | None:
        """Another instance takes the session over: it ends here, and its document is written, or
        returned if it cannot be. One that is just being opened here is not at home yet. Raises
        SessionRefused."""
        journal, session = self._services.journal, self._live.get(session_id)
        if session is not None and not session.opened.is_set():
            session = None
        here = session or journal.pending(session_id)
        if here is not None and here.user_id != user_id:
            raise _forbidden()
        if session is not None:
            session.stop(endings.TAKEN_OVER)
            await session.ended.wait()
        return await journal.hand_over(session_id)

    def lost(self, session_id: str) -> None:
        """A session that is at home elsewhere by now ends here."""
        if (session := self._live.get(session_id)) is not None:
            session.stop(endings.TAKEN_OVER)

    async def erase(self, user_id: str) -> int:
        """End a user's sessions, and wait until they have ended; how many there were."""
        sessions = [one for one in self._live.values() if one.user_id == user_id]
        for session in sessions:
            session.stop(endings.ERASED)
        for session in sessions:
            await session.ended.wait()
        return len(sessions)

    def erased(self, session_id: str) -> None:
        """A session whose document is not there any more ends."""
        if (session := self._live.get(session_id)) is not None:
            session.stop(endings.ERASED)

    async def stop_all(self) -> None:
        """Let nobody in any more and end all sessions, within the stop timeout and a margin, in
        which they are told."""
        self._is_closing = True
        sessions = list(self._live.values())
        margin_over_s = asyncio.get_running_loop().time() + CLOSE_MARGIN_S
        await self._send_on(sessions)
        ended = [asyncio.create_task(session.ended.wait()) for session in sessions]
        if ended:
            margin_s = max(0.0, margin_over_s - asyncio.get_running_loop().time())
            limit_s = self._services.settings.stop_timeout_s + margin_s
            _, late = await asyncio.wait(ended, timeout=limit_s)
            for task in late:
                task.cancel()
            log.info("sessions ended", sessions=len(sessions), late=len(late))

    async def _send_on(self, sessions: Sequence[LiveSession]) -> None:
        """End them in turns. Their clients go on elsewhere at once, where they would wait for each
        other if they all came together; who is not told yet is served here."""
        now = asyncio.get_running_loop().time
        told_by_s, is_writing = now() + TELLING_S, True
        for left, session in zip(range(len(sessions), 0, -1), sessions, strict=True):
            if session.ended.is_set():  # it wears nothing any more; its last document is noted
                continue
            if is_writing:
                is_writing = await self._write_down(session, min(now() + WRITING_S, told_by_s))
            session.stop(endings.CLOSING)
            await asyncio.sleep(max(0.0, min(APART_S, (told_by_s - now()) / left)))

    async def _write_down(self, session: LiveSession, until_s: float) -> bool:
        """Who is told finds elsewhere what it wears here. Whether the database has answered: one
        that does not is not waited for again. What is only being taken up is there."""
        if session.opened.is_set():
            journal = self._services.journal
            journal.note(session.record())
            try:
                async with asyncio.timeout_at(until_s):
                    await journal.settle(session.session_id)
            except TimeoutError:
                return False
        return True

    async def _clear_the_way(self, session_id: str, user_id: str) -> None:
        while (earlier := self._live.get(session_id)) is not None:
            await earlier.opened.wait()
            if self._live.get(session_id) is not earlier:
                continue
            if earlier.user_id != user_id:
                raise _forbidden()
            earlier.stop(endings.TAKEN_OVER)
            await earlier.ended.wait()
        self._check_room(user_id)

    def _check_room(self, user_id: str) -> None:
        if self._is_closing:
            raise SessionRefused(
                CloseCode.GOING_AWAY, ErrorCode.SERVER_CLOSING, "The server is stopping"
            )
        settings = self._services.settings
        if len(self._live) >= settings.max_sessions:
            raise SessionRefused(
                CloseCode.TRY_AGAIN_LATER, ErrorCode.SERVER_FULL, "The server is full"
            )
        theirs = sum(one.user_id == user_id for one in self._live.values())
        if theirs >= settings.max_user_sessions:
            text = f"At most {settings.max_user_sessions} live sessions of one user at once"
            raise SessionRefused(CloseCode.TRY_AGAIN_LATER, ErrorCode.RATE_LIMITED, text)

    async def _open(self, session: LiveSession) -> None:
        """Check the owner and take up the session's document, or begin it."""
        journal = self._services.journal
        try:
            await self._check_agreed(session.user_id)
            await self._lodging.fetch(session.session_id, session.user_id)
            record = await self._taken_up(session)
            await session.resume(record)
            if record is None:
                await journal.claim(session.record())
            else:
                journal.note(session.record())
            await self._check_again(session)
            await self._lodging.settle(session.session_id, session.user_id)
        except SessionOwnedByOther:
            raise _forbidden() from None
        except StorageError as error:
            log.exception("session refused", reason=str(error))
            raise SessionRefused(
                CloseCode.TRY_AGAIN_LATER,
                ErrorCode.STORAGE_UNAVAILABLE,
                "The session store does not answer",
            ) from None

    async def _check_again(self, session: LiveSession) -> None:
        """A withdrawal at another server, a moment before the document was begun, missed it.

        Raises SessionRefused, and nothing of the session stays.
        """
        try:
            await self._check_agreed(session.user_id)
        except SessionRefused:
            await self._services.journal.drop(session.record())
            raise

    async def _check_agreed(self, user_id: str) -> None:
        """Raises SessionRefused unless the user has agreed, where that is needed."""
        if not await self._services.agreement.is_given(user_id):
            raise SessionRefused(CloseCode.FORBIDDEN, ErrorCode.CONSENT_REQUIRED, NOT_AGREED)

    async def _taken_up(self, session: LiveSession) -> SessionRecord | None:
        """The document that an earlier connection left, which is not over from now on."""
        database, journal = self._services.database, self._services.journal
        record = journal.pending(session.session_id)
        record = record or await database.sessions.get(session.session_id)
        if record is None:
            return None
        if record.user_id != session.user_id:
            raise _forbidden()
        now = self._services.clock.utc_now()
        going_on = replace(record, status=SessionStatus.ACTIVE, updated_at=now)
        return record if await journal.take_up(going_on) else None


def _forbidden() -> SessionRefused:
    return SessionRefused(
        CloseCode.FORBIDDEN, ErrorCode.SESSION_FORBIDDEN, "This session belongs to another user"
    )
