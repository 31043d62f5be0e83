"""Objects in a folder of this machine. Several processes may share it."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from obstore.store import LocalStore

from storage.disk import (
    check_room,
    create_claimed,
    disk_failing,
    make_private_folder,
    remove_unclaimed,
    sync,
    sync_folder,
)
from storage.objects import Beginning, Objects, Parts, check_name, failing

T = TypeVar("T")


class LocalObjects(Objects):
    """See Objects. An object that is being written has a name of its own, which obstore passes
    over; obstore would write objects too, but not durably."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        super().__init__(LocalStore(self._folder))

    @classmethod
    async def open(cls, folder: Path) -> "LocalObjects":
        """Make the folder if there is none, and remove from it what processes that died had
        begun. Raises OSError if it cannot be had."""
        await asyncio.to_thread(_prepare, folder)
        return cls(folder)

    async def part(self, name: str, start: int, stop: int, use: Callable[[memoryview], T]) -> T:
        """See Objects. All of it in one visit to another thread."""
        check_name(name)

        def read() -> T:
            with failing():
                data = self._store.get_range(name, start=start, end=stop)
            return use(memoryview(data))

        return await asyncio.to_thread(read)

    async def delete(self, name: str) -> None:
        """See Objects."""
        check_name(name)
        with disk_failing():
            await asyncio.to_thread(_delete, self._folder / name)

    async def ping(self) -> None:
        """See Objects. A folder that went away is no folder without objects."""
        with disk_failing():
            await asyncio.to_thread(self._folder.stat)

    async def _put(self, name: str, parts: Parts, size_bytes: int) -> None:
        with disk_failing():
            await asyncio.to_thread(_write, self._folder, name, parts, size_bytes)

    async def _begin(self, name: str, size_bytes: int) -> Beginning:
        def read() -> Beginning:
            with failing():
                found = self._store.get(name, options={"range": (0, size_bytes)})
                meta, data = found.meta, found.bytes()
            return Beginning(memoryview(data), meta["size"], meta["last_modified"])

        return await asyncio.to_thread(read)


def _prepare(folder: Path) -> None:
    make_private_folder(folder)
    remove_unclaimed(folder.glob("*#*"))


def _write(folder: Path, name: str, parts: Parts, size_bytes: int) -> None:
    """The name comes last: what has it is whole."""
    check_room(folder, size_bytes)
    begun = folder / f"{name}#{uuid.uuid4().int}"
    try:
        with create_claimed(begun) as file:
            for part in parts:
                file.write(part)
            sync(file)
            begun.rename(folder / name)
        sync_folder(folder)
    finally:
        begun.unlink(missing_ok=True)


def _delete(path: Path) -> None:
    path.unlink(missing_ok=True)
    sync_folder(path.parent)
