"""The JSON messages: what is understood, what is refused and how, what is answered."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from media.frame import DropCause
from processing.engine import Advice
from processing.ledger import Figures
from processing.look import Look, LookValues
from processing.pipeline import Processed
from server import messages
from server.errors import ClientError, ErrorCode
from server.messages import (
    FRAME_ID_MAX_CHARS,
    ClearLook,
    ClientMessage,
    ProcessFrame,
    SetColorImage,
    SetLook,
    SetStyle,
    SetStyleImage,
    parse_message,
)

_NOW = datetime(2026, 1, 2, 3, 4, 5, 678_900, UTC)
_LOOK = Look("classic", color=(0x23, 0x4B, 0xA6), shade="copper", intensity=0.8)


def _refused(text: bytes) -> ClientError:
    with pytest.raises(ClientError) as caught:
        parse_message(text)
    return caught.value


def _message(kind: str, **data: Any) -> bytes:
    return orjson.dumps({"type": kind, "data": data})


def _on_the_wire(message: messages.Message) -> Any:
    """A message as the client reads it."""
    return orjson.loads(orjson.dumps(message))


# -- in -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (_message("process_frame", frame_id="f1", frame_data="QUJD"), ProcessFrame("f1", "QUJD")),
        (_message("set_style_image", image_data="QUJD"), SetStyleImage("QUJD")),
        (_message("set_style_image", style_id="st1"), SetStyle("st1")),
        (_message("set_color_image", image_data="QUJD"), SetColorImage("QUJD")),
        (_message("set_look", look={}), SetLook(LookValues())),
        (
            _message("set_look", look={"engine": "classic", "color": "copper", "intensity": 0.8}),
            SetLook(LookValues(engine="classic", color="copper", intensity=0.8)),
        ),
        (b'{"type":"clear_look"}', ClearLook()),
        (b'{"type":"clear_look","data":null}', ClearLook()),
        (b' {"data":{"image_data":""},"type":"set_style_image","more":1} ', SetStyleImage("")),
    ],
)
def test_understands_every_message(text: bytes, expected: ClientMessage) -> None:
    """Each type of message becomes its record; fields that nobody asked for do no harm."""
    assert parse_message(text) == expected


@pytest.mark.parametrize(
    "text",
    [b"[" * 100_000, b'{"data":[' + b"[]," * 100_000, b'{"a":' * 2000, b'{"":1,' + b'"b":1,' * 999],
    ids=["deep", "many lists", "nested keys", "many keys"],
)
def test_bomb_is_not_parsed(text: bytes) -> None:
    """A message of a thousand parts is refused before it is parsed."""
    with pytest.raises(ClientError) as caught:
        parse_message(text)
    assert caught.value.code is ErrorCode.INVALID_MESSAGE


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"no json", b"{'type':1}", b'"\xff"', b'{"type":NaN}', b"\x00",
        b'{"type":"x"} {}', b"[" * 100,
    ],
    ids=lambda text: repr(text[:12]),
)  # fmt: skip
def test_text_that_is_no_json(text: bytes) -> None:
    """What cannot be parsed, however deep or broken, is INVALID_JSON and nothing worse."""
    assert _refused(text).code is ErrorCode.INVALID_JSON


@pytest.mark.parametrize(
    "text", [b"null", b"1", b"[]", b'"process_frame"', b"{}", b'{"type":1}', b'{"type":null}']
)
def test_json_that_is_no_message(text: bytes) -> None:
    """JSON without a text ``type`` is INVALID_MESSAGE."""
    assert _refused(text).code is ErrorCode.INVALID_MESSAGE


def test_unknown_type_is_named_in_short() -> None:
    """An unknown type is quoted back, but no more than the beginning of it."""
    refused = _refused(_message("x" * 1000))
    assert refused.code is ErrorCode.UNKNOWN_TYPE
    assert "x" * 32 in refused.message
    assert len(refused.message) < 100


@pytest.mark.parametrize(
    "kind", ["process_frame", "set_style_image", "set_color_image", "set_look"]
)
@pytest.mark.parametrize("data", [None, [], "text", 5])
def test_data_must_be_an_object(kind: str, data: object) -> None:
    """A message whose ``data`` is no object is INVALID_MESSAGE, and the type is named."""
    refused = _refused(orjson.dumps({"type": kind, "data": data}))
    assert refused.code is ErrorCode.INVALID_MESSAGE
    assert kind in refused.message


@pytest.mark.parametrize("frame_id", [None, 1, "", "x" * (FRAME_ID_MAX_CHARS + 1), ["f"]])
def test_unusable_frame_id(frame_id: object) -> None:
    """A frame_id that is no text, empty or too long is refused, and not echoed."""
    refused = _refused(_message("process_frame", frame_id=frame_id, frame_data="QUJD"))
    assert refused.code is ErrorCode.INVALID_FRAME_ID
    assert refused.frame_id is None


def test_longest_frame_id() -> None:
    """A frame_id of the greatest length is taken as it is, whatever its letters."""
    longest = "é" * FRAME_ID_MAX_CHARS
    parsed = parse_message(_message("process_frame", frame_id=longest, frame_data=""))
    assert parsed == ProcessFrame(longest, "")


@pytest.mark.parametrize("frame_data", [None, 5, {}])
def test_frame_without_its_picture_is_answered_for_that_frame(frame_data: object) -> None:
    """A frame with a good id and no text as its picture is refused under its id."""
    refused = _refused(_message("process_frame", frame_id="f1", frame_data=frame_data))
    assert (refused.code, refused.frame_id) == (ErrorCode.INVALID_MESSAGE, "f1")
    assert "data.frame_data" in refused.message


@pytest.mark.parametrize("data", [{"style_id": 5}, {"style_id": "st1", "image_data": "QUJD"}])
def test_a_style_is_named_alone(data: dict[str, object]) -> None:
    """By its id, which is a text, and without a photo; the field is named."""
    refused = _refused(_message("set_style_image", **data))
    assert refused.code is ErrorCode.INVALID_MESSAGE
    assert "data.style_id" in refused.message


@pytest.mark.parametrize("kind", ["set_style_image", "set_color_image"])
def test_photo_must_be_text(kind: str) -> None:
    """A photo that is no text is INVALID_MESSAGE, and the field is named."""
    refused = _refused(_message(kind, image_data=5))
    assert (refused.code, refused.frame_id) == (ErrorCode.INVALID_MESSAGE, None)
    assert "data.image_data" in refused.message


@pytest.mark.parametrize(
    ("look", "field"),
    [({"intensity": 2}, "intensity"), ({"colour": "x"}, "colour"), (None, "look"), ("red", "look")],
)
def test_wrong_look_is_named(look: object, field: str) -> None:
    """A look that cannot be is INVALID_LOOK, and the text names the field."""
    refused = _refused(_message("set_look", look=look))
    assert refused.code is ErrorCode.INVALID_LOOK
    assert refused.message.startswith(f"{field}: ")


# -- out ----------------------------------------------------------------------------------------


def test_connection_established() -> None:
    """The greeting carries session, time in UTC, look, what is applied, and the limits."""
    message = messages.connection_established("s1", _NOW, _LOOK, ("color",), {"max_picture_px": 5})
    assert _on_the_wire(message) == {
        "type": "connection_established",
        "session_id": "s1",
        "timestamp": "2026-01-02T03:04:05.678Z",
        "look": {
            "engine": "classic", "color": "#a64b23", "shade": "copper", "intensity": 0.8,
            "shine": 0.0, "ombre": None, "highlights": None,
            "style_image": False, "color_image": False,
        },
        "applied": ["color"],
        "note": None,
        "limits": {"max_picture_px": 5},
    }  # fmt: skip


def test_times_are_in_utc() -> None:
    """A moment of another time zone is written in UTC."""
    elsewhere = _NOW.astimezone(timezone(timedelta(hours=2)))
    assert messages.server_closing(elsewhere)["timestamp"] == "2026-01-02T03:04:05.678Z"


@pytest.mark.parametrize(
    ("to", "kind"),
    [
        (SetStyleImage(""), "style_set"),
        (SetStyle(""), "style_set"),
        (SetColorImage(""), "color_set"),
        (ClearLook(), "look_set"),
    ],
)
def test_look_answer_without_a_look(to: ClientMessage, kind: str) -> None:
    """With no look the answers say null and an empty list, and there is nothing to note."""
    assert _on_the_wire(messages.look_answer(to, _NOW, None, ())) == {
        "type": kind,
        "status": "ok",
        "timestamp": "2026-01-02T03:04:05.678Z",
        "look": None,
        "applied": [],
        "note": None,
    }


def test_look_answer_notes_what_is_left_out() -> None:
    """An answer says in words what of the look the engine does not apply."""
    answer = messages.look_answer(SetLook(LookValues()), _NOW, _LOOK, ())
    assert "color" in answer["note"]


def test_processed_frame() -> None:
    """A result carries the frame's id, its picture, and the time to a hundredth of a ms."""
    assert _on_the_wire(messages.processed_frame("f1", "QUJD", 7.4567)) == {
        "type": "processed_frame",
        "data": {"frame_id": "f1", "processed_frame_data": "QUJD", "processing_time_ms": 7.46},
    }


