"""Watching a live session over WebRTC: offer and answer by HTTP (WHEP, draft-ietf-wish-whep)."""

from aiohttp import hdrs, web

from media.rtc.offer import OfferRejected, read_watch_offer
from media.rtc.viewer import RtcViewer
from server import signalling
from server.audience import Audience, TooManyViewers
from server.doors.entrance import CALLER
from server.keys import SERVICES
from server.replies import come_again


async def watch(request: web.Request) -> web.Response:
    """``POST /api/hair-tryOn/whep/{session_id}?user_id=…``: an offer to receive, and 201."""
    call = signalling.call_of(request)
    if call is None:
        return signalling.missing()
    audience = call.peer.audience
    try:
        offered = await signalling.read_offered(request)
        offer = read_watch_offer(offered.sdp, call.peer.connection.codec)
        until_s = request[CALLER].until_s(request.app[SERVICES].clock)
        place, answer = await audience.admit(offer, until_s)
    except OfferRejected as rejected:
        return signalling.cannot_be_answered(rejected)
    except TooManyViewers:
        return come_again(503, "As many watch this call as may")
    response = signalling.answered(request, offered, answer, place.viewer.end)
    address = request.rel_url.with_path(f"{request.path}/{place.viewer_id}", keep_query=True)
    response.headers[hdrs.LOCATION] = str(address)
    return response


async def options(request: web.Request) -> web.Response:
    """``OPTIONS`` there: as for a call."""
    return signalling.introduced(request)


async def trickle(request: web.Request) -> web.Response:
    """``PATCH`` there: further ICE candidates of the viewer, or its new ICE session."""
    found = _viewer_of(request)
    if found is None:
        return signalling.missing()
    return await signalling.patched(request, found[1].end)


async def hang_up(request: web.Request) -> web.Response:
    """``DELETE`` there: the viewer leaves."""
    found = _viewer_of(request)
    if found is None:
        return signalling.missing()
    found[0].dismiss(request.match_info["viewer_id"])
    return web.Response(status=200)


def _viewer_of(request: web.Request) -> tuple[Audience, RtcViewer] | None:
    call = signalling.call_of(request)
    viewer = call.peer.audience.find(request.match_info["viewer_id"]) if call else None
    return (call.peer.audience, viewer) if call and viewer else None
