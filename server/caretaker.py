"""Looks after what is kept: sessions whose server died, and what is over."""

from datetime import timedelta
from typing import Final

import structlog

from media.clock import Clock
from server.background import every
from server.stores import Stores

SILENT_S: Final = 60.0
"""A live session is saved every few seconds."""

log = structlog.get_logger(__name__)


class Caretaker:
    """Any number of them may be at work at once."""

    def __init__(self, stores: Stores, clock: Clock, interval_s: float) -> None:
        self._database = stores.database
        self._keeper = stores.keeper
        self._clock = clock
        self._interval_s = interval_s

    async def run(self) -> None:
        """Look after everything until cancelled."""
        await every(self._interval_s, self.look, "what is over cannot be removed")

    async def look(self) -> None:
        """Once. Raises StorageError."""
        await self.time_out(SILENT_S)
        swept = await self._keeper.sweep()
        if swept.sessions or swept.files:
            log.info("removed what was over", sessions=swept.sessions, files=swept.files)

    async def time_out(self, silent_s: float) -> None:
        """End the documents of sessions that nobody has saved for so long. Raises StorageError."""
        now = self._clock.utc_now()
        since = now - timedelta(seconds=silent_s)
        left = await self._database.sessions.time_out_silent(now, since)
        if left:
            log.warning("sessions of a server that died timed out", sessions=left)
