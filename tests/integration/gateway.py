"""A gateway before the service: passes everything on, and adds what it knows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from aiohttp import (
    ClientSession,
    ClientWebSocketResponse,
    DummyCookieJar,
    WSMsgType,
    hdrs,
    web,
)

SIGN_IN_PATH: Final = "/sign-in"
_OWN: Final = frozenset({"connection", "upgrade", "transfer-encoding", "content-length"})
_SOCKETS: Final = "sec-websocket-"


@dataclass
class Gateway:
    """Passes requests on to ``target``, with ``headers`` added; says 401 to all while it is
    closed, or sends them to its ``sign_in`` page. ``asked`` is what the service is asked for."""

    target: str
    http: ClientSession
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sockets: list[ClientWebSocketResponse] = field(default_factory=list)
    is_closed: bool = False
    sign_in: str = ""
    url: str = ""

    async def close(self) -> None:
        """Let nobody in any more, and break what is open."""
        self.is_closed = True
        for socket in self.sockets:
            await socket.close()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Anything."""
        if request.path == SIGN_IN_PATH:
            return web.Response(text="<h1>Sign in</h1>", content_type="text/html")
        if self.is_closed:
            await request.read()
            if not self.sign_in:
                return web.Response(status=401)
            return web.Response(status=302, headers={hdrs.LOCATION: self.sign_in})
        self.asked.append(request.path_qs)
        if request.headers.get(hdrs.UPGRADE, "").lower() == "websocket":
            return await self._pass_socket(request)
        async with self.http.request(
            request.method, self.target + request.path_qs, data=await request.read(),
            headers=self._passed(request), allow_redirects=False,
        ) as answer:  # fmt: skip
            response = web.StreamResponse(status=answer.status, headers=_without(answer.headers))
            await response.prepare(request)
            async for piece in answer.content.iter_any():
                await response.write(piece)
            return response

    def _passed(self, request: web.Request) -> dict[str, str]:
        return _without(request.headers) | self.headers

    async def _pass_socket(self, request: web.Request) -> web.WebSocketResponse:
        asked = request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "")
        protocols = [one.strip() for one in asked.split(",") if one]
        here = web.WebSocketResponse(protocols=protocols, max_msg_size=0)
        await here.prepare(request)
        async with self.http.ws_connect(
            self.target + request.path_qs, headers=self._passed(request), protocols=protocols,
            max_msg_size=0,
        ) as there:  # fmt: skip
            self.sockets.append(there)
            back = asyncio.create_task(_copy(there, here))
            await _copy(here, there)
            await back
        return here


async def _copy(
    source: ClientWebSocketResponse | web.WebSocketResponse,
    goal: ClientWebSocketResponse | web.WebSocketResponse,
) -> None:
    async for message in source:
        if message.type is WSMsgType.BINARY:
            await goal.send_bytes(message.data)
        elif not goal.closed:
            await goal.send_str(message.data)
    await goal.close(code=source.close_code or 1000)


def _without(headers: object) -> dict[str, str]:
    """What is not of the one connection alone."""
    pairs = dict(headers)  # type: ignore[call-overload]
    return {
        name: value
        for name, value in pairs.items()
        if name.lower() not in _OWN and not name.lower().startswith(_SOCKETS)
    }


@asynccontextmanager
async def gateway_to(target: str, **headers: str) -> AsyncIterator[Gateway]:
    """A gateway at work, on a port of its own."""
    async with ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False) as http:
        gateway = Gateway(target, http, headers)
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{path:.*}", gateway.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            gateway.url = f"http://{host}:{port}"
            yield gateway
        finally:
            await runner.cleanup()
