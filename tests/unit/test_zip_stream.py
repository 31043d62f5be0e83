"""A ZIP that is taken while it is made."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest

from server import zip_stream
from server.zip_stream import ZipStream


async def _content(*pieces: bytes) -> AsyncGenerator[bytes, None]:
    for piece in pieces:
        if piece == b"!":
            raise LookupError
        yield piece


async def _take(pieces: AsyncGenerator[bytes, None], into: list[bytes]) -> None:
    async for piece in pieces:
        into += [piece]


async def test_members_and_their_directory_come_in_small_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However large a piece that is put in, and however many members there are."""
    monkeypatch.setattr(zip_stream, "PIECE_BYTES", 100)
    made = ZipStream(datetime(2026, 3, 4, 5, 6, 8, tzinfo=UTC))
    pieces = list[bytes]()
    await _take(made.add("large", _content(bytes(1000), b"end")), pieces)
    for number in range(50):
        await _take(made.add(f"{number}", _content()), pieces)
    await _take(made.end(), pieces)
    assert max(map(len, pieces)) == 100
    with ZipFile(BytesIO(b"".join(pieces))) as read:
        assert read.testzip() is None
        assert read.namelist() == ["large", *(f"{number}" for number in range(50))]
        assert read.read("large") == bytes(1000) + b"end"
        assert read.getinfo("large").date_time == (2026, 3, 4, 5, 6, 8)


async def test_what_fails_is_not_there_or_ends_there() -> None:
    """Before its first piece, and behind it; the next member is whole."""
    made, pieces = ZipStream(datetime(2026, 1, 1, tzinfo=UTC)), list[bytes]()
    for name, content in (("none", (b"!",)), ("half", (b"half", b"!"))):
        with pytest.raises(LookupError):
            await _take(made.add(name, _content(*content)), pieces)
    await _take(made.add("whole", _content(b"whole")), pieces)
    await _take(made.end(), pieces)
    with ZipFile(BytesIO(b"".join(pieces))) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == {
            "half": b"half",
            "whole": b"whole",
        }
