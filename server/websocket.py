"""The WebSocket transport of a live session: reading, sending, hanging up."""

import asyncio
import socket
import struct
import sys
from contextlib import suppress
from typing import Literal

import orjson
import structlog
from aiohttp import WSMsgType, web

from media.coder import JpegCoder
from media.frame import DropCause, EncodedFrame
from processing.pipeline import Processed
from server import binary, endings, messages
from server.answering import ID
from server.connections.connection import Connection
from server.endings import Ending
from server.errors import ClientError, CloseCode, ErrorCode
from server.linger import discard_input
from server.messages import Message
from server.peer import PeerGone, PeerTooSlow
from server.sessions import LiveSession
from server.settings import Settings

HEARTBEAT_S = 20.0
"""A client that does not answer a ping within half of this is gone."""
HANG_UP_S = 2.0
"""How long a client may take to answer the closing frame."""

UNSENT_MAX_BYTES = 128 * 1024
"""What may wait unsent for a slow link, in the kernel and here: about two frames each."""
PROGRESS_BYTES = 16 * 1024
"""A client that has read so much of what waits for it is reading."""
ROOM_CHECK_S = 0.005
"""How often a congested connection is looked at."""

REASONS = {
    CloseCode.PROTOCOL_ERROR: b"not a valid WebSocket message",
    CloseCode.INVALID_TEXT: b"a text message that is not UTF-8",
    CloseCode.MESSAGE_TOO_BIG: b"the message is larger than max_message_bytes",
}
"""Why the parser hung up; it gives a code alone."""


log = structlog.get_logger(__name__)


class PictureSocket(web.WebSocketResponse[Literal[False]]):
    """The server's end of a WebSocket for pictures."""

    def __init__(self, max_message_bytes: int) -> None:
        super().__init__(
            timeout=HANG_UP_S,
            heartbeat=HEARTBEAT_S,
            autoping=False,  # an answer to a ping is sent like everything else: with a bound
            protocols=(binary.SUBPROTOCOL,),
            compress=False,  # pictures do not shrink, and trying halves the frame rate
            max_msg_size=max_message_bytes,
            writer_limit=sys.maxsize,  # the peer waits for room, see there
            decode_text=False,
        )
        self.is_hanging_up = False

    def can_prepare(self, request: web.BaseRequest) -> web.WebSocketReady:
        """Whether a request asks for a WebSocket."""
        try:
            return super().can_prepare(request)
        except ValueError:  # what is wrong is quoted or decoded, and cannot be
            return web.WebSocketReady(ok=False, protocol=None)

    async def close(
        self, *, code: int = CloseCode.NORMAL, message: bytes = b"", drain: bool = True
    ) -> bool:
        """Hang up, and where the parser did, make sure that the client can read why."""
        if code in REASONS and not self.closed:
            self.is_hanging_up = True
            with suppress(ConnectionError):
                reason = struct.pack("!H", code) + REASONS[CloseCode(code)]
                await self.send_frame(reason, WSMsgType.CLOSE)
            await self._linger()
        return await super().close(code=code, message=message, drain=drain)

    async def _linger(self) -> None:
        transport = self._req.transport if self._req is not None else None
        if transport is not None:
            await discard_input(transport, HANG_UP_S)


