"""Looks after the queue: jobs whose worker died, and jobs that nobody was told of."""

from contextlib import suppress
from datetime import datetime
from typing import Final

import structlog

from media.clock import Clock
from server.background import every
from server.jobs.ends import Ends
from server.jobs.job import TOO_OFTEN
from server.jobs.kept_cuts import forget_cuts
from server.jobs.tickets import Tickets
from server.logs import pseudonym
from server.stores import Stores
from storage.errors import StorageError
from storage.records import UploadStatus
from storage.results import ResultRecord, ResultStatus

SWEEP_S: Final = 2.0
TICKETS: Final = 16
"""For so many jobs that wait a ticket is sent each time, since earlier ones may be lost."""

log = structlog.get_logger(__name__)


class Sweeper:
    """Any number of them may be at work at once."""

    def __init__(
        self, stores: Stores, clock: Clock, tickets: Tickets, attempts: int, ends: Ends
    ) -> None:
        self._stores = stores
        self._database = stores.database
        self._workspace = stores.workspace
        self._clock = clock
        self._tickets = tickets
        self._attempts = attempts
        self._ends = ends

    async def run(self) -> None:
        """Sweep until cancelled."""
        await every(SWEEP_S, self.sweep, "the queue cannot be looked after")

    async def sweep(self) -> None:
        """Take up what was left, and send a ticket if anything waits. Raises StorageError."""
        now = self._clock.utc_now()
        taken = await self._database.results.take_up_expired(now, self._attempts, TOO_OFTEN)
        for record in taken:
            self._tell(record)
        for record in taken:
            if record.status is ResultStatus.FAILED:
                await self._clear_up(record, now)
        for name in await self._workspace.working_names():
            await self._clear(name)
        queued = (await self._database.results.workload()).queued
        self._tickets.ask(min(queued, TICKETS))

    def _tell(self, record: ResultRecord) -> None:
        """Its worker is gone."""
        told = log.bind(result_id=pseudonym(record.result_id))
        told.warning("job left by its worker", status=record.status)
        if record.status is ResultStatus.FAILED:
            self._ends.tell(told, record, record.status)

    async def _clear_up(self, record: ResultRecord, now: datetime) -> None:
        """No later sweep finds it: what cannot be done for one keeps nothing from being done for
        the others."""
        with suppress(StorageError):
            await self._database.uploads.set_status(record.upload_id, UploadStatus.FAILED, now)
        await forget_cuts(self._stores, record)

    async def _clear(self, name: str) -> None:
        """Remove a working folder of which nobody makes anything any more."""
        result_id, _, attempt = name.rpartition(".")
        record = await self._database.results.get(result_id)
        is_used = record is not None and record.status is ResultStatus.PROCESSING
        if not is_used or (record is not None and str(record.attempts) != attempt):
            await self._workspace.clear_working(name)
