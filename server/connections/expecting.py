"""``Expect: 100-continue`` (RFC 9110, section 10.1.1): a client asks whether to send its body.

aiohttp would say yes before anybody has looked at who asks. Here the header is taken away before it
sees it, and whoever reads the body says so first; who is refused need not send it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.http_parser import RawRequestMessage
from aiohttp.typedefs import Handler

from server.errors import ErrorCode
from server.replies import RequestRefused

EXPECTED: Final = web.RequestKey("expected", str)
"""What a request's client waits for before it sends the body."""
CONTINUE: Final = "100-continue"
_GO_ON: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Requests:
    """Makes requests of what was parsed, with another one's help."""

    make: Callable[..., web.BaseRequest]

    def __call__(self, message: RawRequestMessage, *others: Any) -> web.BaseRequest:
        expected = message.headers.get(hdrs.EXPECT, "")
        if not expected:
            return self.make(message, *others)
        headers = message.headers.copy()
        del headers[hdrs.EXPECT]
        request = self.make(message._replace(headers=type(message.headers)(headers)), *others)
        if request.version >= HttpVersion11:
            request[EXPECTED] = expected.lower()
        return request


@web.middleware
async def expecting(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses what nobody can expect."""
    if request.get(EXPECTED, CONTINUE) != CONTINUE:
        text = f"Expect: only {CONTINUE} can be"
        raise RequestRefused(417, ErrorCode.INVALID_REQUEST, text, closes=True)
    return await handler(request)


async def end_unasked(request: web.Request, response: web.StreamResponse) -> None:
    """A body that was not asked for may never come: the connection ends with the answer."""
    if EXPECTED in request and response.status != HTTPStatus.SWITCHING_PROTOCOLS:
        response.headers[hdrs.CONNECTION] = "close"
        response.force_close()


async def ask_for_body(request: web.Request) -> None:
    """To be called before a body is read: its client may wait for that."""
    if request.pop(EXPECTED, None) is not None:
        await request.writer.write(_GO_ON)
        request.writer.output_size = 0  # the answer has not begun
