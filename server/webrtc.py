"""Signalling of live sessions over WebRTC: offer and answer by HTTP, as WHIP has it (RFC 9725)."""

import orjson
from aiohttp import hdrs, web

from media.rtc.offer import OfferRejected, read_offer
from processing.look import LookError, LookValues, parse_values
from server import signalling
from server.answering import ID
from server.doors.entrance import CALLER
from server.errors import ClientError, ErrorCode
from server.identity import read_ids
from server.keys import CALLS, SERVICES
from server.registry import SessionRefused
from server.replies import refused


async def offer(request: web.Request) -> web.Response:
    """``POST /api/hair-tryOn/webrtc/{session_id}?user_id=…``: an SDP offer, answered with 201.

    ``&look={"color":"copper"}`` (as in ``set_look``) is for clients without the control channel,
    as WHIP's are.
    """
    try:
        session_id, user_id = read_ids(request)
        look = _look_of(request)
        offered = await signalling.read_offered(request)
        wanted = read_offer(offered.sdp)
        until_s = request[CALLER].until_s(request.app[SERVICES].clock)
        call = await request.app[CALLS].open(
            session_id, user_id, wanted, look, until_s=until_s, request_id=request[ID]
        )
    except OfferRejected as rejected:
        return signalling.cannot_be_answered(rejected)
    except SessionRefused as error:
        return signalling.not_let_in(error)
    except ClientError as error:
        return refused(400, error.code, error.message)
    end = call.peer.connection.end
    response = signalling.answered(request, offered, call.answered.result(), end)
    response.headers[hdrs.LOCATION] = str(request.rel_url.without_query_params("look"))
    return response


async def options(request: web.Request) -> web.Response:
    """``OPTIONS`` there: what is taken, and the servers that help to find a way (RFC 9725)."""
    return signalling.introduced(request)


def _look_of(request: web.Request) -> LookValues | None:
    """The look in the address, if there is one. Raises ClientError."""
    text = request.query.get("look")
    if text is None:
        return None
    try:
        return parse_values(orjson.loads(text))
    except orjson.JSONDecodeError:
        raise ClientError(ErrorCode.INVALID_LOOK, "look is no JSON") from None
    except LookError as error:
        raise ClientError(ErrorCode.INVALID_LOOK, str(error)) from None


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
    if not signalling.is_meant(request, call.peer.connection.end):
        return signalling.of_another()
    request.app[CALLS].hang_up(call)
    return web.Response(status=200)
