"""The WebRTC connections of this process: each is a session, held up by a task."""

import asyncio
from dataclasses import dataclass

import structlog

from media.rtc.answerer import RtcOptions
from media.rtc.offer import Offer, OfferRejected
from processing.look import LookValues
from server import endings
from server.endings import Ending
from server.errors import ClientError, CloseCode, ErrorCode
from server.logs import pseudonym
from server.registry import LiveSessions, SessionRefused
from server.rtc_peer import RtcPeer
from server.services import Services
from server.wardrobe import check_values

MAX_UNANSWERED = 32
"""Offers that are being answered at once; each costs a key, sockets, and a place in the storage."""

HANG_UP_S = 2.0
"""How long saying goodbye may take when the server stops."""

log = structlog.get_logger(__name__)


@dataclass(eq=False)
class Call:
    """One connection. ``answered`` is its SDP answer, or why there is none; ``look`` what is worn
    from the first frame on, if the client says so with its offer; ``until_s`` when the client is
    not known any more, by the monotonic clock."""

    session_id: str
    user_id: str
    peer: RtcPeer
    answered: asyncio.Future[str]
    look: LookValues | None
    until_s: float


class Calls:
    """Takes calls, and owns the tasks that hold them."""

    def __init__(self, services: Services, sessions: LiveSessions, options: RtcOptions) -> None:
        self._services = services
        self._sessions = sessions
        self._options = options
        self._calls: dict[str, Call] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unanswered = 0

    @property
    def open_count(self) -> int:
        """Calls that are being held, or answered."""
        return len(self._tasks)

    @property
    def viewer_count(self) -> int:
        """How many watch them."""
        return sum(len(call.peer.audience) for call in self._calls.values())

    def find(self, session_id: str) -> Call | None:
        """The call of this session."""
        return self._calls.get(session_id)

    async def open(
        self,
        session_id: str,
        user_id: str,
        offer: Offer,
        look: LookValues | None,
        *,
        until_s: float,
        request_id: str,
    ) -> Call:
        """Answer an offer: from then on the session lives until its client leaves.

        Raises SessionRefused, OfferRejected or, of the look, ClientError; nothing is left behind
        then.
        """
        if self._unanswered >= MAX_UNANSWERED:
            raise SessionRefused(
                CloseCode.TRY_AGAIN_LATER, ErrorCode.SERVER_FULL, "Too many calls at once"
            )
        services = self._services
        self._sessions.check(session_id, user_id)
        if look is not None:
            check_values(services.engines, look)
        now_s = services.clock.monotonic
        settings, meters = services.settings, services.meters.links
        peer = RtcPeer(offer, self._options, settings, now_s, request_id, meters=meters)
        answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        call = Call(session_id, user_id, peer, answered, look, until_s)
        task = asyncio.create_task(self._hold(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._unanswered += 1
        try:
            await asyncio.shield(answered)
        finally:
            self._unanswered -= 1
        return call

    async def close(self) -> None:
        """Wait for the calls to hang up; their sessions have ended by now."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=HANG_UP_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _hold(self, call: Call) -> None:
        structlog.contextvars.bind_contextvars(session_id=pseudonym(call.session_id))
        try:
            ending = await self._live(call)
        except (SessionRefused, OfferRejected, ClientError) as refused:
            _settle(call, refused)
        except Exception as error:
            log.exception("call broke")
            _settle(call, error)
        else:
            log.info("call ended", reason=ending.reason)
        finally:
            if self._calls.get(call.session_id) is call:
                del self._calls[call.session_id]
            call.answered.cancel()
            await call.peer.close()

    async def _live(self, call: Call) -> Ending:
        # What can be refused is refused before the session is touched: another connection of it may
        # be in use.
        answer = await call.peer.connection.answer()
        admitted = (call.session_id, call.user_id, call.peer, call.until_s)
        async with self._sessions.admit(*admitted) as session:
            if call.look is not None:
                await session.wardrobe.set_values(call.look)
            self._calls[call.session_id] = call
            if not call.answered.done():
                call.answered.set_result(answer)
            return await session.serve(lambda: call.peer.read(session))

    def hang_up(self, call: Call) -> None:
        """End a call because its client asks for it."""
        call.peer.hang_up(endings.LEFT)


def _settle(call: Call, error: Exception) -> None:
    if not call.answered.done():
        call.answered.set_exception(error)
