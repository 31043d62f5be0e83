"""A backup brought back, whole or not at all."""

import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import orjson

from storage.backup import (
    BLOCK_BYTES,
    MANIFEST,
    VERSION,
    BackupError,
    Copied,
    Hashed,
    database_failing,
)
from storage.disk import create_private, sync, sync_folder
from storage.layout import DATABASE_FILE, KEY_FILE, OBJECTS_FOLDER, SIDECARS
from storage.lock import DirectoryLock
from storage.objects import NAME
from storage.sqlite.schema import MIGRATIONS

_MEMBER: Final = re.compile(
    rf"{OBJECTS_FOLDER}/{NAME.pattern}|{DATABASE_FILE}|{KEY_FILE}|{MANIFEST}"
)
_FOLDER_PREFIX: Final = ".restore-"
_MAX_MANIFEST_BYTES: Final = 256 * 1024 * 1024


def restore_backup(source: Path, data_dir: Path) -> Copied:
    """Bring the store in a backup back into that folder, which must hold none.

    Everything is unpacked beside it and compared with its digest first. Raises BackupError,
    StorageInUse and OSError; nothing is changed then.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = DirectoryLock.take(data_dir)
    try:
        for left in data_dir.glob(f"{_FOLDER_PREFIX}*"):
            shutil.rmtree(left)
        for name in (DATABASE_FILE, *SIDECARS, OBJECTS_FOLDER, KEY_FILE):
            _check_free(data_dir / name)
        with tempfile.TemporaryDirectory(prefix=_FOLDER_PREFIX, dir=data_dir) as folder:
            copied = _unpack(source, Path(folder))
            _check_database(Path(folder) / DATABASE_FILE)
            _settle(Path(folder), data_dir)
    finally:
        lock.release()
    return copied


def _check_free(path: Path) -> None:
    """An empty folder is none that anything is kept in."""
    if os.path.lexists(path) and not (path.is_dir() and not any(path.iterdir())):
        raise BackupError(f"{path} is there already: move it away first")


def _unpack(source: Path, folder: Path) -> Copied:
    (folder / OBJECTS_FOLDER).mkdir(mode=0o700)
    digests, size_bytes, manifest = dict[str, str](), 0, dict[str, Any]()
    try:
        with tarfile.open(source, mode="r|") as tar:
            for member in tar:
                if not member.isreg() or not _MEMBER.fullmatch(member.name):
                    raise BackupError(f"{source} holds what is no part of a backup")
                if member.name == MANIFEST:
                    manifest = _manifest(tar, member)
                else:
                    digests[member.name] = _extract(tar, member, folder / member.name)
                    size_bytes += member.size
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"{source} is no backup, or damaged") from error
    _check(source, manifest, digests)
    files = sum(name.startswith(f"{OBJECTS_FOLDER}/") for name in digests)
    return Copied(files, size_bytes, KEY_FILE in digests)


def _manifest(tar: tarfile.TarFile, member: tarfile.TarInfo) -> dict[str, Any]:
    file = tar.extractfile(member)
    if file is None or member.size > _MAX_MANIFEST_BYTES:
        raise BackupError("the backup's list is damaged")
    try:
        manifest = orjson.loads(file.read())
    except orjson.JSONDecodeError:
        manifest = None
    if not isinstance(manifest, dict):
        raise BackupError("the backup's list is damaged")
    return manifest


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> str:
    """Write a member there; its digest."""
    file = tar.extractfile(member)
    if file is None:
        raise BackupError("the backup is damaged")
    hashed = Hashed(file)
    with create_private(path) as target:
        shutil.copyfileobj(hashed, target, BLOCK_BYTES)
        sync(target)
    return hashed.digest


def _check(source: Path, manifest: Mapping[str, Any], digests: Mapping[str, str]) -> None:
    if not manifest:
        raise BackupError(f"{source} is not whole")
    if manifest.get("version") != VERSION:
        raise BackupError(f"{source} was made by another version of the service")
    if manifest.get("digests") != digests or DATABASE_FILE not in digests:
        raise BackupError(f"{source} is damaged")


def _check_database(path: Path) -> None:
    with database_failing(), closing(sqlite3.connect(path)) as database:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise BackupError("the backup was made by a newer version of the service")
        if database.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise BackupError("the backup's database is damaged")


def _settle(folder: Path, data_dir: Path) -> None:
    """The database comes last, also after a loss of power: without it nothing else counts."""
    sync_folder(folder / OBJECTS_FOLDER)
    for name in (OBJECTS_FOLDER, KEY_FILE, DATABASE_FILE):
        if (folder / name).exists():
            if (data_dir / name).is_dir():
                (data_dir / name).rmdir()
            (folder / name).rename(data_dir / name)
            sync_folder(data_dir)
