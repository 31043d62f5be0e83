"""The bodies of requests: the one place where they are read.

That of a signed request is digested while it streams, and whoever reads it learns at its end
whether it is the one that was signed, before anything is done with it.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage

from server.connections.expecting import ask_for_body
from server.doors.entrance import not_let_in
from server.doors.signing import ANNOUNCED, DIGEST, content_digest
from server.errors import ErrorCode
from server.replies import RequestRefused, body_broken, body_late

MOST_REST_BYTES: Final = 64 * 1024
"""What may follow on that of which a reader has made sense: the end of a form."""


class Body:
    """A request's body, as much of aiohttp's stream as its multipart readers ask for."""

    def __init__(self, request: web.Request) -> None:
        self._content = request.content
        self._announced = request.get(ANNOUNCED)
        self._digest = hashlib.sha256()
        self._again_bytes = 0

    def at_eof(self) -> bool:
        """Whether all of it was read."""
        return self._content.at_eof()

    async def read(self, size_bytes: int) -> bytes:
        """What there is, at most so much of it; nothing at the end."""
        return self._noted(await self._content.read(size_bytes))

    async def readline(self, *, max_line_length: int | None = None) -> bytes:
        """The next line with its end. Raises LineTooLong."""
        return self._noted(await self._content.readline(max_line_length=max_line_length))

    def unread_data(self, data: bytes) -> None:
        """What is to be read again, before all else. It may begin with what was never there: a
        reader gives back the end of a line that it has taken away."""
        self._again_bytes += len(data)
        self._content.unread_data(data)

    async def finish(self) -> None:
        """Read what is left of a signed body, and compare. Raises RequestRefused: 401 for another
        than was signed, 400 for one that goes on."""
        if self._announced is None:
            return
        rest_bytes = 0
        while not self.at_eof():
            rest_bytes += len(await self.read(MOST_REST_BYTES))
            if rest_bytes > MOST_REST_BYTES:
                text = "The body goes on where it should end"
                raise RequestRefused(400, ErrorCode.INVALID_REQUEST, text, closes=True)
        if content_digest(self._digest.digest()) != self._announced:
            raise not_let_in(f"{DIGEST}: the body is another")

    def _noted(self, data: bytes) -> bytes:
        if self._announced is not None:
            again_bytes = min(len(data), self._again_bytes)
            self._again_bytes -= again_bytes
            self._digest.update(memoryview(data)[again_bytes:])
        return data


@asynccontextmanager
async def reading(request: web.Request) -> AsyncIterator[Body]:
    """The body, read within the block. Raises as ``Body.finish`` when the block is left."""
    await ask_for_body(request)
    body = Body(request)
    yield body
    await body.finish()


def is_broken(request: web.Request) -> bool:
    """Whether the body cannot be read to its end any more."""
    return request.content.exception() is not None


async def read_bounded(request: web.Request, most_bytes: int, timeout_s: float) -> bytes:
    """All of a short body.

    Raises RequestRefused: 400 for one that does not come to its end, 408 for one that takes too
    long, 413 for one that is too long, and as ``reading``.
    """
    data = bytearray()
    try:
        async with asyncio.timeout(timeout_s), reading(request) as body:
            while piece := await body.read(most_bytes):
                data += piece
                if len(data) > most_bytes:
                    text = f"The body has more than the {most_bytes} bytes allowed"
                    raise RequestRefused(413, ErrorCode.FILE_TOO_LARGE, text, closes=True)
    except TimeoutError:
        raise body_late(timeout_s) from None
    except (BadHttpMessage, ConnectionError):
        raise body_broken() from None
    return bytes(data)