class WebSocketPeer:
    """A browser or program at the far end of a WebSocket."""

    transport = "websocket"
    link = None

    def __init__(self, request: web.Request, settings: Settings) -> None:
        self._request = request
        self._settings = settings
        self._socket = PictureSocket(settings.max_message_bytes)
        self.coder = JpegCoder(settings.max_frame_px, settings.jpeg_quality)

    async def open(self) -> None:
        """Shake hands. Raises PeerGone."""
        try:
            await self._socket.prepare(self._request)
        except ConnectionError:
            raise PeerGone from None
        _bound_kernel_buffer(self._request)

    @property
    def is_dribbling(self) -> bool:
        """See Peer."""
        connection = self._request.protocol
        limit_s = self._settings.body_timeout_s
        return isinstance(connection, Connection) and connection.is_overdue(limit_s)

    @property
    def response(self) -> PictureSocket:
        """What the handler returns."""
        return self._socket

    async def send(self, message: Message) -> None:
        """See Peer."""
        said = messages.identified(message, self._request[ID])
        await self._send(orjson.dumps(said), WSMsgType.TEXT)

    async def send_processed(
        self, frame: EncodedFrame, processed: Processed, processing_ms: float
    ) -> None:
        """See Peer."""
        if isinstance(processed.payload, bytes):
            message = binary.pack_processed(frame.frame_id, processed.payload, processing_ms)
            await self._send(message, WSMsgType.BINARY)
        else:
            await self.send(
                messages.processed_frame(frame.frame_id, processed.payload, processing_ms)
            )

    async def send_dropped(self, frame: EncodedFrame, cause: DropCause) -> None:
        """See Peer."""
        await self.send(messages.frame_dropped(frame.frame_id, cause))

    async def send_failed(self, frame: EncodedFrame, code: ErrorCode, text: str) -> None:
        """See Peer."""
        await self.send(messages.error(code, text, frame.frame_id))

    async def read(self, session: LiveSession) -> Ending:
        """Hand the client's messages to the session until the connection ends."""
        while True:
            message = await self._socket.receive()
            match message.type:
                case WSMsgType.TEXT:
                    await session.handle_text(message.data)
                case WSMsgType.BINARY:
                    await self._read_binary(message.data, session)
                case WSMsgType.PING if await session.may_speak():
                    await self._send(message.data, WSMsgType.PONG)
                case WSMsgType.CLOSE | WSMsgType.CLOSING | WSMsgType.CLOSED | WSMsgType.ERROR:
                    return self._how_it_ended()

    async def close(self, code: CloseCode, reason: str) -> None:
        """Say why and hang up. What the client does not read within the limit is thrown away."""
        try:
            async with asyncio.timeout(HANG_UP_S + 1.0):
                await self._socket.close(code=code, message=reason.encode(), drain=False)
        except (TimeoutError, ConnectionError):
            log.debug("client did not answer the closing frame")
        transport = self._request.transport
        if transport is not None and self._unsent_bytes:
            transport.abort()

    async def _send(self, data: bytes, kind: WSMsgType) -> None:
        if self._socket.is_hanging_up:
            return  # nothing may follow a closing frame
        if self._socket.closed:
            raise PeerGone
        try:
            await self._socket.send_frame(data, kind)
        except ConnectionError:
            raise PeerGone from None
        if self._unsent_bytes > UNSENT_MAX_BYTES:
            await self._wait_for_room()

    @property
    def _unsent_bytes(self) -> int:
        transport = self._request.transport
        return transport.get_write_buffer_size() if transport is not None else 0

    async def _wait_for_room(self) -> None:
        """Hold the sender up until the client has read. Raises PeerTooSlow if it does not read.

        Not by aiohttp's own draining: all senders of a connection share one future there, and
        one that is cancelled, as a timeout does, takes the others with it.
        """
        limit_s = self._settings.send_timeout_s
        loop = asyncio.get_running_loop()
        unsent_bytes, deadline_s = self._unsent_bytes, loop.time() + limit_s
        while self._unsent_bytes > UNSENT_MAX_BYTES:
            if self._unsent_bytes <= unsent_bytes - PROGRESS_BYTES:
                unsent_bytes, deadline_s = self._unsent_bytes, loop.time() + limit_s
            if loop.time() > deadline_s:
                raise PeerTooSlow
            await asyncio.sleep(ROOM_CHECK_S)

    async def _read_binary(self, message: bytes, session: LiveSession) -> None:
        try:
            frame_id, picture = binary.parse_frame(message, self._socket.ws_protocol)
        except ClientError as error:
            await session.handle_fault(error)
        else:
            await session.handle_frame(frame_id, picture)

    def _how_it_ended(self) -> Ending:
        lost = isinstance(self._socket.exception(), asyncio.TimeoutError)
        return endings.LOST if lost else endings.LEFT


def _bound_kernel_buffer(request: web.Request) -> None:
    """Keep unsent pictures in our hands, where they can still be dropped (Linux, macOS)."""
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    transport = request.transport
    raw = transport.get_extra_info("socket") if transport is not None else None
    if option is not None and raw is not None:
        raw.setsockopt(socket.IPPROTO_TCP, option, UNSENT_MAX_BYTES)
