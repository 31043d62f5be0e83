"""Files that were changed in their store, by whom or what ever: an error, never other bytes."""

import os
import random
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from storage.errors import FileDamaged
from storage.files import Files, KeptFile
from storage.sealing import CHUNK_BYTES, HEADER_BYTES, TAG_BYTES, Seal, Shape
from tests.integration.sealed import files, open_again, open_files, put_raw, raw, s3

__all__ = ["files", "open_again", "s3"]

NAME = "result_1.mp4"
FLIPS = 2000
SMALL_CHUNK = 512
"""So that there are many chunks in little, and a flip costs little."""


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[Files]:
    async with open_files(tmp_path) as local:
        yield local


def small_chunks(files: Files, data: bytes) -> bytes:
    """The sealed form with small chunks, which a header may say."""
    shape = Shape(len(data), SMALL_CHUNK)
    seal = Seal(files.keyring.current, NAME, shape, os.urandom(32))
    parts = (data[at : at + SMALL_CHUNK] for at in range(0, len(data), SMALL_CHUNK))
    return seal.header + b"".join(seal.close(number, part) for number, part in enumerate(parts))


async def test_flipped_bits_are_seen(local: Files, tmp_path: Path) -> None:
    """Each bit of the header, and random ones of the chunks and their tags, two thousand in all;
    the file is read before and after."""
    data = os.urandom(6 * SMALL_CHUNK + 100)
    put_raw(local, NAME, small_chunks(local, data))
    assert await local.read(NAME, len(data)) == data
    size_bits = 8 * len(raw(local, NAME))
    rng, header = random.Random(1), range(8 * HEADER_BYTES)
    bits = [*header, *rng.sample(range(len(header), size_bits), FLIPS - len(header))]
    seen = 0
    with (tmp_path / "objects" / NAME).open("r+b", buffering=0) as file:
        for bit in bits:
            flip(file.fileno(), bit)
            with pytest.raises(FileDamaged):
                await local.read(NAME, len(data))
            flip(file.fileno(), bit)
            seen += 1
    assert seen == FLIPS
    assert await local.read(NAME, len(data)) == data


def flip(descriptor: int, bit: int) -> None:
    """Change one bit of a file."""
    byte = os.pread(descriptor, 1, bit // 8)[0]
    os.pwrite(descriptor, bytes([byte ^ 1 << bit % 8]), bit // 8)


async def test_what_is_whole_is_given_out_before(files: Files) -> None:
    """Damage in a later chunk: all before it is right, nothing of it or behind it is seen, and
    other parts of the file can still be read."""
    data = os.urandom(8 * CHUNK_BYTES)
    await files.write(NAME, data)
    sealed = bytearray(raw(files, NAME))
    sealed[HEADER_BYTES + 5 * (CHUNK_BYTES + TAG_BYTES) + 10] ^= 1
    put_raw(files, NAME, bytes(sealed))
    file, got = await files.open(NAME), bytearray()
    with pytest.raises(FileDamaged, match="chunk"):
        await take(file, 0, got)
    assert len(got) == 5 * CHUNK_BYTES
    assert got == data[: len(got)]
    rest = bytearray()
    await take(file, 6 * CHUNK_BYTES, rest)
    assert rest == data[6 * CHUNK_BYTES :]


async def take(file: KeptFile, start: int, got: bytearray) -> None:
    """Read from there to the end, and hold on to what there was."""
    async with aclosing(file.read(start)) as pieces:
        async for piece in pieces:
            got += piece


async def test_other_lengths_are_seen(files: Files) -> None:
    """Nothing, less, or more than was written: where it is opened already."""
    data = os.urandom(2 * CHUNK_BYTES + 100)
    await files.write(NAME, data)
    sealed, step = raw(files, NAME), CHUNK_BYTES + TAG_BYTES
    for size in (0, 1, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + step, len(sealed) - 116,
                 len(sealed) - 1):  # fmt: skip
        put_raw(files, NAME, sealed[:size])
        with pytest.raises(FileDamaged):
            await files.open(NAME)
    for more in (b"\0", sealed[HEADER_BYTES : HEADER_BYTES + step]):
        put_raw(files, NAME, sealed + more)
        with pytest.raises(FileDamaged, match="size"):
            await files.open(NAME)


async def test_a_file_that_shrinks_while_it_is_read(files: Files) -> None:
    """What is no longer there cannot be opened."""
    await files.write(NAME, os.urandom(6 * CHUNK_BYTES))
    file, sealed = await files.open(NAME), raw(files, NAME)
    put_raw(files, NAME, sealed[: -CHUNK_BYTES // 2])
    with pytest.raises(FileDamaged, match="size"):
        await take(file, 4 * CHUNK_BYTES, bytearray())


async def test_exchanged_files_and_chunks_are_seen(files: Files) -> None:
    """Two files in each other's places, and two chunks; also of an earlier file of the name."""
    names = ("result_1.mp4", "result_2.mp4")
    for name in names:
        await files.write(name, os.urandom(3 * CHUNK_BYTES))
    one, two = (raw(files, name) for name in names)
    put_raw(files, names[0], two)
    put_raw(files, names[1], one)
    for name in names:
        with pytest.raises(FileDamaged, match="header"):
            await files.open(name)
    step = CHUNK_BYTES + TAG_BYTES
    head, chunks = one[:HEADER_BYTES], [one[HEADER_BYTES + n * step :][:step] for n in range(3)]
    for order in ((1, 0, 2), (0, 2, 1), (0, 0, 2), (0, 1, 1)):
        put_raw(files, names[0], head + b"".join(chunks[n] for n in order))
        with pytest.raises(FileDamaged, match="chunk"):
            await files.read(names[0], 10**9)
    await files.write(names[0], os.urandom(3 * CHUNK_BYTES))
    newer = raw(files, names[0])
    put_raw(files, names[0], newer[:-step] + one[-step:])
    with pytest.raises(FileDamaged, match="chunk"):
        await files.read(names[0], 10**9)


async def test_what_is_no_file_of_ours_is_damaged(files: Files) -> None:
    """Plain content, or a header of another version."""
    await files.write(NAME, b"data")
    sealed = raw(files, NAME)
    for other in (b"plain " * 100, sealed[:7] + b"\2" + sealed[8:]):
        put_raw(files, NAME, other)
        with pytest.raises(FileDamaged, match="header"):
            await files.open(NAME)
