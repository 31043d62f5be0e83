"""A ZIP that is taken while it is made: none of it is held for longer."""

import asyncio
import zipfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from datetime import datetime
from typing import Final, TypeAlias

PIECE_BYTES: Final = 1024 * 1024
"""No more is given out at once."""

Content: TypeAlias = AsyncGenerator[bytes | memoryview, None]


class ZipStream:
    """Members come one after the other, as they are: films and photos are compressed already."""

    def __init__(self, made_at: datetime) -> None:
        self._made_at = made_at.timetuple()[:6]
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_STORED)

    async def add(self, name: str, content: Content) -> AsyncGenerator[bytes, None]:
        """The bytes of the ZIP that this member is. Raises what ``content`` raises; if that is
        before its first piece there is no such member, else one that ends there."""
        async with aclosing(content):
            piece = await anext(content, b"")
            member = zipfile.ZipInfo(name, self._made_at)
            with self._zip.open(member, "w", force_zip64=True) as file:
                while piece:
                    file.write(piece)
                    for part in self.take():
                        yield part
                    piece = await anext(content, b"")
        for part in self.take():
            yield part

    async def end(self) -> AsyncGenerator[bytes, None]:
        """The bytes behind the last member: where each one is."""
        await asyncio.to_thread(self._zip.close)
        for part in self.take():
            yield part

    def take(self) -> Iterator[bytes]:
        """What has been made since, in pieces of at most PIECE_BYTES."""
        data = self._sink.take()
        return (data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES))


class _Sink:
    """What a ZIP is written to, and taken from at once: it cannot be gone back in."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes, /) -> int:
        """Take in some bytes."""
        self._data += data
        return len(data)

    def flush(self) -> None:
        """There is nothing behind this."""

    def close(self) -> None:
        """There is nothing behind this."""

    def take(self) -> bytes:
        """Hand out what was written since."""
        data, self._data = bytes(self._data), bytearray()
        return data
