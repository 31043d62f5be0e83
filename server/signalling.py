"""Offers, answers and candidates as HTTP carries them, for calls and for those who watch them."""

import asyncio
from dataclasses import dataclass
from typing import Final

import orjson
from aiohttp import hdrs, web
from aiohttp.http_exceptions import BadHttpMessage

from media.rtc.answerer import Answerer
from media.rtc.fragment import IceFragment, read_fragment
from media.rtc.offer import MAX_BYTES, OfferRejected
from server.bodies import Body, reading
from server.calls import Call
from server.errors import CloseCode, ErrorCode
from server.ice import ice_servers, link_headers
from server.keys import CALLS, SERVICES
from server.registry import SessionRefused
from server.replies import body_late, come_again, refused

SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
_STATUS: Final = {CloseCode.INVALID_ID: 400, CloseCode.FORBIDDEN: 403}


@dataclass(frozen=True, slots=True)
class Offered:
    """An SDP offer, and whether it came as JSON."""

    sdp: str
    is_json: bool


async def read_offered(request: web.Request) -> Offered:
    """The offer in a body. Raises OfferRejected."""
    text = await _text(request)
    if request.content_type == SDP:
        return Offered(text, is_json=False)
    if request.content_type != "application/json":
        raise OfferRejected(f"its type is neither {SDP} nor application/json")
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise OfferRejected("it is no JSON") from None
    if not isinstance(body, dict) or body.get("type") != "offer" or "sdp" not in body:
        raise OfferRejected('JSON needs {"type": "offer", "sdp": …}')
    return Offered(str(body["sdp"]), is_json=True)


def call_of(request: web.Request) -> Call | None:
    """The call that this address names, if it is this user's."""
    call = request.app[CALLS].find(request.match_info["session_id"])
    is_theirs = call is not None and call.user_id == request.query.get("user_id", "")
    return call if is_theirs else None


def answered(request: web.Request, offered: Offered, answer: str, end: Answerer) -> web.Response:
    """201 in the form of the offer; the caller adds ``Location``."""
    if offered.is_json:
        response = web.json_response({"sdp": answer, "type": "answer"}, status=201)
    else:
        response = web.Response(text=answer, content_type=SDP, status=201)
    response.headers[hdrs.ETAG] = etag_of(end)
    response.headers["Accept-Patch"] = FRAGMENT
    _add_links(request, response)
    return response


def introduced(request: web.Request) -> web.Response:
    """204 with what an endpoint takes, and the servers that help to find a way."""
    response = web.Response(status=204, headers={"Accept-Post": f"{SDP}, application/json"})
    _add_links(request, response)
    return response


def _add_links(request: web.Request, response: web.Response) -> None:
    services, user_id = request.app[SERVICES], request.query.get("user_id", "")
    now_s = services.clock.utc_now().timestamp()
    for link in link_headers(ice_servers(services.settings, user_id, now_s)):
        response.headers.add(hdrs.LINK, link)


async def patched(request: web.Request, end: Answerer) -> web.Response:
    """Further candidates of a client are taken, or its new ICE session is answered."""
    if request.content_type != FRAGMENT:
        return refused(415, ErrorCode.INVALID_OFFER, f"PATCH takes {FRAGMENT}")
    if not is_meant(request, end):
        return of_another()
    try:
        fragment = read_fragment(await _text(request))
        if end.is_restart(fragment):
            return await _restarted(end, fragment)
        await end.add_candidates(fragment)
    except OfferRejected as rejected:
        return refused(400, ErrorCode.INVALID_OFFER, f"This cannot be used: {rejected}")
    return web.Response(status=204)


def is_meant(request: web.Request, end: Answerer) -> bool:
    """Whether a request is for the ICE session that there is. A restart comes with "*": the client
    cannot know whether an earlier one has got here."""
    return request.headers.get(hdrs.IF_MATCH, "*") in (etag_of(end), "*")


def of_another() -> web.Response:
    """412."""
    return refused(412, ErrorCode.INVALID_OFFER, "If-Match names another ICE session")


async def _restarted(end: Answerer, fragment: IceFragment) -> web.Response:
    """Our side of the new ICE session (RFC 9725, section 4.3.3)."""
    ours = await end.restart(fragment)
    lines = [f"a=ice-ufrag:{ours.ufrag}", f"a=ice-pwd:{ours.pwd}"]
    lines += [f"a={candidate}" for candidate in ours.candidates]
    text = "\r\n".join([*lines, "a=end-of-candidates", ""])
    return web.Response(text=text, content_type=FRAGMENT, headers={hdrs.ETAG: etag_of(end)})


def etag_of(end: Answerer) -> str:
    """Names an ICE session, by our side of its credentials."""
    return f'"{end.ice_id}"'


async def _text(request: web.Request) -> str:
    """The body, if it is short and text. Raises OfferRejected, and RequestRefused: 408 for one that
    takes too long, 401 for another than was signed."""
    limit_s = request.app[SERVICES].settings.body_timeout_s
    try:
        async with asyncio.timeout(limit_s), reading(request) as body:
            return (await _bytes(body)).decode()
    except TimeoutError:
        raise body_late(limit_s) from None
    except (BadHttpMessage, ConnectionError):
        raise OfferRejected("it is cut off") from None
    except UnicodeDecodeError:
        raise OfferRejected("it is not UTF-8") from None


async def _bytes(body: Body) -> bytes:
    text = bytearray()
    while len(text) <= MAX_BYTES and (more := await body.read(MAX_BYTES + 1)):
        text += more
    if len(text) > MAX_BYTES:
        raise OfferRejected(f"more than {MAX_BYTES} bytes")
    return bytes(text)


def cannot_be_answered(rejected: OfferRejected) -> web.Response:
    """400 with the reason."""
    return refused(400, ErrorCode.INVALID_OFFER, f"This offer cannot be answered: {rejected}")


def not_let_in(error: SessionRefused) -> web.Response:
    """The status for why a session was refused."""
    if error.code is ErrorCode.RATE_LIMITED:
        return come_again(429, error.message, error.code)
    status = _STATUS.get(error.close_code)
    if status is None:
        return come_again(503, error.message, error.code)
    return refused(status, error.code, error.message)


def missing() -> web.Response:
    """404."""
    return refused(404, ErrorCode.NOT_FOUND, "There is no such call")
