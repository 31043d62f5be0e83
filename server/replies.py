"""Answers to requests that are not WebSockets: an error is a JSON document as on a socket."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Final

import orjson
import structlog
from aiohttp import hdrs, web

from server import messages
from server.errors import ErrorCode
from storage.errors import StorageError

RETRY_AFTER_S = 5
_COME_AGAIN: Final = frozenset({429, 503})
PATIENCE_S: Final = 60.0
"""A client that does not take a megabyte within this has gone, or comes again."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class UsedUp:
    """So many of a kind are let in within so long: the next one in a while."""

    name: str
    amount: int
    within_s: int
    again_in_s: int


@dataclass(frozen=True, slots=True)
class QuotaUsedUp:
    """So many videos are in a month, and so many are left until there are more."""

    tier: str
    videos_per_month: int
    left: int
    renews_at: str


class RequestRefused(Exception):
    """A request that cannot be done; carries the answer's status and code, and words for a person.

    ``field`` is what is wrong in it, if it is one thing, ``reason`` why the cloud did not do it,
    ``used_up`` the limit in time, or the quota, that it is above. ``headers`` go with the answer.
    ``closes``: what is left of the body is not worth reading, and the connection ends.
    """

    def __init__(
        self,
        status: int,
        code: ErrorCode,
        message: str,
        *,
        field: str | None = None,
        reason: str | None = None,
        used_up: UsedUp | QuotaUsedUp | None = None,
        headers: Mapping[str, str] | None = None,
        closes: bool = False,
    ) -> None:
        super().__init__(message)
        self.field = field
        self.reason = reason
        self.used_up = used_up
        self.headers: Mapping[str, str] = headers or {}
        self.status = status
        self.code = code
        self.message = message
        self.closes = closes

    def reply(self) -> "ErrorReply":
        """The answer."""
        response = ErrorReply(
            self.status, self.code, self.message, self.field, self.used_up, reason=self.reason
        )
        response.headers.update(self.headers)
        if self.status in _COME_AGAIN:
            response.headers.setdefault(hdrs.RETRY_AFTER, str(RETRY_AFTER_S))
        if self.closes:
            response.force_close()
        return response


class ErrorReply(web.Response):
    """An error as all others of the service."""

    def __init__(
        self,
        status: int,
        code: ErrorCode,
        text: str,
        field: str | None = None,
        used_up: UsedUp | QuotaUsedUp | None = None,
        *,
        reason: str | None = None,
    ) -> None:
        """``field``, ``used_up`` and ``reason`` as of RequestRefused."""
        self.code = code
        self._said = messages.error(code, _written(text))
        details = {"field": field and _written(field), "reason": reason}
        if named := {name: value for name, value in details.items() if value is not None}:
            self._said["details"] = named
        self._said |= told(used_up)
        super().__init__(
            status=status, body=orjson.dumps(self._said), content_type="application/json"
        )

    def identify(self, request_id: str) -> None:
        """Say which request it is about, as the log does."""
        self.body = orjson.dumps({**self._said, "request_id": request_id})


def told(used_up: UsedUp | QuotaUsedUp | None) -> messages.Message:
    """What an error says besides of a limit, if it is one."""
    if used_up is None:
        return {}
    name = "limit" if isinstance(used_up, UsedUp) else "quota"
    return {"details": {name: asdict(used_up)}}


def _written(text: str) -> str:
    """What was sent may be no text at all, and is quoted here and there."""
    return text.encode(errors="replace").decode()


def refused(status: int, code: ErrorCode, text: str) -> ErrorReply:
    """An error as all others of the service."""
    return ErrorReply(status, code, text)


def no_such_file() -> ErrorReply:
    """404."""
    return refused(404, ErrorCode.NOT_FOUND, "There is no such file")


def come_again(status: int, text: str, code: ErrorCode = ErrorCode.SERVER_FULL) -> ErrorReply:
    """429 or 503, and when to come again."""
    response = refused(status, code, text)
    response.headers[hdrs.RETRY_AFTER] = str(RETRY_AFTER_S)
    return response


def body_late(limit_s: float) -> RequestRefused:
    """408."""
    text = f"The body did not come within {limit_s:g} s"
    return RequestRefused(408, ErrorCode.INVALID_REQUEST, text, closes=True)


def body_broken() -> RequestRefused:
    """400."""
    text = "The body does not come to its end"
    return RequestRefused(400, ErrorCode.INVALID_REQUEST, text, closes=True)


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
            cut(request)
        except (TimeoutError, ConnectionError):
            cut(request)


def cut(request: web.Request) -> None:
    """End the connection, so that nobody takes a part of an answer for the whole."""
    if request.transport is not None:
        request.transport.abort()
