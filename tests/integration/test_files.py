"""Files, in a folder and in an object storage: whole, sealed, or not there at all."""

import asyncio
import os
import random
import stat
from collections.abc import Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from storage.errors import (
    FileDamaged,
    FileMissing,
    StorageClosed,
    StorageFailed,
    StorageUnsuitable,
)
from storage.files import Files, KeptFile, new_name
from storage.local_objects import LocalObjects
from storage.sealing import CHUNK_BYTES, Data, Seal
from tests.integration.s3 import S3
from tests.integration.sealed import KEY, Opener, files, open_again, raw, s3

__all__ = ["files", "open_again", "s3"]

LARGE = 3 * 5 * 1024 * 1024 + 7
"""More than S3 takes at once."""


async def part(file: KeptFile, start: int, stop: int) -> bytes:
    """These bytes of a file."""
    async with aclosing(file.read(start, stop)) as pieces:
        return b"".join([piece async for piece in pieces])


def paths(folder: Path) -> list[Path]:
    """All files from the folder on."""
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 7 * CHUNK_BYTES + 3, LARGE]
)
async def test_what_is_kept_is_there(
    files: Files, open_again: Opener, tmp_path: Path, size: int
) -> None:
    """Files of all sizes, also for who comes later; nothing of them can be read in the store."""
    data, source, target = os.urandom(size), tmp_path / "source", tmp_path / "target"
    source.write_bytes(data)
    name = new_name("result", ".mp4")
    assert len(name) == len("result_.mp4") + 36
    await files.put(name, source)
    again = await open_again()
    assert await again.read(name, size) == data
    await again.fetch(name, target)
    assert target.read_bytes() == data
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    if size:
        with pytest.raises(ValueError, match="more than"):
            await again.read(name, size - 1)
    sealed = raw(files, name)
    assert len(sealed) > size
    assert size < 20 or not any(data[at : at + 16] in sealed for at in range(0, size - 16, 99_991))
    await again.close()


async def test_any_part_of_a_file_can_be_read(files: Files, request: pytest.FixtureRequest) -> None:
    """A thousand random parts, those at the edges of chunks among them."""
    data = os.urandom(5 * CHUNK_BYTES + 1234)
    await files.write("a.mp4", data)
    file = await files.open("a.mp4")
    assert (file.size_bytes, len(file.etag)) == (len(data), 32)
    rng = random.Random(1)
    edges = [edge + by for edge in range(0, len(data), CHUNK_BYTES) for by in (-1, 0, 1)]
    for number in range(1000 if "folder" in request.node.name else 100):
        start, stop = sorted(rng.choices(edges if number % 3 == 0 else range(len(data)), k=2))
        start, stop = max(0, start), stop + rng.choice([0, 0, 1, 10**9])
        assert await part(file, start, stop) == data[start:stop]
    assert await part(file, len(data), len(data) + 1) == b""


async def test_a_file_is_replaced_as_a_whole(files: Files) -> None:
    """And is told apart from the one before; when it was written is known."""
    before = datetime.now(UTC) - timedelta(seconds=2)
    await files.write("a.mp4", b"old")
    old = await files.open("a.mp4")
    await files.write("a.mp4", b"new")
    new = await files.open("a.mp4")
    assert await files.read("a.mp4", 3) == b"new"
    assert new.etag != old.etag
    assert before <= new.modified <= datetime.now(UTC) + timedelta(seconds=2)


async def test_a_deleted_file_is_gone(files: Files, tmp_path: Path) -> None:
    """Deleting it again is no fault; asking for it is told as what it is."""
    await files.write("a.mp4", b"a")
    assert await files.exists("a.mp4")
    for _ in range(2):
        await files.delete("a.mp4")
        assert not await files.exists("a.mp4")
    for call in (
        files.open("a.mp4"),
        files.read("a.mp4", 1),
        files.fetch("a.mp4", tmp_path / "target"),
    ):
        with pytest.raises(FileMissing):
            await call
    assert not (tmp_path / "target").exists()


