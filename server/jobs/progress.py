"""The live progress of jobs, finer than the database is told, for those who watch them.

It goes by way of the cache. The database stays the truth: what is told here counts for the lease
under which it was told, and no one waits for a cache or minds one that is away.
"""

import asyncio
from dataclasses import replace
from typing import Final

from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from storage.cache import Cache, cache_key
from storage.errors import StorageError
from storage.results import ResultRecord, ResultStatus

TTL_S: Final = 24 * 60 * 60.0
"""Processing status is kept for a day (report section 6.4), unless its job ends before."""
PACE_S: Final = 0.2
"""No more often is the cache told, whatever happens meanwhile."""


class _Told(BaseModel):
    """An entry: how many frames the owner of this lease has done."""

    model_config = ConfigDict(frozen=True)

    owner: str
    frames_done: NonNegativeInt


class LiveProgress:
    """Tells the cache how far the jobs of this process are; of each the newest state wins."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._untold = dict[str, bytes | None]()
        """What is to be told next, None of jobs that have ended: no more than have run since the
        cache was there."""
        self._is_untold = asyncio.Event()

    def tell(self, record: ResultRecord, owner: str, frames_done: int) -> None:
        """So many frames are done under the lease of this owner."""
        told = _Told(owner=owner, frames_done=frames_done)
        self._put(record, told.model_dump_json().encode())

    def end(self, record: ResultRecord) -> None:
        """The job runs here no more."""
        self._put(record, None)

    async def run(self) -> None:
        """Tell until cancelled, and then what is left."""
        try:
            while True:
                await self._is_untold.wait()
                await self._tell_all()
                await asyncio.sleep(PACE_S)
        finally:
            await self._tell_all()

    def _put(self, record: ResultRecord, value: bytes | None) -> None:
        self._untold[_key(record)] = value
        self._is_untold.set()

    async def _tell_all(self) -> None:
        self._is_untold.clear()
        for key in list(self._untold):
            value = self._untold.pop(key)
            try:
                if value is None:
                    await self._cache.delete(key)
                else:
                    await self._cache.set(key, value, TTL_S)
            except StorageError:
                # What is to go may be of a user who was erased: that is said until it is heard.
                if value is None:
                    self._untold.setdefault(key, None)
                break
        if self._untold:
            self._is_untold.set()


async def up_to_date(record: ResultRecord, cache: Cache) -> ResultRecord:
    """The record, with the live progress where its job is worked on."""
    if record.status is not ResultStatus.PROCESSING:
        return record
    try:
        told = _Told.model_validate_json(await cache.get(_key(record)) or b"")
    except (StorageError, ValidationError):
        return record
    if told.owner != record.lease_owner:
        return record
    frames_done = min(told.frames_done, record.frames_total)
    return replace(record, frames_done=max(record.frames_done, frames_done))


def _key(record: ResultRecord) -> str:
    return cache_key("status", record.user_id, record.result_id)
