"""The JSON messages of the live protocol (report section 4.2): parsing in, building out. Pure."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

import orjson

from media.clock import iso_utc
from media.frame import DropCause
from media.rtc.figures import LinkFigures
from processing.ledger import Figures
from processing.look import Look, LookError, LookValues, parse_values
from processing.pipeline import Processed
from server.errors import ClientError, ErrorCode
from server.notes import note_on

FRAME_ID_MAX_CHARS = 128
"""Long enough for any id, short enough to be echoed."""

MAX_STRUCTURE = 1024
"""Brackets, braces and quotes of a message together; no honest one has a tenth of it.

A message of megabytes that is one picture is parsed in no time, but one of millions of little
parts takes a second of the event loop. Base64 has none of these characters.
"""
_STRUCTURE = (b"[", b"{", b'"')

Message: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProcessFrame:
    """``process_frame``: a picture as base64 text, not looked at yet."""

    frame_id: str
    frame_data: str


@dataclass(frozen=True, slots=True)
class SetStyleImage:
    """``set_style_image``: a photo whose hair is to be taken over."""

    image_data: str


@dataclass(frozen=True, slots=True)
class SetStyle:
    """``set_style_image`` with a ``style_id``: one of the user's styles takes the photo's place."""

    style_id: str


@dataclass(frozen=True, slots=True)
class SetColorImage:
    """``set_color_image``: a photo whose colour is to be taken over."""

    image_data: str


@dataclass(frozen=True, slots=True)
class SetLook:
    """``set_look``: the values of a look."""

    values: LookValues


@dataclass(frozen=True, slots=True)
class ClearLook:
    """``clear_look``: frames are to come back unchanged."""


ClientMessage: TypeAlias = (
    ProcessFrame | SetStyleImage | SetStyle | SetColorImage | SetLook | ClearLook
)

_ANSWERS: Final = {
    SetStyleImage: "style_set",
    SetStyle: "style_set",
    SetColorImage: "color_set",
}


def parse_message(text: bytes) -> ClientMessage:
    """What a client's text message asks for.

    Raises ClientError with INVALID_JSON, INVALID_MESSAGE, UNKNOWN_TYPE, INVALID_FRAME_ID or
    INVALID_LOOK; frame errors carry the frame_id when it is usable.
    """
    if sum(map(text.count, _STRUCTURE)) > MAX_STRUCTURE:
        raise ClientError(ErrorCode.INVALID_MESSAGE, "The message has too many parts")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ClientError(ErrorCode.INVALID_JSON, "The message is not JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ClientError(
            ErrorCode.INVALID_MESSAGE, 'A message is a JSON object with a text field "type"'
        )
    return _parse_typed(message["type"], message.get("data"))


def _parse_typed(kind: str, data: object) -> ClientMessage:
    match kind:
        case "process_frame":
            return _parse_frame(_object(kind, data))
        case "set_style_image":
            return _parse_style(_object(kind, data))
        case "set_color_image":
            return SetColorImage(_text(kind, _object(kind, data), "image_data"))
        case "set_look":
            return _parse_look(_object(kind, data))
        case "clear_look":
            return ClearLook()
        case _:
            raise ClientError(ErrorCode.UNKNOWN_TYPE, f"Unknown message type: {kind[:32]!r}")


def _parse_frame(data: Message) -> ProcessFrame:
    frame_id = data.get("frame_id")
    if not isinstance(frame_id, str) or not 1 <= len(frame_id) <= FRAME_ID_MAX_CHARS:
        raise ClientError(
            ErrorCode.INVALID_FRAME_ID,
            f"frame_id is a text of 1 to {FRAME_ID_MAX_CHARS} characters",
        )
    return ProcessFrame(frame_id, _text("process_frame", data, "frame_data", frame_id))


def _parse_style(data: Message) -> SetStyleImage | SetStyle:
    kind = "set_style_image"
    if "style_id" not in data:
        return SetStyleImage(_text(kind, data, "image_data"))
    if "image_data" in data:
        text = f"{kind}: data.style_id goes without an image_data"
        raise ClientError(ErrorCode.INVALID_MESSAGE, text)
    return SetStyle(_text(kind, data, "style_id"))


def _parse_look(data: Message) -> SetLook:
    try:
        return SetLook(parse_values(data.get("look")))
    except LookError as error:
        raise ClientError(ErrorCode.INVALID_LOOK, str(error)) from None


def _object(kind: str, data: object) -> Message:
    if not isinstance(data, dict):
        raise ClientError(ErrorCode.INVALID_MESSAGE, f'{kind} needs an object "data"')
    return data


def _text(kind: str, data: Message, field: str, frame_id: str | None = None) -> str:
    value = data.get(field)
    if not isinstance(value, str):
        raise ClientError(
            ErrorCode.INVALID_MESSAGE, f'{kind} needs a text field "data.{field}"', frame_id
        )
    return value


def connection_established(
    session_id: str, now: datetime, look: Look | None, applied: tuple[str, ...], limits: Message
) -> Message:
    """The first message of a connection, with the look of an earlier one that is still kept."""
    return {
        "type": "connection_established",
        "session_id": session_id,
        "timestamp": iso_utc(now),
        **_look_fields(look, applied),
        "limits": limits,
    }


def look_answer(
    to: ClientMessage, now: datetime, look: Look | None, applied: tuple[str, ...]
) -> Message:
    """``style_set``, ``color_set`` or ``look_set``: the look in full and what will be applied."""
    return {
        "type": _ANSWERS.get(type(to), "look_set"),
        "status": "ok",
        "timestamp": iso_utc(now),
        **_look_fields(look, applied),
    }


def _look_fields(look: Look | None, applied: tuple[str, ...]) -> Message:
    return {
        "look": look.describe() if look else None,
        "applied": applied,
        "note": note_on(look, applied),
    }


def processed_frame(frame_id: str, payload: str, processing_ms: float) -> Message:
    """A changed frame, as base64."""
    return {
        "type": "processed_frame",
        "data": {
            "frame_id": frame_id,
            "processed_frame_data": payload,
            "processing_time_ms": round(processing_ms, 2),
        },
    }


def frame_dropped(frame_id: str, cause: DropCause) -> Message:
    """A frame that was given up, and why."""
    return {"type": "frame_dropped", "frame_id": frame_id, "reason": cause}


def error(code: ErrorCode, text: str, frame_id: str | None = None) -> Message:
    """Something went wrong."""
    message: Message = {"type": "error", "error": code, "message": text}
    if frame_id is not None:
        message["frame_id"] = frame_id
    return message


def identified(message: Message, request_id: str) -> Message:
    """An error with the request that the log has it under; anything else as it is."""
    return {**message, "request_id": request_id} if message["type"] == "error" else message


def stats(
    transport: str, figures: Figures, last: Processed, link: LinkFigures | None = None
) -> Message:
    """The session's figures; what concerns heads, advice, effort and stages is the last frame's."""
    return {
        "type": "stats",
        "data": {
            "transport": transport,
            "received": figures.received,
            "delivered": figures.delivered,
            "dropped": {cause.value: count for cause, count in figures.dropped.items()},
            "failed": figures.failed,
            "in_flight": figures.in_flight,
            "fps": round(figures.fps, 1),
            "latency_ms": {"p50": round(figures.p50_ms, 1), "p95": round(figures.p95_ms, 1)},
            "heads": last.heads,
            **_head_field(last.heads),
            "advice": last.advice,
            "effort": None if last.effort is None else round(last.effort, 2),
            **({"link": _rounded(link)} if link is not None else {}),
            "stage_ms": {stage: round(ms, 2) for stage, ms in last.stage_ms.items()},
        },
    }


def _rounded(link: LinkFigures) -> Message:
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in asdict(link).items()
    }


def _head_field(heads: int | None) -> Message:
    if heads is None:
        return {}
    return {"head": "none" if heads == 0 else "one" if heads == 1 else "several"}


def server_closing(now: datetime) -> Message:
    """The server stops; what is under way is finished first."""
    return {
        "type": "server_closing",
        "message": "The server is stopping; please reconnect in a moment",
        "timestamp": iso_utc(now),
    }
