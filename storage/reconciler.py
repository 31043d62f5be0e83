"""Compares files and records: what has one without the other is found, and told."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from storage.addresses import address_of, name_of
from storage.database import Database
from storage.files import Files
from storage.keeper import COMING_S

PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Findings:
    """``orphans`` are names of files that no record knows, ``missing`` are paths of files that
    records say are there and are not."""

    files: int = 0
    records: int = 0
    orphans: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


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
        files, orphans = 0, list[str]()
        # Whoever writes a file notes it before; those that came a moment ago are let be all the
        # same, since clocks of storages differ.
        young = self._utc_now() - timedelta(seconds=COMING_S)
        async for page in self._files.names():
            files += len(page)
            old = [address_of(name) for name, modified in page if modified < young]
            known = await self._database.known(old)
            orphans += [path for path in old if path not in known]
        if remove:
            await self._database.loose.note(orphans, "", self._utc_now())
        records, missing = 0, list[str]()
        async for path in self._expected():
            records += 1
            if not await self._files.exists(name_of(path)) and await self._is_expected(path):
                missing.append(path)
        return Findings(files, records, [name_of(path) for path in orphans], missing)

    async def _expected(self) -> AsyncIterator[str]:
        """The paths at which records say that there are files."""
        upload_id = result_id = ""
        while uploads := await self._database.uploads.page(PAGE, upload_id):
            upload_id = uploads[-1].upload_id
            for upload in uploads:
                yield upload.file_path
        while results := await self._database.results.page(PAGE, result_id):
            result_id = results[-1].result_id
            for result in results:
                for path in result.files:
                    yield path

    async def _is_expected(self, path: str) -> bool:
        """Whether its record is still there: it may have been deleted since it was read."""
        return path in await self._database.known([path])
