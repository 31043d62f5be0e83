"""The binary form of frames, byte by byte."""

import struct

import pytest

from server.binary import SUBPROTOCOL, pack_processed, parse_frame
from server.errors import ClientError, ErrorCode


def _message(version: int = 1, kind: int = 1, number: int = 7, picture: bytes = b"jpeg") -> bytes:
    return struct.pack("!BBHI", version, kind, 0, number) + picture


@pytest.mark.parametrize("number", [0, 7, 2**32 - 1])
def test_reads_number_and_picture(number: int) -> None:
    """A frame gives its number in decimal and the bytes behind the header, untouched."""
    assert parse_frame(_message(number=number), SUBPROTOCOL) == (str(number), b"jpeg")


def test_reads_the_bytes_that_the_readme_names() -> None:
    """Big-endian: version, kind, two bytes of time, four of number, then the picture."""
    assert parse_frame(bytes([1, 1, 0, 0, 0, 0, 1, 2, 99]), SUBPROTOCOL) == ("258", b"\x63")


def test_client_time_is_not_looked_at() -> None:
    """Bytes 2 and 3 of a client's frame mean nothing, whatever they are."""
    assert parse_frame(bytes([1, 1, 255, 255, 0, 0, 0, 5]), SUBPROTOCOL) == ("5", b"")


@pytest.mark.parametrize("subprotocol", [None, "", "hair-tryon.binary.v2"])
def test_needs_the_subprotocol(subprotocol: str | None) -> None:
    """Without the agreed subprotocol a binary message is refused, however right it is."""
    with pytest.raises(ClientError, match=SUBPROTOCOL) as caught:
        parse_frame(_message(), subprotocol)
    assert caught.value.code is ErrorCode.BINARY_NOT_NEGOTIATED


@pytest.mark.parametrize("length", range(8))
def test_short_message_is_refused(length: int) -> None:
    """Fewer bytes than a header are no frame."""
    with pytest.raises(ClientError, match="8 header bytes") as caught:
        parse_frame(_message()[:length], SUBPROTOCOL)
    assert caught.value.code is ErrorCode.INVALID_BINARY


@pytest.mark.parametrize(("version", "kind"), [(0, 1), (2, 1), (1, 0), (1, 2), (255, 255)])
def test_other_version_or_kind_is_refused(version: int, kind: int) -> None:
    """A version or kind of another protocol is named in the refusal."""
    with pytest.raises(ClientError, match=f"got {version} and {kind}") as caught:
        parse_frame(_message(version, kind), SUBPROTOCOL)
    assert caught.value.code is ErrorCode.INVALID_BINARY


@pytest.mark.parametrize(
    ("processing_ms", "written"),
    [(0.0, 0), (0.4, 0), (7.6, 8), (65534.6, 65535), (65536.0, 65535), (1e9, 65535)],
)
def test_writes_the_time_rounded_and_bounded(processing_ms: float, written: int) -> None:
    """The processing time is rounded to milliseconds and never overflows its two bytes."""
    message = pack_processed("258", b"jpeg", processing_ms)
    assert message == bytes([1, 2, *divmod(written, 256), 0, 0, 1, 2]) + b"jpeg"


def test_number_comes_back_as_it_went() -> None:
    """The largest number that a client can choose is given back."""
    frame_id, picture = parse_frame(_message(number=2**32 - 1), SUBPROTOCOL)
    assert pack_processed(frame_id, picture, 1.0)[4:8] == b"\xff" * 4
