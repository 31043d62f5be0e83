"""Slow clients, a process of their own: ``python -m tests.bench.slow_clients PORT COUNT``.

They dribble heads, bodies and messages, or ask and read nothing. Whoever is thrown out comes again
at once, until standard input is closed.
"""

import asyncio
import socket
import sys
import uuid
from contextlib import suppress
from itertools import cycle
from typing import Final

import uvloop

from tests.bench.host import HOST, READY, until_let_go

KINDS: Final = ("head", "body", "message", "reader")
DRIBBLE_S: Final = 1.0
"""Between two bytes."""
BACK_S: Final = 0.05
"""Who was thrown out is back so soon: a client that did not get in at all is no slow one."""
RECEIVE_BUFFER_BYTES: Final = 4096
LARGE_BYTES: Final = 1_000_000
ESTABLISHED: Final = b"\x01"
"""What Linux calls a connection that neither side has hung up."""

_HOST: Final = f"Host: {HOST}\r\n"
_BODY: Final = (
    f"POST /api/hair-tryOn/try-on HTTP/1.1\r\n{_HOST}Content-Length: {LARGE_BYTES}\r\n"
    "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
)
_READER: Final = f"GET /docs/redoc.standalone.js HTTP/1.1\r\n{_HOST}\r\n"
_HEAD: Final = f"GET / HTTP/1.1\r\n{_HOST}X-Slow: "
_MESSAGE: Final = b"\x82\xff" + LARGE_BYTES.to_bytes(8) + bytes(4)
"""The head of a binary frame."""


def _handshake() -> bytes:
    return (
        f"GET /api/hair-tryOn/realtime/{uuid.uuid4()}?user_id=slow HTTP/1.1\r\n{_HOST}"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


def _beginning(kind: str) -> bytes:
    """What one of a kind says at first."""
    match kind:
        case "head":
            return _HEAD.encode()
        case "body":
            return _BODY.encode()
        case "message":
            return _handshake() + _MESSAGE
    return _READER.encode()


class SlowClient:
    """Connects, begins something, and takes its time; again and again."""

    def __init__(self, port: int, kind: str) -> None:
        self._port = port
        self._kind = kind
        self.has_come = asyncio.Event()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            with suppress(OSError):
                await self._come()
            await asyncio.sleep(BACK_S)

    async def _come(self) -> None:
        loop = asyncio.get_running_loop()
        with socket.socket() as connection:
            connection.setblocking(False)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            await loop.sock_connect(connection, (HOST, self._port))
            await loop.sock_sendall(connection, _beginning(self._kind))
            self.has_come.set()
            await self._take_time(connection)

    async def _take_time(self, connection: socket.socket) -> None:
        """Until the server hangs up."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(DRIBBLE_S)
            if self._kind != "reader":
                await loop.sock_sendall(connection, b"x")
                with suppress(BlockingIOError):
                    if not connection.recv(1 << 16):
                        return
            elif connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) != ESTABLISHED:
                return


async def _be_slow(port: int, count: int) -> None:
    kinds = cycle(KINDS)
    clients = [SlowClient(port, next(kinds)) for _ in range(count)]
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(client.run()) for client in clients]
        for client in clients:
            await client.has_come.wait()
        print(f"{READY}{port}", flush=True)
        await until_let_go()
        for task in running:
            task.cancel()


def main() -> None:
    """As many as it is told, until standard input is closed."""
    port, count = (int(text) for text in sys.argv[1:])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_be_slow(port, count))


if __name__ == "__main__":
    main()
