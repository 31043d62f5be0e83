"""Clients of the live protocol, for tests: a well-behaved one and a raw socket."""

import asyncio
import base64
import json
import socket
import struct
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote, urlsplit

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from server.binary import SUBPROTOCOL

Message: TypeAlias = dict[str, Any]

ANSWER_TIMEOUT_S = 10.0
"""Far more than any answer takes, so that a noisy machine does not fail a test."""


def realtime_path(session_id: str, user_id: str) -> str:
    """Where a session's WebSocket is."""
    return f"/api/hair-tryOn/realtime/{quote(session_id)}?user_id={quote(user_id, safe='')}"


def text_of(picture: bytes) -> str:
    """The bytes as base64."""
    return base64.b64encode(picture).decode()


def picture_of(answer: Message) -> bytes:
    """The encoded picture of a ``processed_frame``."""
    return base64.b64decode(answer["data"]["processed_frame_data"], validate=True)


@dataclass(frozen=True, slots=True)
class Closing:
    """How a connection ended: what was still said, and the closing frame."""

    messages: list[Message]
    code: int | None
    reason: str


class LiveClient:
    """A client that reads what it is sent; figures are kept apart from the answers."""

    def __init__(self, connection: ClientWebSocketResponse) -> None:
        self._connection = connection
        self.figures: list[Message] = []

    @property
    def subprotocol(self) -> str | None:
        """What both sides agreed on."""
        return self._connection.protocol

    async def send(self, kind: str, **data: Any) -> None:
        """Send a message as the protocol has it."""
        await self.send_text(json.dumps({"type": kind, "data": data}))

    async def send_text(self, text: str | bytes) -> None:
        """Send any text, also bytes that are no UTF-8."""
        data = text.encode() if isinstance(text, str) else text
        await self._connection.send_frame(data, WSMsgType.TEXT)

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""
        await self._connection.send_bytes(data)

    async def send_frame(self, frame_id: str, picture: bytes) -> None:
        """Send a frame as JSON."""
        await self.send("process_frame", frame_id=frame_id, frame_data=text_of(picture))

    async def receive(self) -> Message:
        """The next message that is not the figures of the second."""
        answer = await self.receive_any()
        assert isinstance(answer, dict), answer[:40]
        return answer

    async def receive_any(self) -> Message | bytes:
        """The next message, in either form, that is not the figures of the second."""
        while True:
            message = await self._connection.receive(ANSWER_TIMEOUT_S)
            if message.type is WSMsgType.BINARY:
                return bytes(message.data)
            assert message.type is WSMsgType.TEXT, f"closed: {message}"
            answer: Message = json.loads(message.data)
            if answer["type"] != "stats":
                return answer
            self.figures.append(answer["data"])

    async def receive_figures(self) -> Message:
        """The next figures; there must be nothing else on the way."""
        answer: Message = await self._connection.receive_json(timeout=ANSWER_TIMEOUT_S)
        assert answer["type"] == "stats", answer
        self.figures.append(answer["data"])
        return self.figures[-1]

    async def ask(self, kind: str, **data: Any) -> Message:
        """Send a message and receive its answer."""
        await self.send(kind, **data)
        return await self.receive()

    async def process(self, frame_id: str, picture: bytes) -> Message:
        """Send a frame as JSON and receive its answer."""
        await self.send_frame(frame_id, picture)
        return await self.receive()

    async def until_closed(self) -> Closing:
        """Read until the server hangs up."""
        messages: list[Message] = []
        while True:
            message = await self._connection.receive(ANSWER_TIMEOUT_S)
            if message.type is WSMsgType.TEXT:
                messages.append(json.loads(message.data))
            elif message.type is not WSMsgType.BINARY:
                answers = [answer for answer in messages if answer["type"] != "stats"]
                # What the server said: a client that answers too late for it knows no code itself.
                is_told = message.type is WSMsgType.CLOSE
                code = message.data if is_told else self._connection.close_code
                return Closing(answers, code, str(message.extra or ""))

    async def close(self) -> None:
        """Leave as one should."""
        await self._connection.close()

    def break_off(self) -> None:
        """Let the connection end with a reset, as when a phone loses its network."""
        connection = self._connection._response.connection
        if connection is not None and connection.transport is not None:
            _reset_on_close(connection.transport.get_extra_info("socket"))
            connection.transport.abort()


