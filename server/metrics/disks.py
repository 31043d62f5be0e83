"""Meters of the room that is left where files lie."""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Gauge

ASKED_S: Final = 2.0
"""Who reads meters does not wait longer for a disk, as of a network."""


class DiskMeters:
    """The disks of a process's folders, asked for whenever somebody reads the meters."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._free = Gauge(
            "hair_tryon_disk_free_bytes",
            "Room that is left for this process where the folder is",
            ["folder"],
            registry=registry,
        )
        self._size = Gauge(
            "hair_tryon_disk_bytes", "Size of that disk", ["folder"], registry=registry
        )
        self._folders: Mapping[str, Path] = {}
        self._asking: asyncio.Future[Mapping[str, tuple[int, int]]] | None = None

    def watch(self, folders: Mapping[str, Path]) -> None:
        """Look at these, by the names that they are told under."""
        self._folders = folders

    async def ask(self) -> None:
        """Find out how much there is. Of a disk that does not answer nothing is said, and it is
        not asked again before it has."""
        if self._asking is None or self._asking.done():
            loop = asyncio.get_running_loop()
            self._asking = loop.run_in_executor(None, _looked_at, self._folders)
        asking = self._asking  # others may ask anew meanwhile
        await asyncio.wait([asking], timeout=ASKED_S)
        self._free.clear()
        self._size.clear()
        if not asking.done():
            return
        for folder, (free, size) in asking.result().items():
            self._free.labels(folder).set(free)
            self._size.labels(folder).set(size)


def _looked_at(folders: Mapping[str, Path]) -> Mapping[str, tuple[int, int]]:
    """Bytes that are left, and that there are, where each is; those that are not there are left
    out."""
    found = {}
    for name, folder in folders.items():
        try:
            usage = shutil.disk_usage(folder)
        except OSError:
            continue
        found[name] = (usage.free, usage.total)
    return found
