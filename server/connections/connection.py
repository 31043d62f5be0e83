"""One connection of HTTP, which is not held for longer than it may be.

Most of what is private to aiohttp (3.14) is touched here; ``runner.py``, the forms' reader and the
WebSocket touch a part each. A later one that moves these parts breaks
``tests/integration/test_slow_clients.py`` and ``test_connections.py``.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import TransferEncodingError
from aiohttp.http_websocket import WebSocketReader
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler, _ErrInfo

from server.connections import faults
from server.connections.faults import Fault, fault_of
from server.connections.reception import Reception
from server.connections.stall import Stall
from server.connections.unfinished import UnfinishedMessage

LOOKS: Final = 4
"""So often within its limit a client is looked at that reads nothing."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long a connection is waited for, in seconds."""

    header_s: float
    write_s: float


class Connection(RequestHandler):
    """Ends when a request's head is not whole in time, or when nothing is read of an answer.

    A request's body is its handler's matter, and a message's sending its session's.
    """

    __slots__ = (
        "_body",
        "_head_bytes",
        "_head_over",
        "_is_broken",
        "_leave",
        "_look",
        "_patience",
        "_raw",
        "_reception",
        "_stall",
        "_unfinished",
        "_when_lost",
        "is_inside",
    )

    def __init__(self, *args: Any, patience: Patience, reception: Reception, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patience = patience
        self._reception = reception
        self.is_inside = False
        """Whether other instances alone can connect where this was taken."""
        self._leave: Callable[[], None] | None = None
        self._body: StreamReader | None = None
        self._head_bytes = 0
        self._is_broken = False
        self._head_over: asyncio.TimerHandle | None = None
        self._look: asyncio.TimerHandle | None = None
        self._raw: asyncio.Transport | None = None
        self._when_lost: Callable[[], object] | None = None
        self._unfinished = UnfinishedMessage()
        self._stall = Stall(patience.write_s, self._loop.time())

    # -- life -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        raw = cast("asyncio.Transport", transport)  # uvloop's are none by name
        self._leave = _nobody if self.is_inside else self._reception.enter(raw)
        if self._leave is None:
            return
        super().connection_made(transport)
        self._raw = raw
        self._wait_for_head()
        self._look_again()

    def connection_lost(self, exc: BaseException | None) -> None:
        """See asyncio.Protocol."""
        self._raw = None
        self._head_came()
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)
        if self._leave is not None:
            self._leave()
        if self._when_lost is not None:
            self._when_lost()

    @contextmanager
    def telling(self, when_lost: Callable[[], object]) -> Iterator[None]:
        """Call it, if the connection is lost within the block, or was before; what is told outside
        of the block is not meanwhile."""
        outside, self._when_lost = self._when_lost, when_lost
        try:
            if self.transport is None:
                when_lost()
            yield
        finally:
            self._when_lost = outside

    def close(self) -> None:
        """See RequestHandler. Where nothing is asked there is nothing to wait for: aiohttp would
        keep such a connection until all sessions have ended, and not hear what is asked by it."""
        is_idle = self._is_idle()
        super().close()
        if is_idle:
            self.force_close()

    # -- requests come in -----------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol. After what cannot be parsed nothing can be."""
        if self._is_broken:
            return
        if self._close and self._payload_parser is not None:
            # When the server stops, aiohttp hears no answers to its closing frames any more.
            self._payload_parser.feed_data(data)
            return
        known, was_between = self._request_count, self._is_between_requests()
        super().data_received(data)
        if self._request_count != known:
            self._head_came()
            self._note_last()
        elif data and was_between and self._is_between_requests():  # what ended a body is no head
            self._head_goes_on(len(data))

    def _note_last(self) -> None:
        message, payload = self._messages[-1]
        if not isinstance(message, _ErrInfo):
            self._body = payload
            return
        self._is_broken = True
        # It leads to all that came, in a circle that nobody looks for while there are few objects.
        message.exc.__traceback__ = None
        if self._body is not None and not self._body.is_eof():
            self._messages.pop()
            self._break_off(self._body)

    def _break_off(self, body: StreamReader) -> None:
        """A body that cannot be parsed ends here. aiohttp would leave its reader waiting, and
        answer a second time."""
        if self._current_request is not None:
            body.set_exception(TransferEncodingError("broken"))
        body.feed_eof()  # a reader that has been woken up for the last piece waits again
        self.close()

    def _is_between_requests(self) -> bool:
        is_http = self._payload_parser is None and not self._upgraded
        return is_http and not self._messages and (self._body is None or self._body.is_eof())

    def _head_goes_on(self, size_bytes: int) -> None:
        self._head_bytes += size_bytes
        if self._head_over is None:
            self._wait_for_head()
        if self._head_bytes > faults.HEAD_MAX_BYTES and self._is_idle():
            self._refuse(faults.MANY_FIELDS)

    def _wait_for_head(self) -> None:
        self._head_over = self._loop.call_later(self._patience.header_s, self._head_is_late)

    def _head_came(self) -> None:
        self._head_bytes = 0
        if self._head_over is not None:
            self._head_over.cancel()
            self._head_over = None

    def _head_is_late(self) -> None:
        """Not while an earlier request is being answered: that would be cut off with it."""
        self._head_over = None
        if not self._is_idle():
            return
        if self._head_bytes:
            self._refuse(faults.LATE_HEAD)
        else:
            self.force_close()

    def _is_idle(self) -> bool:
        return self._waiter is not None and not self._waiter.done()

    def _refuse(self, fault: Fault) -> None:
        if self.transport is not None:
            self.transport.write(fault.told().as_bytes())
        self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What could not be parsed, or broke, in the shape of all errors."""
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer is sent already")
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return _Nameless(fault_of(exc).told())
        fault = faults.BROKEN.named()
        log.error("request failed", request_id=fault.request_id, exc_info=exc)
        return _Nameless(fault)

    # -- messages come in -----------------------------------------------------------------------

    def set_parser(
        self, parser: WebSocketReader, data_received_cb: Callable[[], None] | None = None
    ) -> None:
        """See RequestHandler. From now on there are messages."""
        self._head_came()
        watched: Any = _Watched(parser, self._unfinished, self._loop)
        super().set_parser(watched, data_received_cb)

    def is_overdue(self, limit_s: float) -> bool:
        """Whether a message has been coming for longer than this, and we were there to take it."""
        begun_s = self._unfinished.begun_s
        is_late = begun_s is not None and self._loop.time() - begun_s > limit_s
        return is_late and not self._reading_paused

    # -- answers go out -------------------------------------------------------------------------

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        super().resume_writing()
        self._stall.moved(self._loop.time())

    def _look_again(self) -> None:
        self._look = self._loop.call_later(self._patience.write_s / LOOKS, self._look_at_writing)

    def _look_at_writing(self) -> None:
        """Also when it is closed already: it stays open until all that was said is read."""
        if self._raw is None:
            return
        if self._stall.is_over(self._raw.get_write_buffer_size(), self._loop.time()):
            log.warning("client disconnected that reads nothing")
            self._raw.abort()
        else:
            self._look_again()


def _nobody() -> None:
    """Nobody leaves who was not counted."""


class _Watched:
    """A parser of messages, and a look at what it is given."""

    def __init__(
        self,
        parser: WebSocketReader,
        unfinished: UnfinishedMessage,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._parser = parser
        self._unfinished = unfinished
        self._loop = loop

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self._unfinished.feed(data, self._loop.time())
        return self._parser.feed_data(data)

    def feed_eof(self) -> None:
        self._parser.feed_eof()


class _Nameless(web.Response):
    """An answer outside of the application, which does not say what software gives it."""

    def __init__(self, fault: Fault) -> None:
        reply = fault.reply()
        super().__init__(status=reply.status, body=reply.body, headers=reply.headers)
        self.force_close()

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.popall(hdrs.SERVER, None)
