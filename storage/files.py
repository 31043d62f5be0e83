"""Files that users send and get, in a folder of this machine."""

import asyncio
import errno
import os
import shutil
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from storage.database import StorageFailed

INCOMING: Final = "incoming"
"""The folder of files that are still on their way; what is in it at the start was given up."""
LEAST_FREE_BYTES: Final = 256 * 1024 * 1024
"""So much of the disk stays free, for the database."""
BUFFER_BYTES: Final = 1024 * 1024
"""So much is gathered before it is written: each writing is a trip to another thread."""


class Incoming:
    """A file that is being received. It is gone afterwards, unless it is kept."""

    def __init__(self, path: Path, file: BinaryIO, home: Path) -> None:
        self.path = path
        self.size_bytes = 0
        self._file = file
        self._home = home
        self._waiting = bytearray()

    async def write(self, data: bytes) -> None:
        """Append to the file. Raises StorageFailed, as when the disk is full."""
        self._waiting += data
        self.size_bytes += len(data)
        if len(self._waiting) >= BUFFER_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Bring to the disk what was not yet written, so that others can read it."""
        data, self._waiting = bytes(self._waiting), bytearray()
        await _on_disk(self._file, data)

    async def keep(self, suffix: str) -> str:
        """Keep the file, under a name that cannot be guessed; returns the name."""
        await self.flush()
        name = f"{uuid.uuid4()}{suffix}"
        try:
            await asyncio.to_thread(_settle, self._file, self.path, self._home / name)
        except OSError as error:
            raise _failure(error) from error
        return name

    async def close(self) -> None:
        """Let go of the file; remove it if it was not kept."""
        await asyncio.shield(asyncio.to_thread(_discard, self._file, self.path))


class LocalFiles:
    """Keeps files in a folder, readable to this user alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    async def open(cls, folder: Path) -> "LocalFiles":
        """Make the folder if there is none, and remove what an earlier run left half received.

        Raises OSError if the folder cannot be had.
        """
        return cls(await asyncio.to_thread(_prepare, folder))

    @asynccontextmanager
    async def receive(self) -> AsyncIterator[Incoming]:
        """A new file. Raises StorageFailed if it cannot be made."""
        path = self._folder / INCOMING / uuid.uuid4().hex
        try:
            file = await asyncio.to_thread(_create, path)
        except OSError as error:
            raise _failure(error) from error
        incoming = Incoming(path, file, self._folder)
        try:
            yield incoming
        finally:
            await incoming.close()

    def path(self, name: str) -> Path:
        """Where a kept file is."""
        return self._folder / name

    async def delete(self, name: str) -> None:
        """Remove a kept file, if it is there. Raises StorageFailed."""
        try:
            await asyncio.to_thread(self.path(name).unlink, missing_ok=True)
        except OSError as error:
            raise _failure(error) from error


def _prepare(folder: Path) -> Path:
    """The folder's absolute path."""
    incoming = folder.absolute() / INCOMING
    incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in incoming.iterdir():
        path.unlink()
    return incoming.parent


def _create(path: Path) -> BinaryIO:
    if shutil.disk_usage(path.parent).free < LEAST_FREE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "wb")


async def _on_disk(file: BinaryIO, data: bytes) -> None:
    try:
        await asyncio.to_thread(_write, file, data)
    except OSError as error:
        raise _failure(error) from error


def _write(file: BinaryIO, data: bytes) -> None:
    file.write(data)
    file.flush()


def _settle(file: BinaryIO, path: Path, target: Path) -> None:
    """The name comes last: what has it is whole, also after the machine lost its power."""
    os.fsync(file.fileno())
    path.rename(target)


def _discard(file: BinaryIO, path: Path) -> None:
    # What could not be written cannot be written at the end either.
    with suppress(OSError):
        file.close()
    # The next start removes it.
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _failure(error: OSError) -> StorageFailed:
    return StorageFailed(os.strerror(error.errno) if error.errno else type(error).__name__)
