"""A picture's bytes on a text channel: base64, bare or as a ``data:`` URL (RFC 2397)."""

import binascii

import pybase64

DATA_URL_HEAD_MAX = 128
"""Longest ``data:image/…;base64,`` that is looked through for its comma."""


_LINE_BREAKS = str.maketrans("", "", "\r\n")


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
        comma = text.find(",", 0, DATA_URL_HEAD_MAX)
        if comma < 0 or not text.endswith(";base64", 0, comma):
            raise BrokenBase64
        text = text[comma + 1 :]
    if "\n" in text:  # MIME's line breaks, which Android's encoder makes by default
        text = text.translate(_LINE_BREAKS)
    try:
        return pybase64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BrokenBase64 from None


def payload_text(data: bytes) -> str:
    """The bytes as bare base64."""
    return pybase64.b64encode_as_string(data)
