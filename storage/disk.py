"""Files of this machine: private, claimed by who writes them, and durable when that is said."""

import asyncio
import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from storage.errors import StorageFailed

T = TypeVar("T")

LEAST_FREE_BYTES: Final = 256 * 1024 * 1024
LEAST_FREE_SHARE: Final = 0.125
"""So much of the disk stays free, for the database, the less of the two: a RAM disk is small."""


@contextmanager
def disk_failing() -> Iterator[None]:
    """What the disk cannot do is raised as StorageFailed, in the system's words and without the
    path."""
    try:
        yield
    except OSError as error:
        text = os.strerror(error.errno) if error.errno else type(error).__name__
        raise StorageFailed(text) from None


async def made_aside(make: Callable[[], T], undo: Callable[[T], object]) -> T:
    """What is made on another thread. Who is cancelled meanwhile leaves nothing open: it is undone
    as soon as it is there."""
    making = asyncio.create_task(asyncio.to_thread(make))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        making.add_done_callback(lambda made: _undo(made, undo))
        raise


def _undo(made: "asyncio.Task[T]", undo: Callable[[T], object]) -> None:
    if not made.cancelled() and made.exception() is None:
        undo(made.result())


def make_private_folder(folder: Path) -> None:
    """Make the folder, for this user alone, if there is none. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def check_room(folder: Path, size_bytes: int = 0) -> None:
    """Raises OSError if the disk would be too full with so much more on it."""
    disk = shutil.disk_usage(folder)
    if disk.free < min(LEAST_FREE_BYTES, disk.total * LEAST_FREE_SHARE) + size_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def create_private(path: Path) -> BinaryIO:
    """A new file, for this user alone. Raises OSError, also where there is one of this name."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def create_claimed(path: Path) -> BinaryIO:
    """As ``create_private``. The file is this process's until it is closed or the process ends,
    however it does: only then ``remove_unclaimed`` removes it."""
    while True:
        file = create_private(path)
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file
        # Somebody has cleared up in the moment between the two calls.
        file.close()


def remove_unclaimed(paths: Iterable[Path], remove: Callable[[Path], object] = Path.unlink) -> None:
    """Remove those of the files that were left by processes which have died. Raises OSError."""
    for path in paths:
        with suppress(FileNotFoundError), path.open("rb+") as file, suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove(path)


def discard(file: BinaryIO, path: Path) -> None:
    """Close a file that is not wanted, and remove it if it is still there, as well as can be."""
    # What could not be written cannot be written at the end either.
    with suppress(OSError):
        file.close()
    with suppress(OSError):
        path.unlink(missing_ok=True)


def sync(file: BinaryIO) -> None:
    """Return when the file's content outlives a loss of power. Raises OSError."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """The same for the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
