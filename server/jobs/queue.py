"""The queue of jobs, as those see it who bring them."""

from collections.abc import Awaitable, Callable

from media.clock import Clock
from server.cloud.opened import AT_ONCE
from server.jobs.ends import Ends
from server.jobs.estimate import edited_s, estimated_s, worked_mpx
from server.jobs.kept_cuts import forget_cuts
from server.jobs.tickets import Tickets
from server.stores import Stores
from storage.moments import from_ms, to_ms
from storage.records import UploadStatus
from storage.results import QueueBounds, ResultRecord, ResultStatus, VideoQuota


class JobQueue:
    """Takes jobs in, calls them off, and tells how long they will take."""

    def __init__(
        self,
        stores: Stores,
        clock: Clock,
        tickets: Tickets,
        ends: Ends,
        *,
        bounds: QueueBounds,
        places: int,
        expect: Callable[[], Awaitable[None]],
    ) -> None:
        self._stores = stores
        self._database = stores.database
        self._clock = clock
        self._tickets = tickets
        self._ends = ends
        self._bounds = bounds
        self._places = places
        self.expect = expect
        """Says that a job is likely to come soon."""

    async def submit(self, record: ResultRecord, quota: VideoQuota | None) -> ResultRecord:
        """Queue the job; the record under which it is, an earlier one if its key was used before.

        Raises UploadGone, QueueFull, UserQueueFull, VideosSpent, KeyReused and StorageError.
        """
        kept = await self._database.results.add(record, self._bounds, quota)
        if kept.result_id == record.result_id:
            self._tickets.ask()
        return kept

    async def left_s(self, record: ResultRecord) -> int:
        """About so many seconds until the job is done, none if it is. Raises StorageError."""
        if record.status.is_final:
            return 0
        load = await self._database.results.workload()
        share = 1 - min(1.0, record.frames_done / max(1, record.frames_total))
        own_mpx = record.size_mpx * share
        is_begun = record.status is ResultStatus.PROCESSING
        ahead_mpx = 0.0 if is_begun else max(0.0, load.left_mpx - own_mpx)
        pictures = record.max_keyframes or 0
        away_s = edited_s(0 if record.frames_done else pictures, AT_ONCE)
        work_mpx = worked_mpx(own_mpx, pictures)
        return estimated_s(load, ahead_mpx, work_mpx, self._places, away_s)

    async def needed_s(self, size_mpx: float, pictures: int) -> int:
        """About so many seconds until a film of this size would be done that is ordered now, with
        so many pictures of it cut in the cloud. Raises StorageError."""
        load, away_s = await self._database.results.workload(), edited_s(pictures, AT_ONCE)
        work_mpx = worked_mpx(size_mpx, pictures)
        return estimated_s(load, load.left_mpx, work_mpx, self._places, away_s)

    async def cancel(self, record: ResultRecord) -> ResultRecord | None:
        """Cancel the job if it is unfinished; its record then, None if it is forgotten by now.

        Raises StorageError.
        """
        now = from_ms(to_ms(self._clock.utc_now()))
        left = await self._database.results.cancel(record.result_id, now)
        if left is not None and left.status is ResultStatus.CANCELLED:
            if left.completed_at == now:  # by this call, and not by an earlier one
                self._ends.tell_cancelled(left)
            await self._database.uploads.set_status(record.upload_id, UploadStatus.UPLOADED, now)
            await forget_cuts(self._stores, left)
        return left

    async def forget(self, record: ResultRecord) -> None:
        """Forget a job that is finished, with its files. Raises StorageError."""
        await self._stores.keeper.delete_result(record.result_id)
        await forget_cuts(self._stores, record)
