"""Which sites' pages may ask from a browser (CORS, report section 7.4).

A browser sends requests for any page, with what it knows of its user: what changes something, and
sockets, which no browser guards, are refused to pages that are not listed.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from server.errors import ErrorCode
from server.replies import RequestRefused

ALLOWED: Final = web.RequestKey("allowed", str)
"""The site of another page that may ask."""
PREFLIGHT_S: Final = 3600
_SITE: Final = "Sec-Fetch-Site"
_SAME: Final = "same-origin"
_OTHER: Final = "cross-site"
_HARMLESS: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
METHODS: Final = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
_ASKED: Final = (
    "Authorization, Cache-Control, Content-Type, Idempotency-Key, If-Match, If-None-Match, Range, "
    "X-API-Key"
)
_TOLD: Final = (
    "Content-Disposition, ETag, Idempotent-Replayed, Link, Location, RateLimit, RateLimit-Policy, "
    "Retry-After, Server-Timing, "
    "X-AI-Model, X-Advice, X-Applied, X-Engine, X-Fallback, X-Heads, X-Request-Id, X-Result-Cache"
)


_HOST: Final = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]]+)(:[0-9]*)?")


def hosting(names: frozenset[str]) -> Middleware:
    """Answers to these names only. A demo believes whoever asks; without this the page of any site
    could, if that site's name leads to this machine (DNS rebinding)."""

    @web.middleware
    async def host(request: web.Request, handler: Handler) -> web.StreamResponse:
        parts = _HOST.fullmatch(request.host.lower())
        if parts is None or parts["name"].strip("[]") not in names:
            text = "Host: a demo answers to localhost and 127.0.0.1 only"
            raise RequestRefused(421, ErrorCode.FORBIDDEN, text, field=hdrs.HOST, closes=True)
        return await handler(request)

    return host


def crossing(origins: frozenset[str]) -> Middleware:
    """Lets pages of these origins ask, and those of this server itself."""

    @web.middleware
    async def cross(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None or _is_own(request, origin):
            return await handler(request)
        if origin not in origins:
            _check_harmless(request)
            return await handler(request)
        request[ALLOWED] = origin
        if _is_preflight(request):
            return web.Response(status=204, headers=_PREFLIGHT)
        return await handler(request)

    return cross


_PREFLIGHT: Final[dict[str, str]] = {
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: METHODS,
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: _ASKED,
    hdrs.ACCESS_CONTROL_MAX_AGE: str(PREFLIGHT_S),
}


def is_embedded(request: web.Request) -> bool:
    """Whether a page of another site has had the browser ask in passing, as for a picture or in a
    window, for which it names no origin."""
    return hdrs.ORIGIN not in request.headers and request.headers.get(_SITE) == _OTHER


def telling(
    origins: frozenset[str],
) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Tells browsers which page may read an answer: one of these, by its name and never all."""

    async def tell(request: web.Request, response: web.StreamResponse) -> None:
        if origins:
            response.headers.add(hdrs.VARY, hdrs.ORIGIN)
        if ALLOWED in request:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = request[ALLOWED]
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
            response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = _TOLD

    return tell


def _is_own(request: web.Request, origin: str) -> bool:
    """Whether it is the page that this server gives. The browser knows, and says so where it is
    asked safely: behind a proxy neither the scheme nor the name that it asked for need be known
    here. Else, and of sockets, which are of another scheme than any page, the name decides."""
    told = request.headers.get(_SITE)
    if told is None or (told != _SAME and _is_socket(request)):
        host = request.host.lower()
        return origin.lower() in (f"http://{host}", f"https://{host}")
    return told == _SAME


def _is_preflight(request: web.Request) -> bool:
    asks = hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
    return asks and request.method == hdrs.METH_OPTIONS


def _check_harmless(request: web.Request) -> None:
    """What only reads is let be: without permission the browser does not show it to the page."""
    if _is_socket(request) or request.method not in _HARMLESS:
        text = "Origin: pages of this site may not ask here"
        raise RequestRefused(403, ErrorCode.FORBIDDEN, text, field=hdrs.ORIGIN, closes=True)


def _is_socket(request: web.Request) -> bool:
    return request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"
