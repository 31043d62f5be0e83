"""Sealed files, in every store that they can be kept in, for the tests of what they promise."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from storage.files import Files
from tests.integration.s3 import S3, running_s3

KEY: Final = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

Opener: TypeAlias = Callable[..., Awaitable[Files]]
"""Opens the files of a test, each time the same ones; ``keys`` may be said."""


@asynccontextmanager
async def open_files(folder: Path) -> AsyncIterator[Files]:
    """Files in that folder, until the block is left."""
    files = await Files.connect(folder)
    try:
        yield files
    finally:
        await files.close()


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    """One server for all tests of a file: each has a bucket of its own."""
    with running_s3() as server:
        yield server


@pytest.fixture(params=["folder", "s3"])
def open_again(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Opener:
    url = ""
    if request.param == "s3":
        server: S3 = request.getfixturevalue("s3")
        for name, value in server.variables.items():
            monkeypatch.setenv(name, value)
        url = server.make_bucket()

    async def open_again(keys: str = KEY) -> Files:
        return await Files.connect(tmp_path, url, keys)

    return open_again


@pytest.fixture
async def files(open_again: Opener) -> AsyncIterator[Files]:
    files = await open_again()
    yield files
    await files.close()


def raw(files: Files, name: str) -> bytes:
    """A file as it lies in the store."""
    return bytes(files._objects._store.get(name).bytes())


def put_raw(files: Files, name: str, data: bytes) -> None:
    """Lay something in its place."""
    files._objects._store.put(name, data)
