"""What every request is answered with in the end: errors of one shape, an id, a line in the log.

4xx are logged as warnings, 5xx as errors (report section 8.1), all else for information; no line
says what was sent.
"""

import asyncio
import uuid
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from server.errors import ErrorCode
from server.instances.marks import ELSEWHERE
from server.logs import pseudonym
from server.replies import ErrorReply, RequestRefused, cut, refused, storage_refusal
from server.traces.traces import NO_TRACES, TRACE, TRACES
from storage.errors import StorageError

REQUEST_ID: Final = "X-Request-Id"
ID: Final = web.RequestKey("id", str)
CAME_S: Final = web.RequestKey("came_s", float)
"""When it came, by the loop's time."""
WHOSE: Final = web.RequestKey("whose", str)
"""Whom it is for, as far as that is known."""
BEGUN: Final = web.RequestKey("begun", bool)
"""Something was sent: there is no other answer any more."""
_CODES: Final = {
    404: (ErrorCode.NOT_FOUND, "There is no such address"),
    405: (ErrorCode.METHOD_NOT_ALLOWED, "The address is not for this method; Allow says for which"),
    413: (ErrorCode.FILE_TOO_LARGE, "The body is too large"),
}
QUIET: Final = frozenset({
    "/", "/page/{name}", "/page/client/{name}", "/docs/{name}", "/livez", "/readyz", "/metrics",
    "/api/hair-tryOn/health",
})  # fmt: skip
"""What browsers and machines ask for all the time is told of only where it goes wrong."""
LEFT: Final = 499
"""The client has gone, or the server: nobody is answered. As nginx has it."""
_OTHERWISE: Final = (ErrorCode.INVALID_REQUEST, "The request cannot be understood")
_BROKEN: Final = "Something went wrong here; request_id names it in the log"

log = structlog.get_logger(__name__)


@web.middleware
async def answering(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers what handlers raise, and gives every request an id, which the log and the answer
    have, and a trace, where it is one of those that are traced."""
    request[CAME_S] = asyncio.get_running_loop().time()
    if ID not in request:  # else another instance has passed it on
        request[ID] = uuid.uuid4().hex
    endpoint = _endpoint(request)
    traces = NO_TRACES if endpoint in QUIET else request.app.get(TRACES, NO_TRACES)
    with (
        traces.request(request, endpoint, request[ID]) as trace,
        structlog.contextvars.bound_contextvars(request_id=request[ID], **trace.names),
    ):
        request[TRACE] = trace
        try:
            response = await _answer(request, handler)
        except asyncio.CancelledError:
            _end(request, web.Response(status=LEFT), endpoint)
            raise
        if isinstance(response, ErrorReply):
            response.identify(request[ID])
        _end(request, response, endpoint)
    return response


async def tell_id(request: web.Request, response: web.StreamResponse) -> None:
    """Every answer, those that are sent piece by piece included, names its request."""
    request[BEGUN] = True
    response.headers[REQUEST_ID] = request.get(ID, "")


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Exception as error:
        if BEGUN in request:
            cut(request)
            raise
        return _reply(error)


def _reply(error: Exception) -> web.Response:
    match error:
        case RequestRefused():
            return error.reply()
        case StorageError():
            return storage_refusal(error).reply()
        case web.HTTPException():
            return _as_others(error)
    log.error("request failed", exc_info=error)
    return refused(500, ErrorCode.INTERNAL_ERROR, _BROKEN)


def _as_others(error: web.HTTPException) -> web.Response:
    """What aiohttp itself answers, in the shape of all errors."""
    code, text = _CODES.get(error.status, _OTHERWISE)
    response = refused(error.status, code, text)
    if hdrs.ALLOW in error.headers:
        response.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
    return response


def _endpoint(request: web.Request) -> str | None:
    """The address as the table has it."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else None


def _pseudonym(request: web.Request) -> str | None:
    """Of the user whom it is for."""
    user_id = request.get(WHOSE, "")
    return pseudonym(user_id) if user_id else None


def _end(request: web.Request, response: web.StreamResponse, endpoint: str | None) -> None:
    request[TRACE].answered(response.status, _pseudonym(request))
    _tell(request, response, endpoint)


def _tell(request: web.Request, response: web.StreamResponse, endpoint: str | None) -> None:
    """One line for each request (report section 9.3), when it is over: a live session's, too."""
    said: dict[str, object] = {
        "method": request.method,
        "endpoint": endpoint,
        "status": response.status,
        "duration_ms": round((asyncio.get_running_loop().time() - request[CAME_S]) * 1000, 1),
        "user_id": _pseudonym(request),
    }
    # That the service is not ready is what such an address is asked for.
    is_told = response.status == HTTPStatus.SERVICE_UNAVAILABLE and endpoint in QUIET
    if response.status >= HTTPStatus.BAD_REQUEST:
        said["code"] = response.code if isinstance(response, ErrorReply) else None
    if ELSEWHERE in request:
        log.debug("request passed on", **said)
    elif response.status == LEFT:
        log.info("request left", **said)
    elif response.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not is_told:
        log.error("request not answered as it should be", **said)
    elif response.status >= HTTPStatus.BAD_REQUEST:
        log.warning("request refused", **said)
    elif endpoint in QUIET:
        log.debug("request answered", **said)
    else:
        log.info("request answered", **said)
