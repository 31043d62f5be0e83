"""The service inside the test's own process, for tests that look behind the protocol."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web

from media.clock import Clock
from processing.engine import Engine
from server.keys import SERVICES, SESSIONS
from server.registry import LiveSessions
from server.services import Services
from storage.records import SessionRecord
from tests.integration.client import Caller

SETTLE_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Service:
    """A running service and whoever calls it."""

    app: web.Application
    runner: web.AppRunner
    caller: Caller

    @property
    def services(self) -> Services:
        """What its handlers share."""
        return self.app[SERVICES]

    @property
    def live(self) -> LiveSessions:
        """Its live sessions."""
        return self.app[SESSIONS]

    async def document(self, session_id: str = "s1") -> SessionRecord:
        """A session's document, with what the journal has not written yet."""
        await self.services.journal.flush()
        record = await self.services.database.sessions.get(session_id)
        assert record is not None
        return record

    async def settled(self) -> None:
        """Wait until no session is live any more."""
        await eventually(lambda: len(self.live) == 0)


class StartService(Protocol):
    """Starts a service; ``settings`` are its settings by name."""

    async def __call__(
        self,
        *engines: Engine,
        clock: Clock | None = None,
        cancels_handlers: bool = False,
        **settings: Any,
    ) -> Service:
        """With the engines given, else one that inverts.

        ``cancels_handlers`` cancels the handler of a client that has gone, as a stop does with
        those that take too long.
        """
        ...


async def eventually(is_so: Callable[[], bool], timeout_s: float = SETTLE_TIMEOUT_S) -> None:
    """Return as soon as it is so."""
    async with asyncio.timeout(timeout_s):
        while not is_so():  # noqa: ASYNC110  (what is watched is no event)
            await asyncio.sleep(0.005)
