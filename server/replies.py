"""Answers to requests that are not WebSockets: an error is a JSON document as on a socket."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from functools import wraps
from typing import Any, Final, TypeAlias, TypeVar

import structlog
from aiohttp import hdrs, web

from server import messages
from server.errors import ErrorCode
from storage.errors import StorageError

RETRY_AFTER_S = 5
PATIENCE_S: Final = 60.0
"""A client that does not take a megabyte within this has gone, or comes again."""

R = TypeVar("R", bound=web.StreamResponse)
Handler: TypeAlias = Callable[[web.Request], Coroutine[Any, Any, R]]

log = structlog.get_logger(__name__)


class RequestRefused(Exception):
    """A request that cannot be done; carries the answer's status and code, and words for a person.

    ``closes``: what is left of the body is not worth reading, and the connection ends.
    """

    def __init__(self, status: int, code: ErrorCode, message: str, *, closes: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.closes = closes

    def reply(self) -> web.Response:
        """The answer."""
        if self.status == web.HTTPServiceUnavailable.status_code:
            return busy(self.message, self.code)
        response = refused(self.status, self.code, self.message)
        if self.status == web.HTTPTooManyRequests.status_code:
            response.headers[hdrs.RETRY_AFTER] = str(RETRY_AFTER_S)
        if self.closes:
            response.force_close()
        return response


def refusing(handler: Handler[R]) -> Handler[R | web.Response]:
    """A handler whose refusals, and a storage that fails, are answered as such."""

    @wraps(handler)
    async def answering(request: web.Request) -> R | web.Response:
        try:
            return await handler(request)
        except RequestRefused as error:
            return error.reply()
        except StorageError as error:
            return storage_refusal(error).reply()

    return answering


def refused(status: int, code: ErrorCode, text: str) -> web.Response:
    """An error as all others of the service."""
    return web.json_response(messages.error(code, text), status=status)


def no_such_file() -> web.Response:
    """404."""
    return refused(404, ErrorCode.NOT_FOUND, "There is no such file")


def busy(text: str, code: ErrorCode = ErrorCode.SERVER_FULL) -> web.Response:
    """503, and when to come again."""
    response = refused(503, code, text)
    response.headers[hdrs.RETRY_AFTER] = str(RETRY_AFTER_S)
    return response


def storage_refusal(error: StorageError) -> RequestRefused:
    """503: what is asked for is in a storage that cannot be reached."""
    log.error("storage failed", reason=str(error))
    text = "The storage cannot be reached now"
    return RequestRefused(503, ErrorCode.STORAGE_UNAVAILABLE, text)


async def stream(
    request: web.Request,
    response: web.StreamResponse,
    pieces: AsyncGenerator[bytes | memoryview, None],
    patience_s: float,
) -> None:
    """Send the pieces as they come; a client has so long for each.

    Raises StorageError while nothing has been sent. Later there is no way to say so but to end the
    connection.
    """
    async with aclosing(pieces):
        piece = await anext(pieces, None)
        await response.prepare(request)
        try:
            while piece is not None:
                async with asyncio.timeout(patience_s):
                    await response.write(piece)
                piece = await anext(pieces, None)
            async with asyncio.timeout(patience_s):
                await response.write_eof()
        except StorageError as error:
            log.error("answer broken off", reason=str(error))  # noqa: TRY400
            _cut(request)
        except (TimeoutError, ConnectionError):
            _cut(request)


def _cut(request: web.Request) -> None:
    """End the connection, so that nobody takes a part of an answer for the whole."""
    if request.transport is not None:
        request.transport.abort()
