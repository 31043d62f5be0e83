"""Objects in a folder of this machine. Several processes may share it."""

import asyncio
import mmap
import os
import threading
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

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

WRITERS: Final = 2
"""So many objects are written at once. On threads of their own: a film takes one as long as it is
written, and who reads would wait for it."""

T = TypeVar("T")


class Rooms(threading.local):
    """Memory that each thread reads into again and again: new memory has to be made first,
    page by page."""

    def __init__(self) -> None:
        self._room = memoryview(b"")

    def room(self, size_bytes: int, at: int) -> memoryview:
        """So much of it, until the thread asks again, for what is at that place in a file.

        It begins as far behind the begin of a page as the place does: some processors copy at a
        fifth of their speed to where it is a few bytes further.
        """
        begin = at % mmap.PAGESIZE
        if len(self._room) < begin + size_bytes:
            self._room = memoryview(mmap.mmap(-1, mmap.PAGESIZE + size_bytes))
        return self._room[begin : begin + size_bytes]


class LocalObjects(Objects):
    """See Objects. An object that is being written has a name of its own, which obstore passes
    over; obstore would write objects too, but not durably."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._rooms = Rooms()
        # Its queue holds no more than one object for each caller who waits.
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="objects")
        super().__init__(LocalStore(self._folder))

    @classmethod
    async def open(cls, folder: Path) -> "LocalObjects":
        """Make the folder if there is none, and remove from it what processes that died had
        begun. Raises OSError if it cannot be had."""
        await asyncio.to_thread(_prepare, folder)
        return cls(folder)

    def part(
        self, name: str, start: int, stop: int, use: Callable[[memoryview], T]
    ) -> Awaitable[T]:
        """See Objects. All of it in one visit to another thread, and without a task, which would
        take a quarter more time."""
        check_name(name)
        path, loop = self._folder / name, asyncio.get_running_loop()
        return loop.run_in_executor(None, _use, path, start, stop, use, self._rooms)

    async def delete(self, name: str) -> None:
        """See Objects."""
        check_name(name)
        with disk_failing():
            await asyncio.to_thread(_delete, self._folder / name)

    async def ping(self) -> None:
        """See Objects. A folder that went away is no folder without objects."""
        with disk_failing():
            await asyncio.to_thread(self._folder.stat)

    async def close(self) -> None:
        """See Objects."""
        await asyncio.to_thread(self._writers.shutdown)

    async def _put(self, name: str, parts: Parts, size_bytes: int) -> None:
        with disk_failing():
            await asyncio.get_running_loop().run_in_executor(
                self._writers, _write, self._folder, name, parts, size_bytes
            )

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


def _use(path: Path, start: int, stop: int, use: Callable[[memoryview], T], rooms: Rooms) -> T:
    """obstore would copy the bytes to new memory, which takes several times as long."""
    room, got = rooms.room(stop - start, start), 0
    with failing():
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            # The system may give less than there is.
            while got < len(room) and (more := os.preadv(descriptor, [room[got:]], start + got)):
                got += more
        finally:
            os.close(descriptor)
    return use(room[:got])


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
