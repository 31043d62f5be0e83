"""Looks after the queue: jobs whose worker died, and jobs that nobody was told of."""

import asyncio
from typing import Final

import structlog

from media.clock import Clock
from server.jobs.job import TOO_OFTEN
from server.jobs.tickets import Tickets
from storage.database import Database, StorageError
from storage.files import LocalFiles
from storage.records import UploadStatus
from storage.results import ResultRecord, ResultStatus

SWEEP_S: Final = 2.0

log = structlog.get_logger(__name__)


class Sweeper:
    """Any number of them may be at work at once."""

    def __init__(
        self, database: Database, files: LocalFiles, clock: Clock, tickets: Tickets, attempts: int
    ) -> None:
        self._database = database
        self._files = files
        self._clock = clock
        self._tickets = tickets
        self._attempts = attempts

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            try:
                await self.sweep()
            except StorageError as error:
                log.warning("the queue cannot be looked after", reason=str(error))
            await asyncio.sleep(SWEEP_S)

    async def sweep(self) -> None:
        """Take up what was left, and send a ticket if anything waits. Raises StorageError."""
        now = self._clock.utc_now()
        taken = await self._database.results.take_up_expired(now, self._attempts, TOO_OFTEN)
        for record in taken:
            await self._take_up(record)
        if (await self._database.results.workload()).queued:
            await self._tickets.send()

    async def _take_up(self, record: ResultRecord) -> None:
        """Its worker is gone, and left what it had begun."""
        log.warning("job left by its worker", result_id=record.result_id, status=record.status)
        await self._files.clear_working(f"{record.result_id}.")
        if record.status is ResultStatus.FAILED:
            now = self._clock.utc_now()
            await self._database.uploads.set_status(record.upload_id, UploadStatus.FAILED, now)
