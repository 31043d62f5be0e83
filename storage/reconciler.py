"""Compares files and records: what has one without the other is found, and told."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from storage.addresses import address_of, name_of
from storage.database import Database
from storage.files import Files
from storage.keeper import COMING_S

PAGE: Final = 200
NAMED: Final = 20
"""So many of each kind are told by name."""


@dataclass(slots=True)
class Found:
    """How many files there are of a kind, and the names of the first few."""

    count: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, names: Sequence[str]) -> None:
        """Count these too."""
        self.count += len(names)
        self.names += names[: NAMED - len(self.names)]


@dataclass(frozen=True, slots=True)
class Findings:
    """``orphans`` are files that no record knows, ``missing`` are those that records say are there
    and are not."""

    files: int
    records: int
    orphans: Found
    missing: Found


class Reconciler:
    """Looks through everything; the service may run meanwhile."""

    def __init__(self, database: Database, files: Files, utc_now: Callable[[], datetime]) -> None:
        self._database = database
        self._files = files
        self._utc_now = utc_now

    async def reconcile(self, *, remove: bool = False) -> Findings:
        """What there is. To ``remove``, orphans become loose, so that the next sweep removes them;
        else nothing changes: to a wrong or emptied database every file is one.

        Raises StorageError.
        """
        files, orphans = 0, Found()
        # Whoever writes a file notes it before; those that came a moment ago are let be all the
        # same, since clocks of storages differ.
        young = self._utc_now() - timedelta(seconds=COMING_S)
        async for page in self._files.names():
            files += len(page)
            old = [address_of(name) for name, modified in page if modified < young]
            known = await self._database.known(old)
            alone = [path for path in old if path not in known]
            if remove:
                alone = await self._database.loose.take(alone, self._utc_now())
            orphans.add([name_of(path) for path in alone])
        records, missing = 0, Found()
        async for path in self._expected():
            records += 1
            if not await self._files.exists(name_of(path)) and await self._is_expected(path):
                missing.add([name_of(path)])
        return Findings(files, records, orphans, missing)

    async def _expected(self) -> AsyncIterator[str]:
        """The paths at which records say that there are files."""
        upload_id = style_id = result_id = ""
        while uploads := await self._database.uploads.page(PAGE, upload_id):
            upload_id = uploads[-1].upload_id
            for upload in uploads:
                yield upload.file_path
        while styles := await self._database.styles.page(PAGE, style_id):
            style_id = styles[-1].style_id
            for style in styles:
                yield style.file_path
        while results := await self._database.results.page(PAGE, result_id):
            result_id = results[-1].result_id
            for result in results:
                for path in result.files:
                    yield path

    async def _is_expected(self, path: str) -> bool:
        """Whether its record is still there: it may have been deleted since it was read."""
        return path in await self._database.known([path])