class Caller:
    """Connects clients to one server, and closes them all at the end."""

    def __init__(self, http: ClientSession, url: str) -> None:
        self.http = http
        self.url = url.rstrip("/")
        self._clients: list[LiveClient] = []
        self._raw_clients: list[RawClient] = []

    async def connect(
        self, session_id: str = "s1", user_id: str = "u1", *, binary: bool = False
    ) -> LiveClient:
        """Open a connection; what the server says first is not read yet."""
        connection = await self.http.ws_connect(
            self.url + realtime_path(session_id, user_id),
            protocols=(SUBPROTOCOL,) if binary else (),
            max_msg_size=0,
        )
        client = LiveClient(connection)
        self._clients.append(client)
        return client

    async def join(
        self, session_id: str = "s1", user_id: str = "u1", *, binary: bool = False
    ) -> LiveClient:
        """Open a connection and read the greeting."""
        client = await self.connect(session_id, user_id, binary=binary)
        greeting = await client.receive()
        assert greeting["type"] == "connection_established", greeting
        return client

    async def connect_plain(self, receive_buffer_bytes: int | None = None) -> "RawClient":
        """Open a TCP connection and say nothing; see RawClient."""
        client = await RawClient.connect(self.url, receive_buffer_bytes)
        self._raw_clients.append(client)
        return client

    async def connect_raw(
        self, session_id: str = "s1", user_id: str = "u1", receive_buffer_bytes: int | None = None
    ) -> "RawClient":
        """Ask for a WebSocket and read nothing, not even whether it was granted."""
        client = await self.connect_plain(receive_buffer_bytes)
        await client.send_raw(_handshake(self.url, realtime_path(session_id, user_id)))
        return client

    async def close(self) -> None:
        """Close all clients that are still open."""
        for client in self._raw_clients:
            client.break_off()
        await asyncio.gather(*(client.close() for client in self._clients))


class RawClient:
    """A socket that does only what it is told."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._received = b""

    @classmethod
    async def connect(cls, url: str, receive_buffer_bytes: int | None) -> "RawClient":
        """Open the connection; ``receive_buffer_bytes`` bounds what the kernel takes in unread."""
        connection = socket.socket()
        connection.setblocking(False)
        if receive_buffer_bytes is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        address = (urlsplit(url).hostname, urlsplit(url).port)
        await asyncio.get_running_loop().sock_connect(connection, address)
        return cls(connection)

    @property
    def received(self) -> bytes:
        """Everything that was said so far, as far as it has been read."""
        return self._received

    async def send_raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        await asyncio.get_running_loop().sock_sendall(self._connection, data)

    async def send(self, kind: str, **data: Any) -> None:
        """Send a message as the protocol has it."""
        text = json.dumps({"type": kind, "data": data}).encode()
        await self.send_raw(wire_frame(WSMsgType.TEXT, text))

    async def send_frame(self, frame_id: str, picture: bytes) -> None:
        """Send a frame as JSON."""
        await self.send("process_frame", frame_id=frame_id, frame_data=text_of(picture))

    async def read_until(self, wanted: bytes) -> None:
        """Read until something has been said."""
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            while wanted not in self._received:
                assert await self._read_some(), self._received[-200:]

    async def read_to_end(self) -> bytes:
        """Everything that was said, once the server has hung up."""
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            while await self._read_some():
                pass
        return self._received

    def break_off(self) -> None:
        """End with a reset; more than once does nothing."""
        if self._connection.fileno() < 0:
            return
        _reset_on_close(self._connection)
        self._connection.close()

    async def _read_some(self) -> bool:
        try:
            data = await asyncio.get_running_loop().sock_recv(self._connection, 1 << 16)
        except ConnectionResetError:
            return False
        self._received += data
        return bool(data)


def _handshake(url: str, path: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


def wire_frame(opcode: int, payload: bytes) -> bytes:
    """A client's WebSocket frame; a mask of zeros leaves the payload as it is."""
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
    return head + bytes(4) + payload


def _reset_on_close(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
