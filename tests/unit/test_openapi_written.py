"""The document for programs is written once, and not before somebody asks."""

import asyncio

from server.openapi.written import WrittenDocument


async def test_it_is_written_when_first_asked_for() -> None:
    """However many ask at once, and afterwards."""
    written = list[bytes]()

    def write() -> bytes:
        written.append(b"{}")
        return b"{}"

    document = WrittenDocument(write)
    assert written == []
    both = await asyncio.gather(document.body(), document.body())
    assert list(both) == [b"{}", b"{}"]
    assert await document.body() == b"{}"
    assert written == [b"{}"]
