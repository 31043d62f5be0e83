"""A result's lease in the hands of its owner: kept while there is work, and nothing beyond it."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NoReturn, TypeVar

from media.clock import Clock
from server.insisting import insist
from storage.database import Results
from storage.errors import StorageFailed
from storage.moments import to_ms
from storage.objects import GIVE_UP_S
from storage.results import Ending, Lease, ResultRecord, RunningBounds

MOST_MARGIN: Final = 1 / 3
"""Of a short lease no more than this share is left for giving up."""

T = TypeVar("T")


class LeaseLost(Exception):
    """The job is not this worker's any more: it was cancelled, deleted, or taken up by another, or
    may be by now, since the lease could not be renewed in time."""


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """A lease lasts ``lease_s``, and is renewed every ``beat_s``."""

    lease_s: float
    beat_s: float

    @property
    def work_s(self) -> float:
        """So long after a renewal there may be work. Who writes a file and is told to stop may go
        on for a moment, and has to end before the lease does."""
        return self.lease_s - min(GIVE_UP_S, self.lease_s * MOST_MARGIN)


class KeptLease:
    """The lease of ``record``, from its claim on. ``frames_done`` is noted with each renewal."""

    def __init__(
        self,
        record: ResultRecord,
        owner: str,
        since_s: float,
        *,
        results: Results,
        clock: Clock,
        terms: LeaseTerms,
    ) -> None:
        """``since_s`` is the clock's moment before it was claimed."""
        self.record = record
        self.owner = owner
        self.frames_done = 0
        self._since_s = since_s
        self._results = results
        self._clock = clock
        self._terms = terms

    @classmethod
    async def claim(
        cls, results: Results, clock: Clock, terms: LeaseTerms, bounds: RunningBounds
    ) -> "KeptLease | None":
        """The lease of the result whose turn it is, None if there is none. Raises StorageError."""
        owner, since_s = uuid.uuid4().hex, clock.monotonic()
        record = await results.claim(_lease(owner, clock, terms.lease_s), bounds)
        if record is None:
            return None
        return cls(record, owner, since_s, results=results, clock=clock, terms=terms)

    async def kept_for(self, work: Coroutine[None, None, T]) -> T:
        """Do the work while the lease is kept; then it is cancelled, early enough that nothing is
        written when the lease is over. Raises LeaseLost, StorageClosed and what the work raises."""
        beating, working = asyncio.create_task(self._beat()), asyncio.create_task(work)
        try:
            await asyncio.wait([beating, working], return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else beating.result()
        finally:
            for one in (beating, working):
                one.cancel()
            await asyncio.gather(beating, working, return_exceptions=True)

    async def insist(self, call: Callable[[], Awaitable[T]], patience_s: float) -> T:
        """What the call returns when the storage takes it. It is made again for so long: work is
        not done anew because a storage was away for a while. Raises what the call raises."""
        beat_s = self._terms.beat_s
        return await insist(call, self._clock, within_s=patience_s, pause_s=beat_s)

    async def renew(self) -> None:
        """Raises LeaseLost and StorageError."""
        asked_s = self._clock.monotonic()
        lease = _lease(self.owner, self._clock, self._terms.lease_s)
        if not await self._results.renew(self.record.result_id, lease, self.frames_done):
            raise LeaseLost
        self._since_s = asked_s

    async def end(self, ending: Ending) -> None:
        """The work has ended so; a storage that is away is waited for as long as a lease. Raises
        LeaseLost and StorageError."""
        await self.insist(lambda: self._end(ending), self._terms.lease_s)

    async def give_back(self) -> bool:
        """Let another do the work, as if it had not been begun; False if it is not this owner's
        any more. Raises StorageError."""
        lease = _lease(self.owner, self._clock)
        return await self._results.give_back(self.record.result_id, lease)

    async def give_up(self) -> None:
        """Let another try anew at once. Raises StorageError."""
        lease = _lease(self.owner, self._clock)
        await self._results.renew(self.record.result_id, lease, 0)

    async def let_go(self) -> None:
        """Nothing is written under this lease any more. Raises StorageError."""
        await self._results.let_go(self.record.result_id, self.owner)

    async def _end(self, ending: Ending) -> None:
        result_id = self.record.result_id
        if await self._results.end(result_id, self.owner, ending):
            return
        # It may have been taken before, and the answer lost.
        now = await self._results.get(result_id)
        if now is None or not _has_ended(now, ending):
            raise LeaseLost

    async def _beat(self) -> NoReturn:
        """A database that is away for a moment is asked again, one that hangs is not waited for."""
        try:
            while True:
                async with asyncio.timeout(self._left_s()):
                    await asyncio.sleep(self._terms.beat_s)
                    with suppress(StorageFailed):
                        await self.renew()
        except TimeoutError:
            raise LeaseLost from None

    def _left_s(self) -> float:
        return self._since_s + self._terms.work_s - self._clock.monotonic()


def _has_ended(record: ResultRecord, ending: Ending) -> bool:
    """So, and at this moment, to the millisecond."""
    ended_at = record.completed_at
    is_then = ended_at is not None and to_ms(ended_at) == to_ms(ending.now)
    return is_then and record.status is ending.status


def _lease(owner: str, clock: Clock, lasts_s: float = 0.0) -> Lease:
    now = clock.utc_now()
    return Lease(owner, now, now + timedelta(seconds=lasts_s))
