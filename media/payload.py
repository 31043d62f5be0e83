"""A picture's bytes on a text channel: base64, bare or as a ``data:`` URL (RFC 2397)."""

import binascii

import pybase64

DATA_URL_HEAD_MAX = 128
"""Longest ``data:image/…;base64,`` that is looked through for its comma."""


class BrokenBase64(ValueError):
    """The text is not base64."""

    def __init__(self) -> None:
        super().__init__("the picture is not valid base64")


def payload_bytes(payload: bytes | str) -> bytes:
    """The picture's bytes, whichever way they came. Raises BrokenBase64."""
    if isinstance(payload, bytes):
        return payload
    text = payload
    if text.startswith("data:"):
        head, comma, text = text.partition(",")
        if not comma or len(head) > DATA_URL_HEAD_MAX or not head.endswith(";base64"):
            raise BrokenBase64
    try:
        return pybase64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BrokenBase64 from None


def payload_text(data: bytes) -> str:
    """The bytes as bare base64."""
    return pybase64.b64encode_as_string(data)
