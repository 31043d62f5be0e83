"""The binary form of frames (subprotocol ``hair-tryon.binary.v1``): 8 bytes, then the picture."""

import struct

from server.errors import ClientError, ErrorCode

SUBPROTOCOL = "hair-tryon.binary.v1"
VERSION = 1
KIND_FRAME = 1
KIND_PROCESSED = 2
_HEADER = struct.Struct("!BBHI")
_MAX_MS = 0xFFFF


def parse_frame(message: bytes, subprotocol: str | None) -> tuple[str, bytes]:
    """The frame's number, in decimal, and its picture.

    ``subprotocol`` is what the connection agreed on. Raises ClientError with
    BINARY_NOT_NEGOTIATED or INVALID_BINARY.
    """
    if subprotocol != SUBPROTOCOL:
        raise ClientError(
            ErrorCode.BINARY_NOT_NEGOTIATED, f"Binary messages need the subprotocol {SUBPROTOCOL}"
        )
    if len(message) < _HEADER.size:
        raise ClientError(ErrorCode.INVALID_BINARY, "A binary message begins with 8 header bytes")
    version, kind, _, number = _HEADER.unpack_from(message)
    if version != VERSION or kind != KIND_FRAME:
        raise ClientError(
            ErrorCode.INVALID_BINARY,
            f"Expected version {VERSION} and kind {KIND_FRAME}, got {version} and {kind}",
        )
    return str(number), message[_HEADER.size :]


def pack_processed(frame_id: str, picture: bytes, processing_ms: float) -> bytes:
    """A changed frame with its number and its processing time, rounded to milliseconds."""
    elapsed_ms = min(_MAX_MS, round(processing_ms))
    return _HEADER.pack(VERSION, KIND_PROCESSED, elapsed_ms, int(frame_id)) + picture
