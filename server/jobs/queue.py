"""The queue of jobs, as those see it who bring them."""

from collections.abc import Awaitable, Callable

from media.clock import Clock
from server.addresses import name_of
from server.jobs.estimate import estimated_s
from server.jobs.tickets import Tickets
from storage.database import Database
from storage.files import LocalFiles
from storage.results import QueueBounds, ResultRecord, ResultStatus


class JobQueue:
    """Takes jobs in, calls them off, and tells how long they will take."""

    def __init__(
        self,
        database: Database,
        files: LocalFiles,
        clock: Clock,
        tickets: Tickets,
        *,
        bounds: QueueBounds,
        places: int,
        expect: Callable[[], Awaitable[None]],
    ) -> None:
        self._database = database
        self._files = files
        self._clock = clock
        self._tickets = tickets
        self._bounds = bounds
        self._places = places
        self.expect = expect
        """Says that a job is likely to come soon."""

    async def submit(self, record: ResultRecord) -> ResultRecord:
        """Queue the job; the record under which it is, an earlier one if its key was used before.

        Raises QueueFull, UserQueueFull, KeyReused and StorageError.
        """
        kept = await self._database.results.add(record, self._bounds)
        if kept.result_id == record.result_id:
            await self._tickets.send()
        return kept

    async def left_s(self, record: ResultRecord) -> int:
        """About so many seconds until the job is done. Raises StorageError."""
        load = await self._database.results.workload()
        share = 1 - min(1.0, record.frames_done / max(1, record.frames_total))
        own_mpx = record.size_mpx * share
        is_begun = record.status is ResultStatus.PROCESSING
        ahead_mpx = 0.0 if is_begun else max(0.0, load.left_mpx - own_mpx)
        return estimated_s(load, ahead_mpx, own_mpx, self._places)

    async def call_off(self, record: ResultRecord) -> ResultRecord | None:
        """Cancel a job that is unfinished, or forget one that is not, with its files.

        The record of the cancelled one; None if it is forgotten. Raises StorageError.
        """
        if not record.status.is_final:
            return await self._database.results.cancel(record.result_id, self._clock.utc_now())
        for path in record.paths:
            await self._files.delete(name_of(path))
        await self._database.results.delete(record.result_id)
        return None

    async def forget_photos(self, record: ResultRecord) -> None:
        """Remove the photos of a job that was not taken in."""
        for path in (record.style_image_path, record.color_image_path):
            if path is not None:
                await self._files.delete(name_of(path))
