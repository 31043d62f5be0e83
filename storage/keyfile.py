"""The keys of an embedded store, in a file beside it that is made at the first start."""

import base64
import os
import secrets
import stat
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Final

from storage.disk import create_private, sync, sync_folder
from storage.errors import KeysUnusable
from storage.keyring import KEY_BYTES, Keyring
from storage.layout import KEY_FILE

MAX_BYTES: Final = 64 * 1024
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def load_keyring(folder: Path, objects: Path) -> Keyring:
    """The keys in the folder's file, one a line and the current one first; made if there is none.

    None are made where there are objects already, which nobody could read any more. Processes
    that start at the same time get the same keys. Raises KeysUnusable and OSError.
    """
    path = folder / KEY_FILE
    with suppress(FileNotFoundError):
        return _read(path)
    if not _is_empty(objects):
        # Another process may have made the keys, and the first object, a moment ago.
        with suppress(FileNotFoundError):
            return _read(path)
        raise KeysUnusable(f"the file {KEY_FILE} is lost, and there are files: bring it back")
    _make(path)
    return _read(path)


def _read(path: Path) -> Keyring:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if os.fstat(descriptor).st_mode & _OTHERS:
            raise KeysUnusable(f"others may read or change the file {KEY_FILE}: chmod 600 it")
        data = file.read(MAX_BYTES)
    try:
        return Keyring.of(data.decode("ascii"))
    except UnicodeDecodeError:
        raise KeysUnusable(f"the file {KEY_FILE} holds something else") from None


def _make(path: Path) -> None:
    """The name comes last: whoever finds the file finds it whole."""
    made = path.with_name(f".{KEY_FILE}-{uuid.uuid4().hex}")
    try:
        with create_private(made) as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            sync(file)
        # Where another process was faster its file stays.
        with suppress(FileExistsError):
            os.link(made, path)
    finally:
        made.unlink(missing_ok=True)
    sync_folder(path.parent)


def _is_empty(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except FileNotFoundError:
        return True
