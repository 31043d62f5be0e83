"""Files that users send and get, sealed in an object storage: nobody else can read them there."""

import asyncio
import os
import uuid
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
from contextlib import aclosing
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from storage.disk import check_room, create_private, discard, disk_failing, made_aside
from storage.errors import FileDamaged, StorageClosed, StorageFailed
from storage.keyfile import load_keyring
from storage.keyring import Keyring
from storage.layout import OBJECTS_FOLDER
from storage.local_objects import LocalObjects
from storage.objects import Objects, Parts
from storage.remote_objects import RemoteObjects
from storage.sealing import CHUNK_BYTES, HEADER_BYTES, TAG_BYTES, Seal

BEGIN_BYTES: Final = HEADER_BYTES + CHUNK_BYTES + TAG_BYTES
"""So much of a file is fetched when it is opened: small ones are whole then."""
CHUNKS_AT_ONCE: Final = 4
"""A piece of a megabyte: half of it takes a third more time, since each is a trip to a thread."""
AHEAD: Final = 2
"""So many pieces are under way at once, of which the first is awaited. A client who reads nothing
holds that much memory."""


Pieces: TypeAlias = AsyncGenerator[memoryview, None]


class KeptFile:
    """A file that is opened for reading, ``size_bytes`` large.

    ``etag`` differs between any two files that were ever written, ``modified`` is when this one
    was.
    """

    def __init__(
        self, objects: Objects, name: str, seal: Seal, first: memoryview, modified: datetime
    ) -> None:
        """``first`` is what has been fetched of its sealed form behind the header."""
        self.size_bytes = seal.shape.size_bytes
        self.etag = seal.etag
        self.modified = modified
        self._objects = objects
        self._name = name
        self._seal = seal
        self._first = first

    async def read(self, start: int = 0, stop: int | None = None) -> Pieces:
        """These bytes, in pieces of at most a megabyte, of which the next one is fetched and
        opened meanwhile.

        Raises FileDamaged before anything that was not written is given out, FileMissing where the
        file was deleted meanwhile, and StorageFailed. Who does not read to the end closes it.
        """
        stop = self.size_bytes if stop is None else min(stop, self.size_bytes)
        if start >= stop:
            return
        under_way = deque[asyncio.Future[memoryview]]()
        try:
            for chunks in self._batches(start, stop):
                under_way.append(asyncio.ensure_future(self._opened(chunks, start, stop)))
                if len(under_way) == AHEAD:
                    yield await under_way.popleft()
            while under_way:
                yield await under_way.popleft()
        finally:
            for opening in under_way:
                opening.cancel()
            # Asked for, what went wrong is not told of as lost.
            await asyncio.gather(*under_way, return_exceptions=True)

    def _batches(self, start: int, stop: int) -> Iterator[range]:
        chunks = self._seal.shape.chunks_of(start, stop)
        if chunks.start == 0 and self._has_first:
            yield chunks[:1]
            chunks = chunks[1:]
        for at in range(0, len(chunks), CHUNKS_AT_ONCE):
            yield chunks[at : at + CHUNKS_AT_ONCE]

    @property
    def _has_first(self) -> bool:
        """Whether the first chunk is there already."""
        return len(self._first) >= self._seal.shape.place(1) - HEADER_BYTES

    def _opened(self, chunks: range, start: int, stop: int) -> Awaitable[memoryview]:
        """What these chunks hold of these bytes."""
        shape = self._seal.shape
        begin, end = shape.place(chunks.start), shape.place(chunks.stop)
        offset = chunks.start * shape.chunk_bytes

        def use(sealed: memoryview) -> memoryview:
            return self._seal.open(chunks, sealed)[max(0, start - offset) : stop - offset]

        if chunks.start == 0 and self._has_first and len(chunks) == 1:
            return asyncio.to_thread(use, self._first[: end - begin])
        return self._objects.part(self._name, begin, end, use)


