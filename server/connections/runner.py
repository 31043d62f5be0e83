"""Serves an application on connections that are counted and bounded; tests run the same."""

import asyncio
import ssl
from typing import Any, Final, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_server import Server

from server.connections.connection import Connection, Patience
from server.connections.expecting import Requests
from server.connections.faults import FIELD_MAX_BYTES, LINE_MAX_BYTES, MOST_FIELDS
from server.connections.headcount import LOOPBACK, Headcount
from server.connections.reception import Reception
from server.instances.addresses import listening
from server.settings import Settings

LINGER_S: Final = 5.0
"""For so long the rest of a body is thrown away that nobody wanted."""
SPREAD: Final = 0.25
"""By up to this share the patience with one connection exceeds that with another."""
GOLDEN: Final = 0.618034
"""Multiples of the golden section, without their whole part, are spread evenly at any time (Knuth,
The Art of Computer Programming, 6.4)."""
TLS_SHUTDOWN_S: Final = 5.0
"""How long a client may take to answer the farewell of TLS."""


def make_runner(
    app: web.Application, settings: Settings, *, grace_s: float, cancels_handlers: bool = False
) -> web.AppRunner:
    """What serves the application. When it is stopped, requests under way have ``grace_s``.

    ``cancels_handlers``: a handler ends when its client has gone.
    """
    return _Runner(app, settings, shutdown_timeout=grace_s, handler_cancellation=cancels_handlers)


class _Runner(web.AppRunner):
    def __init__(self, app: web.Application, settings: Settings, **kwargs: Any) -> None:
        super().__init__(app, **kwargs)
        self._settings = settings

    async def _make_server(self) -> Server:
        return _Server(await super()._make_server(), self._settings)


class _Server(Server):
    """Makes connections as they come, for what another server would do with them."""

    def __init__(self, other: Server, settings: Settings) -> None:
        super().__init__(
            other.request_handler,
            request_factory=Requests(other.request_factory),
            handler_cancellation=other.handler_cancellation,
            access_log=None,
            # A few hundred bytes that unpack to as many megabytes would hold up the event loop.
            auto_decompress=False,
            keepalive_timeout=settings.keepalive_timeout_s,
            max_line_size=LINE_MAX_BYTES,
            max_field_size=FIELD_MAX_BYTES,
            max_headers=MOST_FIELDS,
            reception=_reception(settings),
        )
        self._settings = settings
        self._turn = 0.0

    def __call__(self) -> RequestHandler:
        """Clients that came together are not thrown out together, to come again together."""
        self._turn = (self._turn + GOLDEN) % 1.0
        longer = 1.0 + SPREAD * self._turn
        header_s, write_s = self._settings.header_timeout_s, self._settings.write_timeout_s
        return Connection(
            self,
            loop=self._loop,
            lingering_time=LINGER_S * longer,
            patience=Patience(header_s * longer, write_s * longer),
            **self._kwargs,
        )

    async def shutdown(self, timeout: float | None = None) -> None:  # noqa: ASYNC109
        self._kwargs["reception"].close()
        await super().shutdown(timeout)


def _reception(settings: Settings) -> Reception:
    exempt = (*LOOPBACK, *settings.proxy_networks, *settings.gateway_networks)
    most, most_of_one = settings.max_connections, settings.max_address_connections
    return Reception(Headcount(most, most_of_one, exempt))


async def listen(runner: web.AppRunner, settings: Settings, context: ssl.SSLContext | None) -> None:
    """Take connections where the settings say. Raises OSError and UnicodeError."""
    await _Site(runner, settings, context).start()


class Inside:
    """Where other instances reach this one, at an address of theirs; nowhere if there is none."""

    def __init__(self, runner: web.AppRunner, address: str) -> None:
        self.address = address
        self._runner = runner
        self._server: asyncio.AbstractServer | None = None

    async def open(self) -> None:
        """Take what they send. Raises OSError."""
        if self.address:
            self._server = await listening(self.address, self._connection)

    async def close(self, _: web.Application | None = None) -> None:
        """Take no more."""
        if self._server is not None:
            self._server.close()

    def _connection(self) -> RequestHandler:
        connection = cast("Connection", cast("Server", self._runner.server)())
        connection.is_inside = True
        return connection


class _Site(web.BaseSite):
    """As aiohttp's, and a client that does not finish TLS's handshake is not waited for."""

    def __init__(
        self, runner: web.AppRunner, settings: Settings, context: ssl.SSLContext | None
    ) -> None:
        super().__init__(runner, ssl_context=context)
        self._settings = settings

    @property
    def name(self) -> str:
        return f"{self._settings.scheme}://{self._settings.host}:{self._settings.port}"

    async def start(self) -> None:
        await super().start()
        settings, has_tls = self._settings, self._ssl_context is not None
        self._server = await asyncio.get_running_loop().create_server(
            cast("Server", self._runner.server),
            settings.host,
            settings.port,
            backlog=self._backlog,
            ssl=self._ssl_context,
            ssl_handshake_timeout=settings.header_timeout_s if has_tls else None,
            ssl_shutdown_timeout=TLS_SHUTDOWN_S if has_tls else None,
        )
