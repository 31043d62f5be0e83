"""A data directory belongs to one process at a time."""

import fcntl
import os
from pathlib import Path

from storage.errors import StorageError


class StorageInUse(StorageError):
    """The data directory is in use by another process."""


class DirectoryLock:
    """Holds a directory for this process; the system lets go of it however the process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, directory: Path) -> "DirectoryLock":
        """Make the directory if there is none, and take it.

        Raises StorageInUse if another process has it, and OSError if it cannot be had at all.
        """
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise StorageInUse from None
        return cls(descriptor)

    def release(self) -> None:
        """Let go of the directory."""
        os.close(self._descriptor)