class Files:
    """Files by name, each of them whole or not there at all. Several processes may share them.

    Every call but ``close`` raises StorageClosed after ``close``, and StorageFailed if the storage
    fails or does not answer in time.
    """

    def __init__(self, objects: Objects, keyring: Keyring) -> None:
        self.keyring = keyring
        self._objects = objects
        self._is_closed = False

    @classmethod
    async def connect(cls, data_dir: Path, url: str = "", keys: str = "") -> "Files":
        """The files at this URL, sealed with these keys in base64; without a URL in a folder of the
        data directory, without keys with those of a file in it. What is not there is made.

        Raises KeysUnusable, StorageUnsuitable, StorageFailed and OSError.
        """
        folder = data_dir / OBJECTS_FOLDER
        objects = RemoteObjects.at(url) if url else await LocalObjects.open(folder)
        if keys:
            keyring = Keyring.of(keys)
        else:
            keyring = await asyncio.to_thread(load_keyring, data_dir, folder)
        files = cls(objects, keyring)
        await files.ping()
        return files

    async def put(self, name: str, path: Path) -> None:
        """Keep what is in a file of this machine, in the place of a file of that name. It outlives
        a loss of power.

        When this is left nobody writes any more; who is cancelled may have kept it.
        """
        with disk_failing():
            file = await made_aside(lambda: path.open("rb"), BinaryIO.close)
        with file:
            await self._put(name, file, os.fstat(file.fileno()).st_size)

    async def write(self, name: str, data: bytes) -> None:
        """As ``put``, with these bytes."""
        await self._put(name, BytesIO(data), len(data))

    async def open(self, name: str) -> KeptFile:
        """The file of that name. Raises FileMissing, and FileDamaged where it can be seen now."""
        objects = self._open_objects()
        begin = await objects.begin(name, BEGIN_BYTES)
        seal = Seal.of(self.keyring, name, bytes(begin.data[:HEADER_BYTES]))
        if begin.size_bytes != seal.shape.sealed_bytes:
            raise FileDamaged("size")
        return KeptFile(objects, name, seal, begin.data[HEADER_BYTES:], begin.modified)

    async def read(self, name: str, max_bytes: int) -> bytes:
        """What is in a small file. Raises as KeptFile.read, and ValueError for a larger one."""
        file = await self.open(name)
        if file.size_bytes > max_bytes:
            raise ValueError(f"more than {max_bytes} bytes")
        async with aclosing(file.read()) as pieces:
            return b"".join([piece async for piece in pieces])

    async def fetch(self, name: str, path: Path) -> None:
        """Write what is in the file to a new one of this machine, for this user alone; nothing
        stays of that if it cannot be. Raises as KeptFile.read."""
        kept = await self.open(name)
        with disk_failing():
            await asyncio.to_thread(check_room, path.parent, kept.size_bytes)
            file = await made_aside(lambda: create_private(path), lambda file: discard(file, path))
            try:
                async with aclosing(kept.read()) as pieces:
                    async for piece in pieces:
                        await asyncio.to_thread(file.write, piece)
                await asyncio.to_thread(file.close)
            except BaseException:
                await asyncio.shield(asyncio.to_thread(discard, file, path))
                raise

    async def delete(self, name: str) -> None:
        """Remove the file, if it is there."""
        await self._open_objects().delete(name)

    async def exists(self, name: str) -> bool:
        """Whether there is a file of that name, be it damaged or not."""
        return await self._open_objects().exists(name)

    def names(self) -> AsyncIterator[list[tuple[str, datetime]]]:
        """All files, a page at a time: their names, and when they were written."""
        return self._open_objects().names()

    async def ping(self) -> None:
        """Return if the storage answers."""
        await self._open_objects().ping()

    async def close(self) -> None:
        """Let go of the storage. May be called again."""
        self._is_closed = True
        await self._objects.close()

    def _open_objects(self) -> Objects:
        if self._is_closed:
            raise StorageClosed
        return self._objects

    async def _put(self, name: str, file: BinaryIO, size_bytes: int) -> None:
        seal = Seal.new(self.keyring.current, name, size_bytes)
        await self._open_objects().put(name, _sealed(seal, file), seal.shape.sealed_bytes)


def new_name(kind: str, suffix: str) -> str:
    """A name that cannot be guessed; ``kind`` says what is in the file."""
    return f"{kind}_{uuid.uuid4()}{suffix}" if kind else f"{uuid.uuid4()}{suffix}"


def _sealed(seal: Seal, file: BinaryIO) -> Parts:
    """The file's sealed form, part by part. Raises StorageFailed for a file that changes."""
    yield seal.header
    shape, left_bytes = seal.shape, seal.shape.size_bytes
    for chunk in range(shape.chunks):
        wanted = min(left_bytes, shape.chunk_bytes)
        with disk_failing():
            data = file.read(wanted)
        if len(data) != wanted:
            raise StorageFailed("changed while it was read")
        left_bytes -= wanted
        yield seal.close(chunk, data)
    with disk_failing():
        if file.read(1):
            raise StorageFailed("changed while it was read")
