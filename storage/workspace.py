"""Plain files, for as long as they come in, are looked at, or are changed: only here, and no
longer."""

import asyncio
import hashlib
import shutil
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Final

from storage.disk import (
    check_room,
    create_claimed,
    discard,
    disk_failing,
    made_aside,
    make_private_folder,
    remove_unclaimed,
)

INCOMING: Final = "incoming"
"""The folder of files that are on their way."""
WORKING: Final = "working"
"""The folder of folders in which files are made; who makes them again removes them first."""
BUFFER_BYTES: Final = 1024 * 1024
"""So much is gathered before it is written: each writing is a trip to another thread."""


class Incoming:
    """A file that is being received. It is gone afterwards."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.size_bytes = 0
        self._file = file
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
        """Write what was not yet written, so that others can read it. Raises StorageFailed."""
        data, self._waiting = bytes(self._waiting), bytearray()
        with disk_failing():
            await asyncio.to_thread(_write, self._file, data)

    def discard(self) -> None:
        """Let go of the file, and remove it."""
        discard(self._file, self.path)

    async def close(self) -> None:
        """The same, whoever waits for it."""
        await asyncio.shield(asyncio.to_thread(self.discard))


class Workspace:
    """A folder for plain files, readable to this user alone. Several processes may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    @classmethod
    async def open(cls, folder: Path) -> "Workspace":
        """Make the folder if there is none, and remove what processes that died had half received.

        Raises OSError if it cannot be had.
        """
        workspace = cls(folder)
        await asyncio.to_thread(workspace._prepare)
        return workspace

    @asynccontextmanager
    async def receive(self) -> AsyncIterator[Incoming]:
        """A new file. Raises StorageFailed if it cannot be made."""
        with disk_failing():
            incoming = await made_aside(self._new_incoming, Incoming.discard)
        try:
            yield incoming
        finally:
            await incoming.close()

    @asynccontextmanager
    async def working(self, name: str) -> AsyncIterator[Path]:
        """A folder of that name to make files in; it is gone afterwards, and empty before. Raises
        StorageFailed."""
        folder = self._folder / WORKING / name
        with disk_failing():
            await asyncio.to_thread(_begin, folder)
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

    def _prepare(self) -> None:
        for name in (INCOMING, WORKING):
            make_private_folder(self._folder / name)
        remove_unclaimed((self._folder / INCOMING).iterdir())

    def _new_incoming(self) -> Incoming:
        path = self._folder / INCOMING / uuid.uuid4().hex
        check_room(path.parent)
        return Incoming(path, create_claimed(path))


def _begin(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    check_room(folder.parent)
    folder.mkdir(mode=0o700)


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []


def _write(file: BinaryIO, data: bytes) -> None:
    file.write(data)
    file.flush()
