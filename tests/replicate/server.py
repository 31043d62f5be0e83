"""Servers on free loopback ports that write down what reaches them."""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.replicate.mischief import Orders, play


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request that came. ``operation`` is the stand-in's name for what was asked."""

    operation: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class RecordingServer:
    """What both hosts have in common: a table of routes, orders, and a record of all requests."""

    def __init__(self) -> None:
        self.orders = Orders()
        self.requests: list[Recorded] = []
        self.url = ""
        self.connections = 0
        self._runner: web.AppRunner | None = None

    def routes(self) -> Sequence[tuple[str, web.RouteDef]]:
        """What can be asked, by the names of the operations."""
        raise NotImplementedError

    def count(self, operation: str) -> int:
        """How many requests of this operation came."""
        return sum(1 for request in self.requests if request.operation == operation)

    @property
    def open_connections(self) -> int:
        """How many clients are connected."""
        assert self._runner is not None
        assert self._runner.server is not None
        return len(self._runner.server.connections)

    async def start(self, tls: ssl.SSLContext | None = None) -> Self:
        """Listen."""
        app = web.Application(client_max_size=32 * 1024 * 1024)
        names = {
            app.router.add_route(route.method, route.path, route.handler): operation
            for operation, route in self.routes()
        }

        @web.middleware
        async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
            operation = names.get(request.match_info.route, "unknown")
            return await self._record(operation, request, handler)

        app.middlewares.append(record)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=tls).start()
        port = self._runner.addresses[0][1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        return self

    async def stop(self) -> None:
        """Hang up on all and listen no more."""
        assert self._runner is not None
        await self._runner.cleanup()

    async def _record(
        self, operation: str, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        body = await request.read()
        self.requests.append(
            Recorded(operation, request.method, request.path, dict(request.headers), body)
        )
        mischief = self.orders.take(operation)
        if mischief is None:
            return await handler(request)
        if mischief.acts:
            await handler(request)
        return await play(request, mischief)
