"""Files that users send and get, in a folder of this machine."""

import asyncio
import errno
import hashlib
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
WORKING: Final = "working"
"""The folder of files that are being made; who makes them again removes them first."""
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
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """The SHA-256 of what was written so far, in hexadecimal digits."""
        return self._hash.hexdigest()

    async def write(self, data: bytes) -> None:
        """Append to the file. Raises StorageFailed, as when the disk is full."""
        self._waiting += data
        self._hash.update(data)
        self.size_bytes += len(data)
        if len(self._waiting) >= BUFFER_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Bring to the disk what was not yet written, so that others can read it."""
        data, self._waiting = bytes(self._waiting), bytearray()
        await _on_disk(self._file, data)

    async def keep(self, name: str) -> None:
        """Keep the file under that name."""
        await self.flush()
        try:
            await asyncio.to_thread(_settle, self._file, self.path, self._home / name)
        except OSError as error:
            raise _failure(error) from error

    async def close(self) -> None:
        """Let go of the file; remove it if it was not kept."""
        await asyncio.shield(asyncio.to_thread(_discard, self._file, self.path))


class LocalFiles:
    """Keeps files in a folder, readable to this user alone. Several processes may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    @classmethod
    async def open(cls, folder: Path) -> "LocalFiles":
        """Make the folder if there is none. Raises OSError if it cannot be had."""
        files = cls(folder)
        await asyncio.to_thread(files._prepare)
        return files

    async def clear_incoming(self) -> None:
        """Remove what an earlier run left half received: for the one process that receives."""
        await asyncio.to_thread(_empty, self._folder / INCOMING)

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

    @asynccontextmanager
    async def working(self, name: str) -> AsyncIterator[Path]:
        """A folder of that name to make files in; it is gone afterwards, and empty before."""
        folder = self._folder / WORKING / name
        try:
            await asyncio.to_thread(_begin, folder)
        except OSError as error:
            raise _failure(error) from error
        try:
            yield folder
        finally:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))

    async def working_names(self) -> list[str]:
        """The working folders that there are."""
        return await asyncio.to_thread(_names, self._folder / WORKING)

    async def clear_working(self, name: str) -> None:
        """Remove a working folder: of work that nobody will end."""
        await asyncio.to_thread(shutil.rmtree, self._folder / WORKING / name, ignore_errors=True)

    async def write(self, name: str, data: bytes) -> None:
        """Keep these bytes under that name. Raises StorageFailed."""
        async with self.receive() as incoming:
            await incoming.write(data)
            await incoming.keep(name)

    async def take(self, made: Path, name: str) -> None:
        """Keep a file that was made in a working folder, in the place of one of that name. Raises
        StorageFailed."""
        try:
            await asyncio.to_thread(_take, made, self._folder / name)
        except OSError as error:
            raise _failure(error) from error

    async def delete(self, name: str) -> None:
        """Remove a kept file, if it is there. Raises StorageFailed."""
        try:
            await asyncio.to_thread(self.path(name).unlink, missing_ok=True)
        except OSError as error:
            raise _failure(error) from error

    def _prepare(self) -> None:
        for name in (INCOMING, WORKING):
            (self._folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)


def new_name(kind: str, suffix: str) -> str:
    """A name that cannot be guessed; ``kind`` says what is in the file."""
    return f"{kind}_{uuid.uuid4()}{suffix}" if kind else f"{uuid.uuid4()}{suffix}"


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def _begin(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []


def _take(made: Path, target: Path) -> None:
    with made.open("rb") as file:
        os.fsync(file.fileno())
    made.chmod(0o600)
    made.rename(target)


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
