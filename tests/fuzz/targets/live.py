"""Messages of the live protocol, and looks."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from hypothesis import strategies as st

from media.payload import BrokenBase64, payload_bytes
from processing.look import Look, LookError
from server import binary, messages
from server.errors import ClientError
from server.form_fields import LookForm, checked
from server.messages import ProcessFrame, SetLook, parse_message
from server.replies import RequestRefused
from tests.fuzz.target import Target, changed

_NOW: Final = datetime(2026, 1, 2, tzinfo=UTC)
LOOK: Final = {
    "engine": "classic", "color": "copper", "intensity": 0.8, "shine": 0.3,
    "ombre": {"tips": "honey", "roots": "#102030", "position": 0.5, "softness": 0.25},
    "highlights": {"color": "#ffffff", "amount": 0.4},
}  # fmt: skip
GOOD: Final = tuple(
    json.dumps(message).encode()
    for message in (
        {"type": "process_frame", "data": {"frame_id": "f1", "frame_data": "/9j/4AAQ"}},
        {"type": "set_style_image", "data": {"image_data": "data:image/png;base64,iVBORw0KGgo="}},
        {"type": "set_color_image", "data": {"image_data": "iVBORw0KGgo="}},
        {"type": "set_look", "data": {"look": LOOK}},
        {"type": "clear_look"},
    )
)
WORDS: Final = (
    b'"type"', b'"data"', b'"look"', b'"frame_id"', b'"frame_data"', b"process_frame", b"set_look",
    b"clear_look", b'"color"', b'"ombre"', b'"highlights"', b"null", b"true", b"{}", b"[]", b'""',
    b"\\ud800", b"\\u0000", b"data:", b";base64,", b"1e400", b"-0.0", b"copper", b"#a64b23",
)  # fmt: skip

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["copper", "#a64b23", "classic", "f1", "#ABCDEF ", "\u0660"])
)  # fmt: skip
NAMES = st.sampled_from(
    ["type", "data", "look", "frame_id", "frame_data", "image_data", *LOOK, "tips", "amount"]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=20,
)


def _as_json(tree: Any) -> bytes:
    return json.dumps(tree).encode("utf-8", "surrogatepass")


_TYPED = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["process_frame", "set_look", "set_style_image", "set_color_image", "clear_look"]
        ),
        "data": TREES,
    }
)


def _read_message(text: bytes) -> None:
    """As far as a session reads it before the pools work."""
    message = parse_message(text)
    if isinstance(message, ProcessFrame):
        payload_bytes(message.frame_data)
    elif isinstance(message, SetLook):
        _wear(Look("classic").with_values(message.values, "classic"))


def _wear(look: Look) -> None:
    """What is made of a look has to be what can be told, and a look again."""
    messages.look_answer(messages.ClearLook(), _NOW, look, look.parts)
    assert Look("classic").with_values(look.values(), "classic").describe() == look.describe()


def _read_binary(message: bytes) -> None:
    frame_id, picture = binary.parse_frame(message, binary.SUBPROTOCOL)
    binary.pack_processed(frame_id, picture, 1e9)


def _read_form(values: Any) -> None:
    form = checked(LookForm, values)
    if form.look is not None:
        _wear(Look("classic").with_values(form.look, "classic"))


_FORMS = st.fixed_dictionaries(
    {"look": changed(_as_json(LOOK), words=WORDS).map(lambda data: data.decode(errors="replace"))
     | TREES.map(json.dumps)},
    optional={"style_image": st.text(max_size=3), "nothing": st.text(max_size=3)},
)  # fmt: skip

TARGETS: Final = (
    Target(
        "messages",
        changed(*GOOD, words=WORDS) | st.binary(max_size=200) | TREES.map(_as_json)
        | _TYPED.map(_as_json),
        _read_message,
        (ClientError, BrokenBase64, LookError),
    ),
    Target(
        "binary",
        changed(b"\1\1\0\0\0\0\1\2\xff\xd8\xff") | st.binary(max_size=20),
        _read_binary,
        (ClientError,),
    ),
    Target("looks", _FORMS, _read_form, (RequestRefused, LookError)),
)  # fmt: skip