@pytest.mark.parametrize("cause", list(DropCause))
def test_frame_dropped(cause: DropCause) -> None:
    """A drop names its frame and its cause as plain text."""
    assert _on_the_wire(messages.frame_dropped("f1", cause)) == {
        "type": "frame_dropped", "frame_id": "f1", "reason": cause.value,
    }  # fmt: skip


def test_error_with_and_without_a_frame() -> None:
    """An error names its frame if it was one, and has no such field if not."""
    about_frame = messages.error(ErrorCode.INVALID_IMAGE, "no picture", "f1")
    assert _on_the_wire(about_frame) == {
        "type": "error", "error": "INVALID_IMAGE", "message": "no picture", "frame_id": "f1",
    }  # fmt: skip
    assert "frame_id" not in messages.error(ErrorCode.INVALID_JSON, "no JSON")


_FIGURES = Figures(
    received=9, delivered=7, dropped=dict.fromkeys(DropCause, 0) | {DropCause.LATE: 1},
    failed=0, in_flight=1, fps=24.94, p50_ms=12.14, p95_ms=19.76, average_latency_ms=13.0,
)  # fmt: skip


def test_stats_shows_every_cause() -> None:
    """The figures go out rounded, with each cause of drops by its name."""
    last = Processed(b"", 1, {"decode": 0.934}, (Advice.TOO_DARK, Advice.TOO_FAR), 0.333)
    assert _on_the_wire(messages.stats("websocket", _FIGURES, last))["data"] == {
        "transport": "websocket", "received": 9, "delivered": 7,
        "dropped": {cause.value: int(cause is DropCause.LATE) for cause in DropCause},
        "failed": 0, "in_flight": 1, "fps": 24.9,
        "latency_ms": {"p50": 12.1, "p95": 19.8}, "heads": 1, "head": "one",
        "advice": ["too_dark", "too_far"], "effort": 0.33, "stage_ms": {"decode": 0.93},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("heads", "word"), [(0, "none"), (1, "one"), (2, "several"), (9, "several")]
)
def test_stats_say_in_a_word_how_many_heads(heads: int, word: str) -> None:
    """However many heads there are, the word is none, one or several."""
    data = messages.stats("websocket", _FIGURES, Processed(b"", heads))["data"]
    assert (data["heads"], data["head"]) == (heads, word)


def test_stats_where_nobody_looked() -> None:
    """With no look on there is no word on heads, no advice and no effort."""
    data = _on_the_wire(messages.stats("websocket", _FIGURES, Processed(b"")))["data"]
    assert "head" not in data
    assert (data["heads"], data["advice"], data["effort"], data["stage_ms"]) == (None, [], None, {})
