"""Signalling of live sessions over WebRTC: offer and answer by HTTP, as WHIP has it (RFC 9725)."""

from typing import Final

import orjson
import structlog
from aiohttp import hdrs, web

from media.rtc.fragment import IceFragment, read_fragment
from media.rtc.offer import MAX_BYTES, OfferRejected, read_offer
from server import messages
from server.calls import Call
from server.errors import CloseCode, ErrorCode
from server.ice import ice_servers, link_headers
from server.identity import read_ids
from server.keys import CALLS, SERVICES
from server.registry import SessionRefused

SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
RETRY_AFTER_S = 5
_STATUS: Final = {
    CloseCode.INVALID_ID: 400,
    CloseCode.FORBIDDEN: 403,
    CloseCode.GOING_AWAY: 503,
    CloseCode.TRY_AGAIN_LATER: 503,
}

log = structlog.get_logger(__name__)


async def offer(request: web.Request) -> web.Response:
    """``POST /api/hair-tryOn/webrtc/{session_id}?user_id=…``: an SDP offer, answered with 201."""
    try:
        session_id, user_id = read_ids(request)
        sdp, is_json = await _offered(request)
        call = await request.app[CALLS].open(session_id, user_id, read_offer(sdp))
    except OfferRejected as rejected:
        return _error(400, ErrorCode.INVALID_OFFER, f"This offer cannot be answered: {rejected}")
    except SessionRefused as refused:
        return _refusal(refused)
    answer = call.answered.result()
    if is_json:
        response = web.json_response({"sdp": answer, "type": "answer"}, status=201)
    else:
        response = web.Response(text=answer, content_type=SDP, status=201)
    _describe(request, response, call)
    return response


async def trickle(request: web.Request) -> web.Response:
    """``PATCH`` there: further ICE candidates of the client."""
    call = _call_of(request)
    if call is None:
        return _missing()
    if request.content_type != FRAGMENT:
        return _error(415, ErrorCode.INVALID_OFFER, f"PATCH takes {FRAGMENT}")
    # A restart comes with "*": the client cannot know whether an earlier one has got here.
    if request.headers.get(hdrs.IF_MATCH, call.etag) not in (call.etag, "*"):
        return _error(412, ErrorCode.INVALID_OFFER, "If-Match names another ICE session")
    try:
        fragment = read_fragment(await _text(request))
        if call.peer.connection.is_restart(fragment):
            return await _restarted(call, fragment)
        await call.peer.connection.add_candidates(fragment)
    except OfferRejected as rejected:
        return _error(400, ErrorCode.INVALID_OFFER, f"This cannot be used: {rejected}")
    return web.Response(status=204)


async def _restarted(call: Call, fragment: IceFragment) -> web.Response:
    """Our end of a new ICE session, which is another resource (RFC 9725, section 4.3.3)."""
    ours = await call.peer.connection.restart(fragment)
    call.renew()
    lines = [f"a=ice-ufrag:{ours.ufrag}", f"a=ice-pwd:{ours.pwd}"]
    lines += [f"a={candidate}" for candidate in ours.candidates]
    text = "\r\n".join([*lines, "a=end-of-candidates", ""])
    return web.Response(text=text, content_type=FRAGMENT, headers={hdrs.ETAG: call.etag})


async def hang_up(request: web.Request) -> web.Response:
    """``DELETE`` there: the client leaves."""
    call = _call_of(request)
    if call is None:
        return _missing()
    request.app[CALLS].hang_up(call)
    return web.Response(status=200)


async def _offered(request: web.Request) -> tuple[str, bool]:
    """The SDP in the body, and whether it came as JSON."""
    text = await _text(request)
    if request.content_type == SDP:
        return text, False
    if request.content_type != "application/json":
        raise OfferRejected(f"its type is neither {SDP} nor application/json")
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise OfferRejected("it is no JSON") from None
    if not isinstance(body, dict) or body.get("type") != "offer" or "sdp" not in body:
        raise OfferRejected('JSON needs {"type": "offer", "sdp": …}')
    return str(body["sdp"]), True


async def _text(request: web.Request) -> str:
    """The body, if it is short and text."""
    body = await request.content.read(MAX_BYTES + 1)
    while len(body) <= MAX_BYTES and (more := await request.content.read(MAX_BYTES + 1)):
        body += more
    if len(body) > MAX_BYTES:
        raise OfferRejected(f"more than {MAX_BYTES} bytes")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise OfferRejected("it is not UTF-8") from None


def _describe(request: web.Request, response: web.Response, call: Call) -> None:
    services = request.app[SERVICES]
    now_s = services.clock.utc_now().timestamp()
    response.headers[hdrs.LOCATION] = request.path_qs
    response.headers[hdrs.ETAG] = call.etag
    response.headers["Accept-Patch"] = FRAGMENT
    for link in link_headers(ice_servers(services.settings, call.user_id, now_s)):
        response.headers.add(hdrs.LINK, link)


def _call_of(request: web.Request) -> Call | None:
    """The call that this address names, if it is this user's."""
    call = request.app[CALLS].find(request.match_info["session_id"])
    is_theirs = call is not None and call.user_id == request.query.get("user_id", "")
    return call if is_theirs else None


def _missing() -> web.Response:
    return _error(404, ErrorCode.NOT_FOUND, "There is no such call")


def _refusal(refused: SessionRefused) -> web.Response:
    status = _STATUS.get(refused.close_code, 503)
    response = _error(status, refused.code, refused.message)
    if status == 503:  # noqa: PLR2004
        response.headers[hdrs.RETRY_AFTER] = str(RETRY_AFTER_S)
    return response


def _error(status: int, code: ErrorCode, text: str) -> web.Response:
    return web.json_response(messages.error(code, text), status=status)