async def test_all_files_are_listed(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page at a time, with when they were written."""
    monkeypatch.setattr("storage.objects.PAGE", 2)
    before, names = datetime.now(UTC) - timedelta(seconds=2), {f"{n}.mp4" for n in range(5)}
    for name in names:
        await files.write(name, b"a")
    pages = [page async for page in files.names()]
    assert sorted(len(page) for page in pages) == [1, 2, 2]
    assert {name for page in pages for name, _ in page} == names
    assert all(before <= modified for page in pages for _, modified in page)


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", "/a", ".hidden", "a#1", "a b", "é"])
async def test_paths_are_no_names(files: Files, tmp_path: Path, name: str) -> None:
    """They are refused, whatever is asked."""
    for call in (
        files.write(name, b"a"),
        files.open(name),
        files.delete(name),
        files.exists(name),
        files.fetch(name, tmp_path / "target"),
    ):
        with pytest.raises(ValueError, match="no name"):
            await call


async def test_what_cannot_be_read_is_not_kept(files: Files, tmp_path: Path) -> None:
    """A source that is gone, or changes while it is read; of it nothing stays."""
    with pytest.raises(StorageFailed, match="No such file"):
        await files.put("a.mp4", tmp_path / "none")
    for size in (3, 6 * 1024 * 1024):
        for told in (size - 1, size + 1):
            (tmp_path / "source").write_bytes(bytes(size))
            with (
                (tmp_path / "source").open("rb") as file,
                pytest.raises(StorageFailed, match="changed while it was read"),
            ):
                await files._put("a.mp4", file, told)
    assert [page async for page in files.names()] == []


async def test_who_is_cancelled_leaves_nobody_writing(
    files: Files, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Nor half a file, nor parts of it in a store."""

    def slowly() -> Iterator[bytes]:
        for number in range(1000):
            begun.append(number)
            yield os.urandom(CHUNK_BYTES)

    begun: list[int] = []
    putting = asyncio.create_task(files._objects.put("a.mp4", slowly(), 1000 * CHUNK_BYTES))
    while len(begun) < 30:  # noqa: ASYNC110  (what is watched is no event)
        await asyncio.sleep(0.005)
    putting.cancel()
    await asyncio.wait([putting])
    assert putting.cancelled()
    count = len(begun)
    await asyncio.sleep(0.05)
    assert len(begun) == count < 1000
    assert [page async for page in files.names()] == []
    assert paths(tmp_path) == []
    if "s3" in request.node.name:
        server: S3 = request.getfixturevalue("s3")
        assert server.begun(f"s3://{files._objects._store.config['bucket']}") == 0  # type: ignore[union-attr, typeddict-item]


async def test_who_reads_no_further_leaves_nothing_under_way(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closed after a piece, or cancelled while it waits for one."""
    is_under_way, may_go_on, open_them = Event(), Event(), Seal.open

    def waiting(seal: Seal, chunks: range, sealed: Data) -> memoryview:
        if chunks.start:
            is_under_way.set()
            assert may_go_on.wait(10)
        return open_them(seal, chunks, sealed)

    monkeypatch.setattr(Seal, "open", waiting)
    await files.write("a.mp4", bytes(20 * CHUNK_BYTES))
    file = await files.open("a.mp4")
    own = asyncio.all_tasks()
    async with aclosing(file.read()) as pieces:
        assert len(await anext(pieces)) == CHUNK_BYTES
        assert await asyncio.to_thread(is_under_way.wait, 10)
    may_go_on.set()
    assert asyncio.all_tasks() == own
    reading = asyncio.create_task(part(file, 0, file.size_bytes))
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading])
    assert asyncio.all_tasks() == own


async def test_keys_can_be_changed(files: Files, open_again: Opener) -> None:
    """What was written before is read with the earlier key, as long as it is kept."""
    new = "bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU="
    await files.write("old.mp4", b"old")
    both = await open_again(f"{new},{KEY}")
    await both.write("new.mp4", b"new")
    assert (await both.read("old.mp4", 3), await both.read("new.mp4", 3)) == (b"old", b"new")
    only = await open_again(new)
    assert await only.read("new.mp4", 3) == b"new"
    with pytest.raises(FileDamaged, match=r"key [0-9a-f]{16} is not known"):
        await only.read("old.mp4", 3)
    with pytest.raises(FileDamaged, match="is not known"):
        await files.read("new.mp4", 3)


async def test_closed_files_say_so(files: Files) -> None:
    """Every call but closing again."""
    await files.close()
    await files.close()
    for call in (files.open("a"), files.write("a", b""), files.delete("a"), files.exists("a"),
                 files.ping()):  # fmt: skip
        with pytest.raises(StorageClosed):
            await call
    with pytest.raises(StorageClosed):
        files.names()


async def test_a_store_that_is_away_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that nobody answers for, one without the bucket, and one that cannot be."""
    server = S3()
    try:
        for name, value in server.variables.items():
            monkeypatch.setenv(name, value)
        url = server.make_bucket()
        there = await Files.connect(tmp_path, url, KEY)
    finally:
        server.stop()
    (tmp_path / "source").write_bytes(bytes(6 * 1024 * 1024))
    for call in (
        there.ping(),
        there.open("a.mp4"),
        there.exists("a.mp4"),
        there.delete("a.mp4"),
        there.write("a.mp4", b"a"),
        there.put("a.mp4", tmp_path / "source"),
        Files.connect(tmp_path, url, KEY),
    ):
        with pytest.raises(StorageFailed) as caught:
            await call
        assert "bucket" not in str(caught.value)
        assert caught.value.__suppress_context__
    with pytest.raises(StorageFailed):
        _ = [page async for page in there.names()]
    with pytest.raises(StorageUnsuitable, match="object storage"):
        await Files.connect(tmp_path, "no url", KEY)


async def test_who_reads_waits_for_no_writer(tmp_path: Path) -> None:
    """However many objects are being written, in a folder, whose threads are this machine's."""
    objects, may_go_on = await LocalObjects.open(tmp_path), Event()
    await objects.put("there", iter([b"data"]), 4)

    def slow() -> Iterator[bytes]:
        may_go_on.wait(10)
        yield b"x"

    puts = [asyncio.create_task(objects.put(f"n{number}", slow(), 1)) for number in range(40)]
    for _ in range(5):
        await asyncio.sleep(0)  # until all have asked for a thread
    assert await objects.part("there", 0, 4, bytes) == b"data"
    assert not any(put.done() for put in puts)
    may_go_on.set()
    await asyncio.gather(*puts)
    await objects.close()
    await objects.close()
