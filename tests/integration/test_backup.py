"""The embedded store copied while the service runs, and brought back: whole, or not at all."""

import asyncio
import fcntl
import os
import sqlite3
import tarfile
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import ClientSession

from media.clock import SystemClock
from server.commands import CommandFailed, backup, reconcile, restore
from server.settings import load_settings
from server.storage_settings import ENV_PREFIX
from server.stores import opened_stores
from storage.addresses import name_of
from storage.backup import CLAIM, FOLDER_PREFIX, MANIFEST, BackupError, make_backup
from storage.layout import DATABASE_FILE, KEY_FILE, OBJECTS_FOLDER
from storage.lock import DirectoryLock
from storage.results import QueueBounds, ResultStatus
from storage.sqlite.database import SqliteDatabase
from storage.sqlite.schema import MIGRATIONS
from tests.integration.databases import Time
from tests.integration.process import ServerProcess
from tests.integration.records import RESULT, STYLE, UPLOAD, add_result, add_style, add_upload
from tests.integration.running import Begin, execute, fork
from tests.integration.sealed import KEY
from tests.integration.videos import Videos


async def run(*arguments: str | Path) -> tuple[int, str]:
    """What ``run.py`` does with these arguments, in this process, which is quicker: its exit code,
    and what it says."""
    match [str(argument) for argument in arguments]:
        case ["reconcile", "remove", *flags]:
            doing = reconcile(load_settings(flags), remove=True)
        case ["reconcile", *flags]:
            doing = reconcile(load_settings(flags))
        case [command, file, *flags]:
            do = {"backup": backup, "restore": restore}[command]
            doing = asyncio.to_thread(do, load_settings(flags), Path(file))
    try:
        return 0, await doing
    except CommandFailed as error:
        return 2, str(error)


async def run_py(*arguments: str | Path, by: Begin = fork) -> tuple[int, str]:
    """The same in a process of its own."""
    async with asyncio.timeout(60):
        process = await by([str(argument) for argument in arguments])
        said = await process.output.read()
        return await process.wait(), said.decode()


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
            before = await videos.upload()
            coming = asyncio.create_task(_keep_uploading(videos))
            code, said = await run_py("backup", saved, f"--data-dir={tmp_path / 'data'}")
            coming.cancel()
            await asyncio.wait([coming])
    finally:
        await server.stop()
    assert code == 0, said
    assert "the key to the files is in it" in said
    assert saved.stat().st_mode & 0o777 == 0o600
    restored = ServerProcess(tmp_path / "restored")
    code, said = await run_py("restore", saved, f"--data-dir={tmp_path / 'restored'}")
    assert code == 0, said
    code, said = await run_py("reconcile", f"--data-dir={tmp_path / 'restored'}")
    assert "files without a record, left as they are: 0" in said
    assert "records without their file: 0" in said
    await restored.start()
    try:
        async with ClientSession() as http:
            videos = Videos(http, restored.url)
            assert (await videos.result(result["result_id"]))["status"] == "completed"
            assert (await videos.file(result["video_url"]))[1] == video
            await videos.ended(await videos.ordered(before))
    finally:
        await restored.stop()


async def _keep_uploading(videos: Videos) -> None:
    """One after the other, with a breath between for the copying."""
    while True:
        await videos.upload()
        await asyncio.sleep(0.1)


@pytest.fixture
async def saved(tmp_path: Path) -> Path:
    """A backup of a store with one upload."""
    settings = load_settings([f"--data-dir={tmp_path / 'data'}"])
    async with opened_stores(settings, SystemClock()) as stores:
        now = stores.keeper._utc_now()
        await stores.files.write(name_of(UPLOAD.file_path), b"film" * 10_000)
        await add_upload(stores.database, replace(UPLOAD, created_at=now))
    code, said = await run("backup", tmp_path / "saved.tar", f"--data-dir={tmp_path / 'data'}")
    assert code == 0, said
    return tmp_path / "saved.tar"


async def test_records_of_files_in_object_storage_are_kept(
    tmp_path: Path, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them: their files are not copied, and not missed either."""
    monkeypatch.setenv(f"{ENV_PREFIX}FILE_KEYS", KEY)
    data_dir, restored, saved = (tmp_path / name for name in ("data", "restored", "saved.tar"))
    result = replace(RESULT, status=ResultStatus.COMPLETED)
    database = await SqliteDatabase.open(data_dir / DATABASE_FILE, time.horizon)
    await add_upload(database, UPLOAD)
    await add_result(database, result, QueueBounds(1, 1))
    await add_style(database, STYLE)
    await database.close()
    (data_dir / KEY_FILE).touch()  # of the time before
    for command, folder in (("backup", data_dir), ("restore", restored)):
        flags = (f"--data-dir={folder}", "--files-url=s3://bucket")
        code, said = await run(command, saved, *flags)
        assert code == 0, said
        assert "the files in object storage are not part of it" in said
        assert "the key to the files is not in it" in said
    database = await SqliteDatabase.open(restored / DATABASE_FILE, time.horizon)
    assert await database.uploads.get(UPLOAD.upload_id) == UPLOAD
    assert await database.results.get(RESULT.result_id) == result
    assert await database.styles.get(STYLE.style_id) == STYLE
    await database.close()


async def test_a_store_of_an_earlier_version_is_copied(tmp_path: Path, saved: Path) -> None:
    """Before it is migrated by this one: what is new in this version is not in it."""
    path = tmp_path / "data" / DATABASE_FILE
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE coming_styles")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) - 1}")
    code, said = await run("backup", tmp_path / "old.tar", f"--data-dir={tmp_path / 'data'}")
    assert (code, "1 files" in said) == (0, True), said


async def test_what_is_there_is_not_overwritten(tmp_path: Path, saved: Path) -> None:
    """Neither a file by a backup nor a store by a restore; a running server's folder is refused."""
    before = await asyncio.to_thread(saved.read_bytes)
    code, said = await run("backup", saved, f"--data-dir={tmp_path / 'data'}")
    assert (code, "is there already" in said) == (2, True)
    assert await asyncio.to_thread(saved.read_bytes) == before
    code, said = await run("restore", saved, f"--data-dir={tmp_path / 'data'}")
    assert (code, "move it away first" in said) == (2, True)
    held = DirectoryLock.take(tmp_path / "other")
    code, said = await run("restore", saved, f"--data-dir={tmp_path / 'other'}")
    held.release()
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
        _with_member(whole, MANIFEST, b"[]"),
        _with_member(whole, MANIFEST, b'"version"'),
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


def _with_member(tar: bytes, name: str, data: bytes = b"") -> bytes:
    file = BytesIO(tar)
    with tarfile.open(fileobj=file, mode="a") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, BytesIO(data))
    return file.getvalue()


