"""Uploads are shown to ClamAV's daemon, where one is configured (``clamd`` (8), INSTREAM)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

import structlog

from storage.errors import StorageFailed

CHUNK_BYTES: Final = 256 * 1024
PATIENCE_S: Final = 60.0
_BEGIN: Final = b"zINSTREAM\0"
_CLEAN: Final = b"stream: OK"
_FOUND: Final = b" FOUND"

log = structlog.get_logger(__name__)


class MalwareFound(Exception):
    """The file is one that does harm."""


class MalwareScanner:
    """Asks the daemon at ``address``: ``unix:PATH`` or ``tcp:HOST:PORT``; nobody if it is empty."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def scan(self, path: Path) -> None:
        """Raises MalwareFound; and StorageFailed where nobody could look, since an upload that
        was not looked at is not kept."""
        if not self._address:
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                said = await self._ask(path)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            log.error("malware scanner is away", reason=type(error).__name__)  # noqa: TRY400
            raise StorageFailed("malware scanner") from None
        if said.endswith(_FOUND):
            log.warning(
                "malware found", name=said.removeprefix(b"stream: ").decode(errors="replace")
            )
            raise MalwareFound
        if said != _CLEAN:
            log.error("malware scanner failed", said=said.decode(errors="replace"))
            raise StorageFailed("malware scanner")

    async def _ask(self, path: Path) -> bytes:
        async with self._connected() as (reader, writer):
            writer.write(_BEGIN)
            # A daemon that has seen enough hangs up; what it said is there to be read.
            with suppress(ConnectionError):
                await _send(path, writer)
            return (await reader.readuntil(b"\0")).rstrip(b"\0")

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        kind, _, place = self._address.partition(":")
        if kind == "unix":
            reader, writer = await asyncio.open_unix_connection(place)
        else:
            host, _, port = place.rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def _send(path: Path, writer: asyncio.StreamWriter) -> None:
    """The file in pieces, each behind its length; none at the end."""
    file: BinaryIO = await asyncio.to_thread(path.open, "rb")
    try:
        while data := await asyncio.to_thread(file.read, CHUNK_BYTES):
            writer.write(len(data).to_bytes(4, "big") + data)
            await writer.drain()
    finally:
        await asyncio.to_thread(file.close)
    writer.write(bytes(4))
    await writer.drain()
