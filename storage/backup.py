"""A copy of the embedded store in one file, made while the service runs, and brought back.

The database is copied first, as it was at one moment (SQLite's online backup). Files never change,
so those that its records name are copied afterwards; of what was deleted meanwhile the records are
taken out of the copy too. Files in an object storage stay there, and all records are kept. The last
member of the TAR names all others with their digests.
"""

import hashlib
import os
import sqlite3
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import orjson

from storage.addresses import name_of
from storage.disk import create_claimed, create_private, remove_unclaimed, sync, sync_folder
from storage.errors import StorageNewer
from storage.layout import DATABASE_FILE, KEY_FILE, OBJECTS_FOLDER
from storage.sqlite.migration import migrate
from storage.sqlite.schema import MIGRATIONS

MANIFEST: Final = "manifest.json"
VERSION: Final = 1
BLOCK_BYTES: Final = 1024 * 1024
FOLDER_PREFIX: Final = ".hair-tryon-backup-"
"""Of the temporary folder beside a backup that is being made."""
CLAIM: Final = "claim"
"""The file in it that its maker holds."""

_PATHS: Final = """
    SELECT file_path FROM uploads
    UNION SELECT file_path FROM styles
    UNION SELECT result_video_path FROM results WHERE status = 'completed'
    UNION SELECT thumbnail_path FROM results WHERE status = 'completed'
    UNION SELECT style_image_path FROM results WHERE style_image_path IS NOT NULL
    UNION SELECT color_image_path FROM results WHERE color_image_path IS NOT NULL
"""
_PRUNES: Final = (
    "DELETE FROM uploads WHERE file_path = :path",
    "DELETE FROM styles WHERE file_path = :path",
    "DELETE FROM results WHERE result_video_path = :path AND status = 'completed'",
    "DELETE FROM results WHERE thumbnail_path = :path AND status = 'completed'",
    "UPDATE results SET style_image_path = NULL WHERE style_image_path = :path",
    "UPDATE results SET color_image_path = NULL WHERE color_image_path = :path",
)


class BackupError(Exception):
    """A backup cannot be made, or brought back; the text says why."""


@contextmanager
def database_failing() -> Iterator[None]:
    """What SQLite cannot do is raised as BackupError."""
    try:
        yield
    except StorageNewer as error:
        raise BackupError(str(error)) from None
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        raise BackupError(f"the database cannot be read: {name}") from None


@dataclass(frozen=True, slots=True)
class Copied:
    """What is in a backup."""

    files: int
    size_bytes: int
    has_keys: bool


def make_backup(data_dir: Path, target: Path, *, has_local_files: bool) -> Copied:
    """Write the store in that folder to a new file, for this user alone (mode 0600), with the
    records' files if they are local.

    Raises BackupError and OSError; nothing stays of the file then.
    """
    if not (data_dir / DATABASE_FILE).is_file():
        raise BackupError(f"there is no database in {data_dir}")
    target = target.absolute()
    with database_failing(), _reserved(target), _folder_beside(target) as folder:
        snapshot, made = folder / DATABASE_FILE, folder / "tar"
        _snapshot(data_dir / DATABASE_FILE, snapshot)
        with create_private(made) as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                writer = _Writer(tar, data_dir)
                if has_local_files:
                    writer.copy_files(snapshot)
                copied = writer.finish(snapshot)
            sync(file)
        made.replace(target)
        sync_folder(target.parent)
    return copied


@contextmanager
def _reserved(target: Path) -> Iterator[None]:
    """Nobody else makes a file of this name meanwhile: an empty one is there. Nothing is where it
    fails."""
    try:
        create_private(target).close()
    except FileExistsError:
        raise BackupError(f"{target} is there already") from None
    try:
        yield
    except BaseException:
        target.unlink(missing_ok=True)
        raise


@contextmanager
def _folder_beside(target: Path) -> Iterator[Path]:
    """A folder that is removed in the end; where the process is killed, the next one does it."""
    for left in target.parent.glob(f"{FOLDER_PREFIX}*"):
        found = left.lstat()
        # Others may write where a backup goes, as in /tmp.
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
            remove_unclaimed([left / CLAIM], lambda claim: _remove(claim.parent))
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=target.parent))
    try:
        with create_claimed(folder / CLAIM):
            yield folder
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """The claim goes last: what is in a folder without one, nobody would ever remove."""
    for path in folder.iterdir():
        if path.name != CLAIM:
            path.unlink(missing_ok=True)
    (folder / CLAIM).unlink(missing_ok=True)
    folder.rmdir()


def _snapshot(database: Path, target: Path) -> None:
    """A copy, of this version's schema: the files of an earlier one are found by it too."""
    uri = f"{database.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True)) as source, closing(sqlite3.connect(target)) as to:
        source.backup(to)
        migrate(to, MIGRATIONS)


class _Writer:
    """Fills a TAR."""

    def __init__(self, tar: tarfile.TarFile, data_dir: Path) -> None:
        self._tar = tar
        self._data_dir = data_dir
        self._digests: dict[str, str] = {}
        self._size_bytes = 0

    def copy_files(self, snapshot: Path) -> None:
        """Copy the files that the snapshot names; where one is gone, take its record out."""
        with closing(sqlite3.connect(snapshot)) as database:
            # Nothing of what is taken out stays in the file.
            database.execute("PRAGMA secure_delete = ON")
            paths = [path for (path,) in database.execute(_PATHS)]
            for path in paths:
                name = name_of(path)
                member = f"{OBJECTS_FOLDER}/{name}"
                if not self._add(self._data_dir / member, member):
                    for statement in _PRUNES:
                        database.execute(statement, {"path": path})
            database.commit()

    def finish(self, snapshot: Path) -> Copied:
        """Copy the keys and the snapshot, and list everything; what there is then."""
        files = len(self._digests)
        has_keys = self._add(self._data_dir / KEY_FILE, KEY_FILE)
        self._add(snapshot, DATABASE_FILE)
        manifest = {
            "version": VERSION,
            "made_at": datetime.now(UTC),
            "has_keys": has_keys,
            "digests": self._digests,
        }
        self._member(MANIFEST, orjson.dumps(manifest))
        return Copied(files, self._size_bytes, has_keys)

    def _add(self, path: Path, name: str) -> bool:
        """Copy a file, if it is there."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return False
        with file:
            info = tarfile.TarInfo(name)
            info.size, info.mode = os.fstat(file.fileno()).st_size, 0o600
            hashed = Hashed(file)
            self._tar.addfile(info, hashed)
            self._digests[name] = hashed.digest
            self._size_bytes += info.size
        return True

    def _member(self, name: str, data: bytes) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.seek(0)
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o600
            self._tar.addfile(info, file)


class Hashed:
    """A file whose digest is known when it has been read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """SHA-256 of what was read, in hexadecimal digits."""
        return self._hash.hexdigest()

    def read(self, size: int = -1) -> bytes:
        """As a file."""
        data = self._file.read(size)
        self._hash.update(data)
        return data
