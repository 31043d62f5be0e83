"""A person's right to be forgotten: everything of one user, wherever it is (report section 7.3)."""

import asyncio
from contextlib import suppress
from typing import Final

import structlog

from media.clock import Clock
from server.erased_lately import ErasedLately
from server.forgotten import Forgotten
from server.instances.messenger import Messenger
from server.jobs.ends import Ends
from server.journal import SessionJournal
from server.registry import LiveSessions
from server.settings import Settings
from server.stores import Stores
from storage.errors import StorageFailed
from storage.results import Erased

LOOK_S: Final = 0.1
"""So often it is asked whether workers have let go."""
MARGIN_S: Final = 5.0
"""After a lease is over nobody writes files any more; so much longer they are waited for."""
OTHERS_S: Final = 1.5
"""Within this time other servers find that a session's document is gone, and end it, and workers
that a job is called off; what they have put into the cache until then goes too."""
EDITS: Final = 3
"""A photo's way through the cloud, with all that is done here, takes no longer than so many of the
times that it has there."""
SCRUBS: Final = 20
"""So often it is tried to empty the log of the database, which others may be reading."""

log = structlog.get_logger(__name__)


class Eraser:
    """Erases users. It may be asked again for the same one, also at the same time."""

    def __init__(
        self,
        stores: Stores,
        journal: SessionJournal,
        sessions: LiveSessions,
        clock: Clock,
        settings: Settings,
        *,
        ends: Ends,
        messenger: Messenger | None = None,
    ) -> None:
        """``messenger`` reaches other instances, if there are any that are known."""
        self._database = stores.database
        self._keeper = stores.keeper
        self._cache = stores.cache
        self._journal = journal
        self._sessions = sessions
        self._clock = clock
        self._lease_s = settings.job_lease_s
        self._others_write = settings.others_write
        self._messenger = messenger
        self._ends = ends
        self.lately = ErasedLately(
            clock, max(settings.upload_timeout_s, EDITS * settings.cloud_timeout_s)
        )

    async def erase(self, user_id: str) -> Forgotten:
        """When this returns nothing is left of the user but what came after it was called.

        Raises StorageError; it is to be called again then, and goes on where it was.
        """
        live = await self._end_everywhere(user_id)
        until_s = self._clock.monotonic() + self._lease_s + MARGIN_S
        jobs, records, files = 0, Erased(), 0
        while True:
            jobs += await self._cancel_all(user_id)
            was_worked_on = await self._is_worked_on(user_id)
            erased, removed = await self._keeper.erase(user_id)
            records, files = records + erased, files + removed
            # Of what somebody let go of since it was looked at, something may be left.
            if not was_worked_on and not await self._is_worked_on(user_id):
                break
            # Who works on a film of the user lets go of it, or loses the right to in this time.
            if self._clock.monotonic() > until_s:
                raise StorageFailed("worker")
            await asyncio.sleep(LOOK_S)
        # A Redis that is away must not keep the log from being emptied.
        await self._scrub()
        entries = await self._cache.forget_user(user_id)
        if self._others_write:
            await asyncio.sleep(OTHERS_S)
            entries += await self._cache.forget_user(user_id)
        log.info("user erased", sessions=records.sessions, uploads=records.uploads,
                 results=records.results, styles=records.styles, files=files)  # fmt: skip
        return Forgotten(records, files, live, jobs, entries)

    async def erased_elsewhere(self, user_id: str) -> int:
        """Another instance erases a user: what is on its way here is not kept, and live sessions
        end; how many there were."""
        self.lately.add(user_id)
        live = await self._sessions.erase(user_id)
        await self._journal.forget(user_id)
        return live

    async def _cancel_all(self, user_id: str) -> int:
        cancelled = await self._database.results.cancel_all(user_id, self._clock.utc_now())
        for record in cancelled:
            self._ends.tell_cancelled(record)
        return len(cancelled)

    async def _end_everywhere(self, user_id: str) -> int:
        """Here at once, too: an instance that hangs is waited for a while."""
        here = self.erased_elsewhere(user_id)
        if self._messenger is None:
            return await here
        return sum(await asyncio.gather(here, self._messenger.erased(user_id)))

    async def _is_worked_on(self, user_id: str) -> bool:
        now = self._clock.utc_now()
        return await self._database.results.leased(user_id, now) > 0

    async def _scrub(self) -> None:
        for _ in range(SCRUBS):
            with suppress(StorageFailed):
                await self._database.scrub()
                return
            await asyncio.sleep(LOOK_S)
        await self._database.scrub()
