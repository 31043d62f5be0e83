"""The address of a live session over WebSocket: who gets in, and what they are told."""

from typing import Final

import structlog
from aiohttp import hdrs, web

from server import endings, messages
from server.doors.entrance import CALLER, REFUSED
from server.errors import CloseCode, ErrorCode
from server.identity import read_ids
from server.keys import SERVICES, SESSIONS
from server.logs import pseudonym
from server.peer import PeerGone, PeerTooSlow
from server.registry import SessionRefused
from server.replies import refused, told
from server.websocket import WebSocketPeer

_CLOSE_CODES: Final = {401: CloseCode.UNAUTHORIZED, 403: CloseCode.FORBIDDEN}

log = structlog.get_logger(__name__)


async def realtime(request: web.Request) -> web.StreamResponse:
    """``GET /api/hair-tryOn/realtime/{session_id}?user_id=…``, upgraded to a WebSocket."""
    services, sessions = request.app[SERVICES], request.app[SESSIONS]
    peer = WebSocketPeer(request, services.settings)
    if not peer.response.can_prepare(request):
        answer = refused(426, ErrorCode.INVALID_MESSAGE, "This address speaks WebSocket only")
        answer.headers[hdrs.UPGRADE] = "websocket"
        return answer
    try:
        await peer.open()
        _check_let_in(request)
        session_id, user_id = read_ids(request)
        structlog.contextvars.bind_contextvars(session_id=pseudonym(session_id))
        until_s = request[CALLER].until_s(services.clock)
        async with sessions.admit(session_id, user_id, peer, until_s) as session:
            ending = await session.serve(lambda: peer.read(session))
    except SessionRefused as error:
        await _turn_away(peer, error)
    except PeerGone:
        log.debug("client left before it was let in")
    except Exception:
        log.exception("session could not be opened")
        await peer.close(endings.BROKEN.code, endings.BROKEN.reason)
    else:
        await peer.close(ending.code, ending.reason)
    return peer.response if peer.response.prepared else web.Response()


def _check_let_in(request: web.Request) -> None:
    """Raises SessionRefused for who was not let in at the entrance."""
    error = request.get(REFUSED)
    if error is not None:
        code = _CLOSE_CODES.get(error.status, CloseCode.TRY_AGAIN_LATER)
        raise SessionRefused(code, error.code, error.message, error.used_up)


async def _turn_away(peer: WebSocketPeer, refused: SessionRefused) -> None:
    try:
        await peer.send(messages.error(refused.code, refused.message) | told(refused.used_up))
    except (PeerGone, PeerTooSlow):
        log.debug("client left before it was refused")
    await peer.close(refused.close_code, refused.message)
