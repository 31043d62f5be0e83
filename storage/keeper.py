"""Removes files together with their records, so that neither stays without the other.

A record that is deleted leaves its paths behind, in the same transaction (see Loose); whoever
removes the files says so afterwards. What dies in between is finished by the next sweep.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from storage.addresses import name_of
from storage.database import Database
from storage.errors import StorageError, StorageFailed
from storage.files import Files
from storage.results import Erased
from storage.spending import month_before, month_of

STEP: Final = 100
"""So many records are removed at once: others have their turns in between."""
OWN_S: Final = 120.0
"""Who removes files has so long; then others take over what is left of them."""
COMING_S: Final = 3600.0
"""A file that comes in has its record by then."""
OPEN: Final = timedelta(days=1)
"""What was booked and not settled for so long stays spent."""
TOO_LATE: Final = "The style photo was kept no longer"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What was removed."""

    sessions: int = 0
    files: int = 0


class Keeper:
    """Any number of them may be at work at once; none removes what another one does."""

    def __init__(self, database: Database, files: Files, utc_now: Callable[[], datetime]) -> None:
        self._database = database
        self._files = files
        self._utc_now = utc_now

    @asynccontextmanager
    async def coming(self, paths: Sequence[str], user_id: str) -> AsyncIterator[None]:
        """A user's files are written at these paths in the block, and their record is added.

        What has no record when the block is left is removed, if not now then by a sweep. Raises
        StorageError where it cannot be noted that they come.
        """
        if not paths:
            yield
            return
        await self._database.loose.note(paths, user_id, self._later(COMING_S))
        try:
            yield
        finally:
            await self.withdraw(paths)

    async def withdraw(self, paths: Sequence[str]) -> None:
        """Remove those of the files that no record names, whoever wrote them."""
        try:
            await self._remove(await self._database.loose.take(paths, self._later(OWN_S)))
        except StorageError as error:
            log.warning("files are left to be swept", reason=str(error))

    async def delete_result(self, result_id: str) -> None:
        """Forget a result, with its files. Raises StorageError."""
        now = self._utc_now()
        paths = await self._database.results.delete(result_id, now, self._later(OWN_S))
        await self._remove(paths)

    async def delete_style(self, style_id: str) -> None:
        """Forget a style, with its photo. Raises StorageError."""
        await self._remove(await self._database.styles.delete(style_id, self._later(OWN_S)))

    async def erase(self, user_id: str) -> tuple[Erased, int]:
        """Delete all of a user's records and files, but for results that somebody works on; how
        many. Raises StorageError; called again it goes on, and so does whoever else calls it."""
        total, files = Erased(), 0
        while True:
            now, due = self._utc_now(), self._later(OWN_S)
            erased, paths = await self._database.erase(user_id, STEP, now, due)
            if erased.is_none and not paths:
                return total, files
            total, files = total + erased, files + await self._remove(paths)

    async def sweep(self) -> Swept:
        """Remove what is over, and what was left of earlier removals. Raises StorageError."""
        sessions = 0
        while removed := await self._database.sessions.remove_expired(STEP):
            sessions += removed
        now = self._utc_now()
        await self._database.consents.forget_late(now)
        await self._database.styles.forget_late(now)
        await self._database.spending.forget(now - OPEN, month_before(now), month_of(now))
        await self._database.tiers.forget(month_of(now))
        files = 0
        olds = (self._old_uploads, self._old_photos, self._old_results, self._old_styles)
        for take in (*olds, self._left):
            while paths := await take():
                files += await self._remove(paths)
        return Swept(sessions, files)

    def _old_uploads(self) -> Awaitable[list[str]]:
        return self._database.uploads.remove_expired(STEP, self._later(OWN_S))

    def _old_photos(self) -> Awaitable[list[str]]:
        now, due = self._utc_now(), self._later(OWN_S)
        return self._database.results.remove_photos(STEP, now, due, TOO_LATE)

    def _old_results(self) -> Awaitable[list[str]]:
        now, due = self._utc_now(), self._later(OWN_S)
        return self._database.results.remove_expired(STEP, now, due)

    def _old_styles(self) -> Awaitable[list[str]]:
        return self._database.styles.remove_expired(STEP, self._later(OWN_S))

    def _left(self) -> Awaitable[list[str]]:
        return self._database.loose.claim(self._utc_now(), self._later(OWN_S), STEP)

    async def _remove(self, paths: Sequence[str]) -> int:
        """One that cannot be removed keeps no other from being removed."""
        gone, failure = list[str](), None
        for path in paths:
            try:
                await self._files.delete(name_of(path))
                gone.append(path)
            except (StorageError, ValueError) as error:
                failure = failure or error
        if gone:
            await self._database.loose.forget(gone)
        if failure is not None:
            raise StorageFailed(type(failure).__name__) from failure
        return len(gone)

    def _later(self, seconds: float) -> datetime:
        return self._utc_now() + timedelta(seconds=seconds)
