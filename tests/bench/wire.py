"""The two forms of a frame on the WebSocket, from the client's side. Pure."""

import struct
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import pybase64
from aiohttp import WSMsgType

from tests.bench import plan

HEADER = struct.Struct("!BBHI")
VERSION, KIND_FRAME = 1, 1
SUBPROTOCOL = "hair-tryon.binary.v1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a frame."""

    number: int
    outcome: str
    processing_ms: float = 0.0


class Wire(Protocol):
    """How frames go out. A picture is made ready once, so that sending it costs little."""

    subprotocols: tuple[str, ...]
    kind: WSMsgType

    def prepare(self, jpeg: bytes) -> bytes:
        """A picture, ready for ``pack``."""
        ...

    def pack(self, number: int, prepared: bytes) -> bytes:
        """The message of a frame."""
        ...


class JsonWire:
    """``process_frame`` messages."""

    subprotocols: tuple[str, ...] = ()
    kind = WSMsgType.TEXT

    def prepare(self, jpeg: bytes) -> bytes:
        """See Wire."""
        return b'","frame_data":"' + pybase64.b64encode(jpeg) + b'"}}'

    def pack(self, number: int, prepared: bytes) -> bytes:
        """See Wire."""
        return b'{"type":"process_frame","data":{"frame_id":"%d' % number + prepared


class BinaryWire:
    """Binary messages with a header of 8 bytes."""

    subprotocols: tuple[str, ...] = (SUBPROTOCOL,)
    kind = WSMsgType.BINARY

    def prepare(self, jpeg: bytes) -> bytes:
        """See Wire."""
        return jpeg

    def pack(self, number: int, prepared: bytes) -> bytes:
        """See Wire."""
        return HEADER.pack(VERSION, KIND_FRAME, 0, number) + prepared


def wire_for(protocol: plan.Protocol) -> Wire:
    """The wire of that name."""
    return BinaryWire() if protocol == "binary" else JsonWire()


def parse_binary(message: bytes) -> Answer:
    """A processed frame that came as a binary message."""
    _, _, processing_ms, number = HEADER.unpack_from(message)
    return Answer(number, plan.DELIVERED, processing_ms)


def parse_answer(message: dict[str, Any]) -> Answer | None:
    """What a JSON message says of a frame; None if it is about something else."""
    match message["type"]:
        case "processed_frame":
            data = message["data"]
            return Answer(int(data["frame_id"]), plan.DELIVERED, data["processing_time_ms"])
        case "frame_dropped":
            return Answer(int(message["frame_id"]), message["reason"])
        case "error" if "frame_id" in message:
            return Answer(int(message["frame_id"]), plan.FAILED)
        case _:
            return None


def parse_json(message: bytes) -> dict[str, Any]:
    """A JSON message."""
    parsed: dict[str, Any] = orjson.loads(message)
    return parsed
