"""Plain files: private, and gone as soon as they are not needed."""

import asyncio
import errno
import os
import shutil
import signal
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from storage.errors import StorageFailed
from storage.files import Files
from storage.workspace import BUFFER_BYTES, INCOMING, WORKING, Workspace

ROOT = Path(__file__).parents[2]
MB = 1024**2
HOLDING = """
import asyncio, sys
from pathlib import Path
from storage.workspace import Workspace

async def hold():
    workspace = await Workspace.open(Path(sys.argv[1]))
    async with workspace.receive() as incoming:
        await incoming.write(b"half")
        await incoming.flush()
        print("holding", flush=True)
        await asyncio.sleep(60)

asyncio.run(hold())
"""


def names(folder: Path) -> list[str]:
    """All files there are, from the folder on."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_a_file_is_received(tmp_path: Path) -> None:
    """Piece by piece, for this user alone; when it is flushed others can read it."""
    workspace = await Workspace.open(tmp_path / "work")
    parts = [b"a" * (BUFFER_BYTES - 1), b"bc", b"d" * 10]
    async with workspace.receive() as incoming:
        for part in parts:
            await incoming.write(part)
        assert incoming.size_bytes == BUFFER_BYTES + 11
        await incoming.flush()
        assert incoming.path.read_bytes() == b"".join(parts)
        assert stat.S_IMODE(incoming.path.stat().st_mode) == 0o600
        for folder in (tmp_path / "work" / INCOMING, tmp_path / "work" / WORKING):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert names(tmp_path) == []


async def test_what_was_received_is_gone_afterwards(tmp_path: Path) -> None:
    """After a fault in the middle of it too."""
    workspace = await Workspace.open(tmp_path)

    async def failing() -> None:
        async with workspace.receive() as incoming:
            await incoming.write(b"a" * 2 * BUFFER_BYTES)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    assert names(tmp_path) == []


async def test_what_a_dead_process_left_is_removed(tmp_path: Path) -> None:
    """At the next start: a live one's files, which another process receives, stay."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDING, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"holding\n"
    workspace = await Workspace.open(tmp_path)
    assert len(names(tmp_path)) == 1
    process.send_signal(signal.SIGKILL)
    await process.wait()
    async with workspace.receive() as incoming:
        await incoming.flush()
        await Workspace.open(tmp_path)
        assert names(tmp_path) == [f"{INCOMING}/{incoming.path.name}"]


async def test_what_was_half_written_is_removed(tmp_path: Path) -> None:
    """The same for sealed files that a process which died had begun."""
    await Files.connect(tmp_path)
    left = tmp_path / "objects" / "a.mp4#12345"
    left.write_bytes(b"half")
    files = await Files.connect(tmp_path)
    assert not left.exists()
    assert [page async for page in files.names()] == []


async def test_a_disk_that_fails_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that went away, and a disk that is full, in the system's words without the path."""
    workspace = await Workspace.open(tmp_path / "work")
    files = await Files.connect(tmp_path)
    (tmp_path / "work" / INCOMING).rmdir()
    with pytest.raises(StorageFailed, match="No such file") as caught:
        async with workspace.receive():
            pass
    assert str(tmp_path) not in str(caught.value)
    full = SimpleNamespace(free=100 * MB, total=1000 * MB)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    for call in (files.write("a.mp4", b"a"), workspace.working("r1.1").__aenter__()):
        with pytest.raises(StorageFailed, match="No space left"):
            await call
    monkeypatch.undo()
    await files.write("a.mp4", b"a")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(StorageFailed, match="No space left"):
        await files.fetch("a.mp4", tmp_path / "target")
    assert not (tmp_path / "target").exists()


async def test_a_write_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last moment: what cannot be made durable is not there."""

    def failing(_: int) -> None:
        raise OSError(errno.EIO, "x")

    files = await Files.connect(tmp_path)
    monkeypatch.setattr("os.fsync", failing)
    with pytest.raises(StorageFailed, match="Input/output error"):
        await files.write("a.mp4", b"a")
    assert names(tmp_path / "objects") == []


async def test_what_is_fetched_is_new(tmp_path: Path) -> None:
    """Nothing is overwritten, and of half a file nothing stays."""
    files = await Files.connect(tmp_path)
    await files.write("a.mp4", b"a")
    (tmp_path / "target").write_bytes(b"there")
    with pytest.raises(StorageFailed, match="File exists"):
        await files.fetch("a.mp4", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b"there"


async def test_working_folders_begin_empty_and_can_be_cleared(tmp_path: Path) -> None:
    """What a process that died had begun is in nobody's way."""
    workspace = await Workspace.open(tmp_path)
    for name in ("r1.1", "r1.2", "r2.1"):
        (tmp_path / WORKING / name).mkdir()
        (tmp_path / WORKING / name / "half").write_bytes(b"a")
    async with workspace.working("r1.2") as folder:
        assert list(folder.iterdir()) == []
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(await workspace.working_names()) == ["r1.1", "r2.1"]
    await workspace.clear_working("r1.1")
    await workspace.clear_working("r1.1")
    assert names(tmp_path) == [f"{WORKING}/r2.1/half"]
    (tmp_path / WORKING / "r2.1" / "half").unlink()
    (tmp_path / WORKING / "r2.1").rmdir()
    (tmp_path / WORKING).rmdir()
    assert await workspace.working_names() == []
    with pytest.raises(StorageFailed):
        async with workspace.working("r3.1"):
            pass


async def test_a_large_file_takes_little_memory(tmp_path: Path) -> None:
    """However large it is: 200 MB kept, read by somebody slow, and fetched."""
    with (tmp_path / "source").open("wb") as file:
        for _ in range(200):
            file.write(os.urandom(MB))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.large_file", str(tmp_path), "200",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0
    assert int(output) < 40 * MB
    # pytest keeps folders for a while.
    await asyncio.to_thread(shutil.rmtree, tmp_path)
