"""Objects: bytes by name, in any of obstore's stores. What is in them is nobody's matter here."""

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Final, TypeAlias, TypeVar

from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from storage.errors import FileDamaged, FileMissing, StorageFailed

PAGE: Final = 1000
GIVE_UP_S: Final = 5.0
"""A store that hangs is waited for so long by one who is cancelled."""
NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}")
_NO_OBJECT: Final = "ping"

T = TypeVar("T")
Parts: TypeAlias = Iterator[bytes]
"""What an object is made of, one part after the other; it may take its time for each, and so is
asked on another thread."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """An object's first bytes, its size, and when it was written."""

    data: memoryview
    size_bytes: int
    modified: datetime


class Objects(ABC):
    """An object is there as a whole or not at all.

    Every call raises StorageFailed if the store fails or does not answer in time, and ValueError
    for a name that is none.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, name: str, parts: Parts, size_bytes: int) -> None:
        """Write an object, in the place of one of this name, that outlives a loss of power.

        What the parts raise is raised. When this is left nobody writes any more, however it is
        left; who is cancelled may have written the object.
        """
        check_name(name)
        given_up = Event()
        writing = asyncio.create_task(self._put(name, _until(given_up, parts), size_bytes))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            given_up.set()
            await asyncio.wait([writing], timeout=GIVE_UP_S)
            writing.cancel()
            await asyncio.wait([writing])
            raise

    async def begin(self, name: str, size_bytes: int) -> Beginning:
        """The first bytes of an object, as many as there are. Raises FileMissing, and FileDamaged
        for an object without any."""
        check_name(name)
        try:
            return await self._begin(name, size_bytes)
        except StorageFailed:
            # Stores take it for a fault to be asked for a part of nothing.
            with failing():
                meta = await self._store.head_async(name)
            if meta["size"] == 0:
                raise FileDamaged("empty") from None
            raise

    @abstractmethod
    def part(
        self, name: str, start: int, stop: int, use: Callable[[memoryview], T]
    ) -> Awaitable[T]:
        """What ``use`` makes of these bytes of an object, on another thread; there are fewer where
        the object ends before, and they are gone when it returns. Raises FileMissing, and what
        ``use`` raises."""

    @abstractmethod
    async def delete(self, name: str) -> None:
        """Remove an object, if it is there."""

    async def exists(self, name: str) -> bool:
        """Whether there is such an object."""
        check_name(name)
        try:
            with failing():
                await self._store.head_async(name)
        except FileMissing:
            return False
        return True

    async def names(self) -> AsyncIterator[list[tuple[str, datetime]]]:
        """All objects, a page at a time: their names, and when they were written."""
        pages = self._store.list(chunk_size=PAGE)
        with failing():
            async for page in pages:
                yield [(one["path"], one["last_modified"]) for one in page]

    async def ping(self) -> None:
        """Return if the store answers."""
        await self.exists(_NO_OBJECT)

    @abstractmethod
    async def close(self) -> None:
        """Wait for what is written, and let go of the store. May be called again."""

    @abstractmethod
    async def _put(self, name: str, parts: Parts, size_bytes: int) -> None: ...

    @abstractmethod
    async def _begin(self, name: str, size_bytes: int) -> Beginning: ...


def check_name(name: str) -> None:
    """Raises ValueError for what is no name: a path, above all."""
    if not NAME.fullmatch(name):
        raise ValueError("no name of an object")


@contextmanager
def failing() -> Iterator[None]:
    """What a store raises, as our own errors. Its texts are full of names and addresses."""
    try:
        yield
    except FileNotFoundError:
        raise FileMissing from None
    except (BaseError, OSError) as error:
        raise StorageFailed(type(error).__name__) from None


class _GivenUp(Exception):
    """Nobody wants the object any more."""


def _until(given_up: Event, parts: Parts) -> Parts:
    for part in parts:
        if given_up.is_set():
            raise _GivenUp
        yield part
