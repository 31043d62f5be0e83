"""The WebSocket transport of a live session: reading, sending, hanging up."""

import asyncio
import re
import socket
import sys
from typing import Final

import orjson
import structlog
from aiohttp import WSMsgType, web

from media.frame import EncodedFrame
from processing.pipeline import Processed
from server import binary, endings, messages
from server.endings import Ending
from server.errors import ClientError, CloseCode, ErrorCode
from server.keys import SERVICES, SESSIONS
from server.messages import Message
from server.peer import PeerGone, PeerTooSlow
from server.registry import SessionRefused
from server.sessions import LiveSession
from server.settings import Settings

SESSION_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
USER_ID: Final = re.compile(r"[A-Za-z0-9_.@:+-]{1,128}")
HEARTBEAT_S = 20.0
"""A client that does not answer a ping within half of this is gone."""
HANG_UP_S = 2.0
"""How long a client may take to answer the closing frame."""
UNSENT_MAX_BYTES = 128 * 1024
"""What may wait unsent for a slow link, in the kernel and here: about two frames each."""
ROOM_CHECK_S = 0.005
"""How often a congested connection is looked at."""

log = structlog.get_logger(__name__)


class WebSocketPeer:
    """A browser or program at the far end of a WebSocket."""

    transport = "websocket"

    def __init__(self, request: web.Request, settings: Settings) -> None:
        self._request = request
        self._settings = settings
        self._socket = web.WebSocketResponse(
            timeout=HANG_UP_S,
            heartbeat=HEARTBEAT_S,
            protocols=(binary.SUBPROTOCOL,),
            compress=False,  # pictures do not shrink, and trying halves the frame rate
            max_msg_size=settings.max_message_bytes,
            writer_limit=sys.maxsize,  # we wait for room ourselves: see _wait_for_room
            decode_text=False,
        )

    async def open(self) -> None:
        """Shake hands. Raises PeerGone."""
        try:
            await self._socket.prepare(self._request)
        except ConnectionError:
            raise PeerGone from None
        _bound_kernel_buffer(self._request)

    @property
    def response(self) -> web.WebSocketResponse:
        """What the handler returns."""
        return self._socket

    async def send(self, message: Message) -> None:
        """See Peer."""
        await self._send(orjson.dumps(message), WSMsgType.TEXT)

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

    async def read(self, session: LiveSession) -> Ending:
        """Hand the client's messages to the session until the connection ends."""
        while True:
            message = await self._socket.receive()
            match message.type:
                case WSMsgType.TEXT:
                    await session.handle_text(message.data)
                case WSMsgType.BINARY:
                    await self._read_binary(message.data, session)
                case WSMsgType.CLOSE | WSMsgType.CLOSING | WSMsgType.CLOSED | WSMsgType.ERROR:
                    return self._how_it_ended()

    async def close(self, code: CloseCode, reason: str) -> None:
        """See Peer. What a client does not read within the time limit is thrown away."""
        try:
            async with asyncio.timeout(HANG_UP_S + 1.0):
                await self._socket.close(code=code, message=reason.encode(), drain=False)
        except (TimeoutError, ConnectionError):
            log.debug("client did not answer the closing frame")
        transport = self._request.transport
        if transport is not None and self._unsent_bytes:
            transport.abort()

    async def _send(self, data: bytes, kind: WSMsgType) -> None:
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
        """Hold the sender up until the client has read.

        Not by aiohttp's own draining: all senders of a connection share one future there, and
        one that is cancelled, as a timeout does, takes the others with it.
        """
        try:
            async with asyncio.timeout(self._settings.send_timeout_s):
                while self._unsent_bytes > UNSENT_MAX_BYTES:  # noqa: ASYNC110 - no event tells
                    await asyncio.sleep(ROOM_CHECK_S)
        except TimeoutError:
            raise PeerTooSlow from None

    async def _read_binary(self, message: bytes, session: LiveSession) -> None:
        try:
            frame_id, picture = binary.parse_frame(message, self._socket.ws_protocol)
        except ClientError as error:
            await session.handle_fault(error)
        else:
            await session.handle_frame(frame_id, picture, binary=True)

    def _how_it_ended(self) -> Ending:
        lost = isinstance(self._socket.exception(), asyncio.TimeoutError)
        return endings.LOST if lost else endings.LEFT


async def realtime(request: web.Request) -> web.StreamResponse:
    """``GET /api/hair-tryOn/realtime/{session_id}?user_id=…``, upgraded to a WebSocket."""
    services, sessions = request.app[SERVICES], request.app[SESSIONS]
    peer = WebSocketPeer(request, services.settings)
    if not peer.response.can_prepare(request):
        body = messages.error(ErrorCode.INVALID_MESSAGE, "This address speaks WebSocket only")
        return web.json_response(body, status=426, headers={"Upgrade": "websocket"})
    try:
        await peer.open()
        session_id, user_id = _ids(request)
        async with sessions.admit(session_id, user_id, peer) as session:
            ending = await session.serve(lambda: peer.read(session))
    except SessionRefused as refused:
        await _turn_away(peer, refused)
    except PeerGone:
        log.debug("client left before it was greeted")
    else:
        await peer.close(ending.code, ending.reason)
    return peer.response if peer.response.prepared else web.Response()


def _ids(request: web.Request) -> tuple[str, str]:
    session_id = request.match_info["session_id"]
    user_id = request.query.get("user_id", "")
    if not SESSION_ID.fullmatch(session_id):
        raise SessionRefused(
            CloseCode.INVALID_ID,
            ErrorCode.INVALID_SESSION_ID,
            "A session id is 1 to 64 letters, digits, - or _",
        )
    if not USER_ID.fullmatch(user_id):
        raise SessionRefused(
            CloseCode.INVALID_ID,
            ErrorCode.INVALID_USER_ID,
            "user_id is 1 to 128 letters, digits or any of - _ . @ : +",
        )
    return session_id, user_id


async def _turn_away(peer: WebSocketPeer, refused: SessionRefused) -> None:
    try:
        await peer.send(messages.error(refused.code, refused.message))
    except (PeerGone, PeerTooSlow):
        log.debug("client left before it was refused")
    await peer.close(refused.close_code, refused.message)


def _bound_kernel_buffer(request: web.Request) -> None:
    """Keep unsent pictures in our hands, where they can still be dropped (Linux, macOS)."""
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    transport = request.transport
    raw = transport.get_extra_info("socket") if transport is not None else None
    if option is not None and raw is not None:
        raw.setsockopt(socket.IPPROTO_TCP, option, UNSENT_MAX_BYTES)
