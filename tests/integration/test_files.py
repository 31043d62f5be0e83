"""Files on the disk: whole and private, or not there at all."""

import stat
from pathlib import Path

import pytest

from storage.database import StorageFailed
from storage.files import BUFFER_BYTES, INCOMING, LocalFiles


def names(folder: Path) -> list[str]:
    """All files there are, from the folder on."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_a_kept_file_is_whole_and_private(tmp_path: Path) -> None:
    """What was written is there, under a name that nobody can guess, for this user alone."""
    files = await LocalFiles.open(tmp_path / "files")
    parts = [b"a" * (BUFFER_BYTES - 1), b"bc", b"d" * 10]
    async with files.receive() as incoming:
        for part in parts:
            await incoming.write(part)
        assert incoming.size_bytes == BUFFER_BYTES + 11
        name = await incoming.keep(".mp4")
    assert files.path(name).read_bytes() == b"".join(parts)
    assert stat.S_IMODE(files.path(name).stat().st_mode) == 0o600
    assert len(name) == 36 + len(".mp4")
    assert names(tmp_path / "files") == [name]


async def test_what_is_flushed_can_be_read(tmp_path: Path) -> None:
    """A file can be examined before it is kept."""
    files = await LocalFiles.open(tmp_path)
    async with files.receive() as incoming:
        await incoming.write(b"abc")
        await incoming.flush()
        assert incoming.path.read_bytes() == b"abc"


async def test_what_is_not_kept_is_gone(tmp_path: Path) -> None:
    """After a refusal, and after a fault in the middle of it."""
    files = await LocalFiles.open(tmp_path)
    async with files.receive() as incoming:
        await incoming.write(b"abc")

    async def failing() -> None:
        async with files.receive() as incoming:
            await incoming.write(b"a" * 2 * BUFFER_BYTES)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    assert names(tmp_path) == []


async def test_what_an_earlier_run_left_is_removed(tmp_path: Path) -> None:
    """A process that died while it received a file; kept files stay."""
    files = await LocalFiles.open(tmp_path)
    async with files.receive() as incoming:
        await incoming.write(b"abc")
        name = await incoming.keep(".mp4")
    (tmp_path / INCOMING / "half").write_bytes(b"a")
    await LocalFiles.open(tmp_path)
    assert names(tmp_path) == [name]


async def test_a_deleted_file_is_gone(tmp_path: Path) -> None:
    """Deleting it again is no fault."""
    files = await LocalFiles.open(tmp_path)
    async with files.receive() as incoming:
        name = await incoming.keep(".mp4")
    await files.delete(name)
    await files.delete(name)
    assert names(tmp_path) == []


async def test_a_disk_that_fails_is_told_as_such(tmp_path: Path) -> None:
    """A folder that went away, with the system's words and without the path."""
    files = await LocalFiles.open(tmp_path / "files")
    (tmp_path / "files" / INCOMING).rmdir()
    with pytest.raises(StorageFailed, match="No such file"):
        async with files.receive():
            pass
    full = await LocalFiles.open(tmp_path / "full")
    async with full.receive() as incoming:
        incoming.path.unlink()
        with pytest.raises(StorageFailed) as caught:
            await incoming.keep(".mp4")
    assert str(tmp_path) not in str(caught.value)
