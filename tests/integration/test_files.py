"""Files on the disk: whole and private, or not there at all."""

import stat
from pathlib import Path

import pytest

from storage.database import StorageFailed
from storage.files import BUFFER_BYTES, INCOMING, WORKING, LocalFiles, new_name


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
        name = new_name("result", ".mp4")
        await incoming.keep(name)
    assert files.path(name).read_bytes() == b"".join(parts)
    assert stat.S_IMODE(files.path(name).stat().st_mode) == 0o600
    assert len(name) == len("result_.mp4") + 36
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
        await incoming.keep("a.mp4")
    (tmp_path / INCOMING / "half").write_bytes(b"a")
    again = await LocalFiles.open(tmp_path)
    await again.clear_incoming()
    assert names(tmp_path) == ["a.mp4"]


async def test_a_deleted_file_is_gone(tmp_path: Path) -> None:
    """Deleting it again is no fault."""
    files = await LocalFiles.open(tmp_path)
    async with files.receive() as incoming:
        await incoming.keep("a.mp4")
    await files.delete("a.mp4")
    await files.delete("a.mp4")
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
            await incoming.keep("a.mp4")
    assert str(tmp_path) not in str(caught.value)


async def test_what_is_made_is_taken_over(tmp_path: Path) -> None:
    """Whole, private, in the place of what was there; of the rest nothing stays."""
    files = await LocalFiles.open(tmp_path)
    await files.write("result.mp4", b"old")
    async with files.working("r1.1") as folder:
        (folder / "video").write_bytes(b"new")
        (folder / "rest").write_bytes(b"rest")
        await files.take(folder / "video", "result.mp4")
        with pytest.raises(StorageFailed, match="No such file"):
            await files.take(folder / "video", "result.mp4")
    assert names(tmp_path) == ["result.mp4"]
    assert files.path("result.mp4").read_bytes() == b"new"
    assert stat.S_IMODE(files.path("result.mp4").stat().st_mode) == 0o600


async def test_working_folders_begin_empty_and_can_be_cleared(tmp_path: Path) -> None:
    """What a process that died had begun is in nobody's way."""
    files = await LocalFiles.open(tmp_path)
    for name in ("r1.1", "r1.2", "r2.1"):
        (tmp_path / WORKING / name).mkdir()
        (tmp_path / WORKING / name / "half").write_bytes(b"a")
    async with files.working("r1.2") as folder:
        assert list(folder.iterdir()) == []
    assert sorted(await files.working_names()) == ["r1.1", "r2.1"]
    await files.clear_working("r1.1")
    await files.clear_working("r1.1")
    assert names(tmp_path) == [f"{WORKING}/r2.1/half"]
    (tmp_path / WORKING / "r2.1" / "half").unlink()
    (tmp_path / WORKING / "r2.1").rmdir()
    (tmp_path / WORKING).rmdir()
    assert await files.working_names() == []
    with pytest.raises(StorageFailed):
        async with files.working("r3.1"):
            pass
