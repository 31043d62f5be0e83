"""Takes jobs from the queue and sees them through, a few at once."""

import asyncio
from contextlib import suppress

from server.jobs.job import Job, JobMeans
from server.jobs.lease import KeptLease
from storage.errors import StorageError
from storage.results import RunningBounds


class JobRunner:
    """Works on ``places`` jobs at once, and on no more than all runners together may, until it is
    stopped. Once the process is ``leaving`` none is begun, which would soon be handed back."""

    def __init__(
        self, means: JobMeans, places: int, bounds: RunningBounds, leaving: asyncio.Event
    ) -> None:
        self._means = means
        self._places = places
        self._bounds = bounds
        self._running = set[asyncio.Task[bool]]()
        self._stopping = False
        self._leaving = leaving

    @property
    def free_places(self) -> int:
        """How many more jobs this runner could work on."""
        is_over = self._stopping or self._leaving.is_set()
        return 0 if is_over else self._places - len(self._running)

    async def take_one(self) -> bool:
        """Work on the job whose turn it is, to its end; whether there was one and a place for it.

        Raises StorageError where the queue cannot be read.
        """
        if self.free_places < 1:
            return False
        running = asyncio.create_task(self._work_on_next())
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        # The job is ended by ``stop``, and not by who happens to wait for it.
        await asyncio.wait([running])
        return not running.cancelled() and running.result()

    async def stop(self) -> None:
        """Take no more jobs, and hand back those under way."""
        self._stopping = True
        for running in self._running:
            running.cancel()
        if self._running:
            await asyncio.wait(self._running)

    async def _work_on_next(self) -> bool:
        claiming = asyncio.create_task(self._claim())
        try:
            job = await asyncio.shield(claiming)
        except asyncio.CancelledError:
            with suppress(StorageError):
                if (job := await claiming) is not None:
                    await job.give_back()
            raise
        if job is not None:
            await job.work()
        return job is not None

    async def _claim(self) -> Job | None:
        means = self._means
        results, terms = means.stores.database.results, means.options.terms
        lease = await KeptLease.claim(results, means.clock, terms, self._bounds)
        return None if lease is None else Job(lease, means)
