"""The embedded store copied while the service runs, and brought back: whole, or not at all."""

import asyncio
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.integration.process import ROOT, ServerProcess
from tests.integration.videos import Videos


async def run(*arguments: str | Path) -> tuple[int, str]:
    """``run.py`` with these arguments: its exit code, and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "run.py", *map(str, arguments), cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_a_backup_of_a_running_service_is_whole(tmp_path: Path) -> None:
    """Made while uploads come in: each that was acknowledged before is in it, with its file, and
    each record in it has its file; the result plays from the restored store."""
    server, saved = ServerProcess(tmp_path / "data"), tmp_path / "saved.tar"
    await server.start()
    try:
        async with ClientSession() as http:
            videos = Videos(http, server.url)
            result = await videos.ended(await videos.ordered(await videos.upload()))
            _, video, _ = await videos.file(result["video_url"])
            before = [await videos.upload() for _ in range(3)]
            coming = asyncio.create_task(_keep_uploading(videos))
            code, said = await run("backup", saved, f"--data-dir={tmp_path / 'data'}")
            coming.cancel()
            await asyncio.wait([coming])
    finally:
        await server.stop()
    assert code == 0, said
    assert "the key to the files is in it" in said
    assert saved.stat().st_mode & 0o777 == 0o600
    restored = ServerProcess(tmp_path / "restored")
    code, said = await run("restore", saved, f"--data-dir={tmp_path / 'restored'}")
    assert code == 0, said
    code, said = await run("reconcile", f"--data-dir={tmp_path / 'restored'}")
    assert "files without a record, to be removed by the service's next sweep: 0" in said
    assert "records without their file: 0" in said
    await restored.start()
    try:
        async with ClientSession() as http:
            videos = Videos(http, restored.url)
            assert (await videos.result(result["result_id"]))["status"] == "completed"
            assert (await videos.file(result["video_url"]))[1] == video
            for upload_id in before:
                await videos.ended(await videos.ordered(upload_id))
    finally:
        await restored.stop()


async def _keep_uploading(videos: Videos) -> None:
    while True:
        await videos.upload()


@pytest.fixture
async def saved(tmp_path: Path) -> Path:
    """A backup of a store with one upload."""
    server = ServerProcess(tmp_path / "data")
    await server.start()
    async with ClientSession() as http:
        await Videos(http, server.url).upload()
    await server.stop()
    code, said = await run("backup", tmp_path / "saved.tar", f"--data-dir={tmp_path / 'data'}")
    assert code == 0, said
    return tmp_path / "saved.tar"


async def test_what_is_there_is_not_overwritten(tmp_path: Path, saved: Path) -> None:
    """Neither a file by a backup nor a store by a restore; a running server's folder is refused."""
    before = await asyncio.to_thread(saved.read_bytes)
    code, said = await run("backup", saved, f"--data-dir={tmp_path / 'data'}")
    assert (code, "is there already" in said) == (2, True)
    assert await asyncio.to_thread(saved.read_bytes) == before
    code, said = await run("restore", saved, f"--data-dir={tmp_path / 'data'}")
    assert (code, "move it away first" in said) == (2, True)
    server = ServerProcess(tmp_path / "other")
    await server.start()
    code, said = await run("restore", saved, f"--data-dir={tmp_path / 'other'}")
    await server.stop()
    assert (code, "in use by another process" in said) == (2, True)


async def test_a_damaged_backup_changes_nothing(tmp_path: Path, saved: Path) -> None:
    """A flipped bit, an end that is missing, a member that is none, and what is no backup."""
    whole, target = await asyncio.to_thread(saved.read_bytes), tmp_path / "target"
    for number, data in enumerate((
        whole[:1500] + bytes([whole[1500] ^ 1]) + whole[1501:],
        whole[: len(whole) // 2],
        whole[: len(whole) // 2 // 512 * 512],
        _with_member(whole, "../outside"),
        _with_member(whole, "objects/more.mp4"),
        b"no backup at all",
        b"",
    )):  # fmt: skip
        damaged = tmp_path / f"damaged-{number}.tar"
        damaged.write_bytes(data)
        code, said = await run("restore", damaged, f"--data-dir={target}")
        assert code == 2, f"{number}: {said}"
        assert said.startswith("nothing was restored: "), said
        assert [path.name for path in target.iterdir()] == [".lock"]
    assert not (tmp_path / "outside").exists()


def _with_member(tar: bytes, name: str) -> bytes:
    file = BytesIO(tar)
    with tarfile.open(fileobj=file, mode="a") as archive:
        archive.addfile(tarfile.TarInfo(name), BytesIO())
    return file.getvalue()


@pytest.mark.parametrize("command", ["backup", "restore"])
async def test_commands_need_a_file(tmp_path: Path, command: str) -> None:
    """And say so in one line; so they do where there is nothing to copy."""
    code, said = await run(command)
    assert (code, said) == (2, f"{command} needs a file: run.py {command} FILE\n")
    code, said = await run(command, tmp_path / "no.tar", f"--data-dir={tmp_path / 'no'}")
    assert code == 2
    assert len(said.splitlines()) == 1
