"""Lets connections in as long as there is room, and tells the others why not."""

import asyncio
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Final

import structlog

from server.budget import Reminder
from server.connections.faults import Fault
from server.connections.headcount import Headcount, Surplus
from server.doors.addresses import end_of
from server.errors import ErrorCode

LINGER_S: Final = 2.0
"""Who is closed on while still sending may lose the answer; see ``server.linger``."""
MOST_LINGERING: Final = 64
"""Beyond so many they are closed on at once."""
TOLD_S: Final = 1.0
"""A flood of connections makes no flood of lines in the log."""

log = structlog.get_logger(__name__)


class Reception:
    """Counts connections, and turns away those that are too many before anything is read."""

    def __init__(self, count: Headcount) -> None:
        self._count = count
        self._lingering = set[_TurnedAway]()
        self._reminder = Reminder(TOLD_S)
        self._untold = 0

    def enter(self, transport: asyncio.Transport) -> Callable[[], None] | None:
        """What is to be called when the connection is lost; None: it has been turned away, and is
        none of the caller's any more."""
        address = end_of(transport)
        surplus = self._count.enter(address)
        if surplus is None:
            return partial(self._count.leave, address)
        self._turn_away(transport, surplus)
        return None

    def close(self) -> None:
        """Nobody who was turned away is waited for any longer."""
        for one in self._lingering:
            one.transport.abort()

    def _turn_away(self, transport: asyncio.Transport, surplus: Surplus) -> None:
        fault = Fault(HTTPStatus.SERVICE_UNAVAILABLE, ErrorCode.SERVER_FULL, surplus.value)
        self._untold += 1
        if self._reminder.is_due(asyncio.get_running_loop().time()):
            log.warning("connections turned away", reason=surplus.value, count=self._untold)
            self._untold = 0
        turned_away = _TurnedAway(transport, self._lingering.discard)
        transport.set_protocol(turned_away)
        transport.write(fault.named().as_bytes())
        if len(self._lingering) < MOST_LINGERING:
            self._lingering.add(turned_away)
        else:
            transport.close()


class _TurnedAway(asyncio.Protocol):
    """Keeps nothing of what comes in, until the client hangs up or its time is over."""

    def __init__(
        self, transport: asyncio.Transport, when_lost: Callable[["_TurnedAway"], None]
    ) -> None:
        self.transport = transport
        self._when_lost = when_lost
        self._over = asyncio.get_running_loop().call_later(LINGER_S, transport.abort)

    def connection_lost(self, _: Exception | None) -> None:
        self._over.cancel()
        self._when_lost(self)
