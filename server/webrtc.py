"""Signalling of live sessions over WebRTC: offer and answer by HTTP, as WHIP has it (RFC 9725)."""

from aiohttp import hdrs, web

from media.rtc.offer import OfferRejected, read_offer
from server import signalling
from server.identity import read_ids
from server.keys import CALLS
from server.registry import SessionRefused


async def offer(request: web.Request) -> web.Response:
    """``POST /api/hair-tryOn/webrtc/{session_id}?user_id=…``: an SDP offer, answered with 201."""
    try:
        session_id, user_id = read_ids(request)
        offered = await signalling.read_offered(request)
        call = await request.app[CALLS].open(session_id, user_id, read_offer(offered.sdp))
    except OfferRejected as rejected:
        return signalling.cannot_be_answered(rejected)
    except SessionRefused as refused:
        return signalling.not_let_in(refused)
    end = call.peer.connection.end
    response = signalling.answered(request, offered, call.answered.result(), end)
    response.headers[hdrs.LOCATION] = request.path_qs
    return response


async def trickle(request: web.Request) -> web.Response:
    """``PATCH`` there: further ICE candidates of the client, or its new ICE session."""
    call = signalling.call_of(request)
    if call is None:
        return signalling.missing()
    return await signalling.patched(request, call.peer.connection.end)


async def hang_up(request: web.Request) -> web.Response:
    """``DELETE`` there: the client leaves."""
    call = signalling.call_of(request)
    if call is None:
        return signalling.missing()
    request.app[CALLS].hang_up(call)
    return web.Response(status=200)
