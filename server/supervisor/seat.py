"""A worker's end of what it has with its supervisor, who gives it connections."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, cast

import structlog
from aiohttp import web
from aiohttp.web_server import Server

from server.background import at_work
from server.connections.runner import TLS_SHUTDOWN_S
from server.settings import Settings
from server.supervisor import handles
from server.supervisor.channel import Channel, Connection, Crew, Leaving, Load, Ready, Unusable
from server.supervisor.place import WorkerPlace

LOOK_S: Final = 0.05
"""So often it is looked whether there is more or less to do."""
SIGN_S: Final = 1.0
"""So often the supervisor hears at least that the worker's loop goes on."""
SPARE: Final = 16
"""Who was short of file handles takes connections again when so many are free."""
REASON_CHARS: Final = 600
"""Of a reason: however it is written, it finds room in a message."""

log = structlog.get_logger(__name__)


class Seat:
    """Takes connections from the supervisor, and says how many there are."""

    def __init__(self, place: WorkerPlace) -> None:
        self.place = place
        self.crew = Crew(ready=0, count=place.count)
        self._channel = Channel.of(place.channel)
        self._given = 0
        self._is_short = False
        self._opening = set[asyncio.Task[None]]()

    def tell_unusable(self, reason: str) -> None:
        """The worker ends at once, for this reason."""
        self._channel.send(Unusable(reason[:REASON_CHARS]))

    @asynccontextmanager
    async def taking(
        self,
        server: Server,
        settings: Settings,
        context: ssl.SSLContext | None,
        *,
        count_sessions: Callable[[], int],
        orphaned: Callable[[], None],
    ) -> AsyncIterator[None]:
        """Have connections served for the length of the block. ``orphaned`` is called when the
        supervisor is no more."""
        loop = asyncio.get_running_loop()

        def heard() -> None:
            try:
                while (told := self._channel.receive()) is not None:
                    match told:
                        case Crew() as crew, _:
                            self.crew = crew
                        case Connection(), None:
                            self._miss()
                        case Connection(), socket.socket() as connection:
                            self._take(connection, server, settings, context)
            except EOFError:
                loop.remove_reader(self._channel.fileno())
                orphaned()

        loop.add_reader(self._channel.fileno(), heard)
        async with at_work(self._report(server, count_sessions)):
            self._channel.send(Ready())
            try:
                yield
            finally:
                self._channel.send(Leaving())
                # What was given before that was heard comes still, and is served to its end.
                await asyncio.sleep(LOOK_S)
                loop.remove_reader(self._channel.fileno())
                if self._opening:
                    await asyncio.wait(self._opening, timeout=settings.stop_timeout_s)

    def _take(
        self,
        connection: socket.socket,
        server: Server,
        settings: Settings,
        context: ssl.SSLContext | None,
    ) -> None:
        self._given += 1
        opening = asyncio.create_task(_opened(connection, server, settings, context))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    def _miss(self) -> None:
        """Somebody has been lost, who was given all the same. More would be, so none are asked for
        until there is room."""
        self._given += 1
        if not self._is_short:
            log.error("no file handle for a connection (ulimit -n)")
        self._is_short = True

    async def _report(self, server: Server, count_sessions: Callable[[], int]) -> None:
        loop = asyncio.get_running_loop()
        told, told_s = None, 0.0
        while True:
            self._is_short = self._is_short and not handles.are_free(SPARE)
            load = Load(len(server.connections), count_sessions(), self._given, self._is_short)
            is_due = loop.time() - told_s >= SIGN_S
            if (load != told or is_due) and self._channel.send(load):
                told, told_s = load, loop.time()
            await asyncio.sleep(LOOK_S)


SEAT: Final = web.AppKey("seat", Seat)


async def _opened(
    connection: socket.socket,
    server: Server,
    settings: Settings,
    context: ssl.SSLContext | None,
) -> None:
    """Served from now on, by its protocol; a client that breaks off meanwhile is none."""
    connection.setblocking(False)
    loop, has_tls = asyncio.get_running_loop(), context is not None
    with suppress(OSError, TimeoutError):
        await loop.connect_accepted_socket(
            cast("Callable[[], asyncio.Protocol]", server),
            connection,
            ssl=context,
            ssl_handshake_timeout=settings.header_timeout_s if has_tls else None,
            ssl_shutdown_timeout=TLS_SHUTDOWN_S if has_tls else None,
        )
