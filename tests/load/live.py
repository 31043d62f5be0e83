"""A live session of Locust's users: real frames by WebSocket, binary, at a rate that does not wait
for answers."""

import time
import uuid
from collections.abc import Sequence
from itertools import cycle
from typing import Final, Protocol

import gevent
import orjson
import websocket
from gevent.event import Event

from tests.bench.plan import DELIVERED, FAILED
from tests.bench.wire import Answer, BinaryWire, parse_answer, parse_binary, parse_json
from tests.load.recorder import CONNECT, DROPPED, FRAME, LOOK
from tests.load.who import Visitor

TIMEOUT_S: Final = 15.0
LAST_ANSWERS_S: Final = 3.0
COLORS: Final = ("copper", "#a64b23", "#5a3825", "#d8b26e")


class Tell(Protocol):
    """Where it is told how long something took, and what went wrong with it, if something did."""

    def __call__(
        self, name: str, took_s: float, size_bytes: int = 0, error: Exception | None = None
    ) -> None: ...


class WentWrong(Exception):
    """What the server said, or did not."""


class LiveSession:
    """One session from its beginning to its end. The time of a frame counts from when it was due.

    ``rate_fps`` 0 sends the next frame as soon as one is answered.
    """

    def __init__(
        self, host: str, visitor: Visitor, film: Sequence[bytes], rate_fps: float, tell: Tell
    ) -> None:
        address = f"ws{host.removeprefix('http')}/api/hair-tryOn/realtime/{uuid.uuid4()}"
        self._address = f"{address}?user_id={visitor.user_id}"
        self._visitor = visitor
        self._film = cycle(film)
        self._rate_fps = rate_fps
        self._tell = tell
        self._wire = BinaryWire()
        self._due_s: dict[int, float] = {}
        self._sent = 0
        self._answered = Event()
        self._socket = websocket.WebSocket()

    def run(self, length_s: float) -> None:
        """Come, put a look on, send frames for so long, and leave. What goes wrong is told."""
        began_s = time.monotonic()
        try:
            self._connect()
        except (websocket.WebSocketException, OSError, WentWrong) as error:
            self._tell(CONNECT, time.monotonic() - began_s, error=error)
            self._socket.shutdown()
            return
        self._tell(CONNECT, time.monotonic() - began_s)
        receiving = gevent.spawn(self._receive)
        try:
            self._send_frames(time.monotonic() + length_s, receiving)
            self._wait_for_last_answers(receiving)
        except (websocket.WebSocketException, OSError) as error:
            self._tell(FRAME, 0.0, error=error)
        finally:
            receiving.kill()
            self._socket.shutdown()
        for due_s in self._due_s.values():
            self._tell(FRAME, time.monotonic() - due_s, error=WentWrong("not answered"))

    def _connect(self) -> None:
        self._socket.connect(
            self._address,
            subprotocols=list(self._wire.subprotocols),
            header=self._visitor.headers,
            timeout=TIMEOUT_S,
        )
        self._read_until("connection_established")
        look = {"color": COLORS[hash(self._visitor.user_id) % len(COLORS)]}
        began_s = time.monotonic()
        self._socket.send(orjson.dumps({"type": "set_look", "data": {"look": look}}).decode())
        self._read_until("look_set")
        self._tell(LOOK, time.monotonic() - began_s)

    def _read_until(self, kind: str) -> None:
        while True:
            said = parse_json(_bytes(self._socket.recv()))
            if said["type"] == kind:
                return
            if said["type"] == "error":
                raise WentWrong(said["error"])

    def _send_frames(self, until_s: float, receiving: gevent.Greenlet) -> None:
        due_s = time.monotonic()
        while due_s < until_s and not receiving.dead:
            if self._rate_fps:
                gevent.sleep(max(0.0, due_s - time.monotonic()))
            else:
                self._answered.wait(TIMEOUT_S if self._due_s else 0.0)
                due_s = time.monotonic()
            self._answered.clear()
            self._due_s[self._sent] = due_s
            message = self._wire.pack(self._sent, next(self._film))
            self._sent += 1
            self._socket.send_binary(message)
            if self._rate_fps:
                due_s += 1.0 / self._rate_fps

    def _wait_for_last_answers(self, receiving: gevent.Greenlet) -> None:
        until_s = time.monotonic() + LAST_ANSWERS_S
        while self._due_s and not receiving.dead and time.monotonic() < until_s:
            gevent.sleep(0.05)
        receiving.kill()
        self._socket.close(timeout=TIMEOUT_S)

    def _receive(self) -> None:
        while True:
            try:
                message = self._socket.recv()
            except (websocket.WebSocketException, OSError):
                return
            if isinstance(message, bytes):
                self._book(parse_binary(message), len(message))
            elif message:
                self._hear(message.encode())
            else:
                return

    def _hear(self, text: bytes) -> None:
        said = parse_json(text)
        answer = parse_answer(said)
        if answer is not None:
            self._book(answer, len(text))
        elif said["type"] == "error":
            self._tell(FRAME, 0.0, error=WentWrong(said["error"]))

    def _book(self, answer: Answer, size_bytes: int) -> None:
        took_s = time.monotonic() - self._due_s.pop(answer.number, time.monotonic())
        self._answered.set()
        if answer.outcome == DELIVERED:
            self._tell(FRAME, took_s, size_bytes)
        elif answer.outcome == FAILED:
            self._tell(FRAME, took_s, size_bytes, WentWrong("failed"))
        else:
            self._tell(f"{DROPPED}{answer.outcome}", took_s, size_bytes)


def _bytes(message: str | bytes) -> bytes:
    return message.encode() if isinstance(message, str) else message