async def test_what_a_killed_server_left_is_not_played_in(tmp_path: Path, saved: Path) -> None:
    """A log beside the database's place would change the restored one: it has to be moved away
    first. What a killed restore left is removed."""
    target = tmp_path / "target"
    for name in ("-wal", "-shm", "-journal"):
        left = target / f"{DATABASE_FILE}{name}"
        target.mkdir(exist_ok=True)
        left.touch()
        code, said = await run("restore", saved, f"--data-dir={target}")
        assert (code, f"{left} is there already: move it away first" in said) == (2, True)
        left.unlink()
    (target / ".restore-1").mkdir()
    (target / ".restore-1" / DATABASE_FILE).touch()
    code, said = await run("restore", saved, f"--data-dir={target}")
    assert code == 0, said
    names = {path.name for path in target.iterdir()}
    assert names == {".lock", DATABASE_FILE, KEY_FILE, OBJECTS_FOLDER}


async def test_what_a_killed_backup_left_is_removed(tmp_path: Path, saved: Path) -> None:
    """By the next one in that folder; what one that goes on has there stays, and so does what is
    somewhere else behind a link."""
    left, own, other = (tmp_path / f"{FOLDER_PREFIX}{number}" for number in range(3))
    elsewhere = tmp_path / "elsewhere"
    for folder in (left, own, elsewhere):
        folder.mkdir()
        (folder / DATABASE_FILE).touch()
        (folder / CLAIM).touch()
    other.symlink_to(elsewhere)
    with (own / CLAIM).open("rb") as claim:
        fcntl.flock(claim, fcntl.LOCK_EX)
        code, said = await run("backup", tmp_path / "more.tar", f"--data-dir={tmp_path / 'data'}")
    assert code == 0, said
    assert not left.exists()
    for folder in (own, other):
        assert {path.name for path in folder.iterdir()} == {CLAIM, DATABASE_FILE}


def test_of_a_backup_that_fails_nothing_stays(tmp_path: Path) -> None:
    """Neither its file nor its folder."""
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    (data_dir / DATABASE_FILE).write_text("no database at all, " * 100)
    with pytest.raises(BackupError, match="SQLITE_NOTADB"):
        make_backup(data_dir, tmp_path / "saved.tar", has_local_files=True)
    assert list(tmp_path.iterdir()) == [data_dir]


async def test_only_who_asks_for_it_has_files_removed(tmp_path: Path) -> None:
    """To look for files without a record changes nothing; to remove them notes them."""
    orphan, database = tmp_path / OBJECTS_FOLDER / "orphan.mp4", tmp_path / DATABASE_FILE
    async with opened_stores(load_settings([f"--data-dir={tmp_path}"]), SystemClock()):
        pass
    orphan.touch()
    os.utime(orphan, (0, 0))
    for words, told, noted in (
        (["reconcile"], "left as they are: 1", 0),
        (["reconcile", "remove"], "to be removed by the service's next sweep: 1", 1),
    ):
        code, said = await run(*words, f"--data-dir={tmp_path}")
        assert (code, told in said) == (0, True), said
        with closing(sqlite3.connect(database)) as records:
            assert records.execute("SELECT count(*) FROM loose").fetchone() == (noted,)


@pytest.mark.parametrize("words", [["reconcile"], ["reconcile", "remove"]])
async def test_a_wrong_folder_is_not_made_a_store(tmp_path: Path, words: list[str]) -> None:
    """Nothing could be restored there afterwards."""
    folder = tmp_path / "none"
    said = await run(*words, f"--data-dir={folder}")
    assert said == (2, f"there is no database in {folder}")
    assert not folder.exists()


@pytest.mark.parametrize("command", ["backup", "restore"])
async def test_commands_need_a_file(tmp_path: Path, command: str) -> None:
    """And say so in one line; so they do where there is nothing to copy."""
    code, said = await run_py(command, by=execute)
    assert (code, said) == (2, f"{command} needs a file: run.py {command} FILE\n")
    code, said = await run(command, tmp_path / "no.tar", f"--data-dir={tmp_path / 'no'}")
    assert code == 2
    assert len(said.splitlines()) == 1
