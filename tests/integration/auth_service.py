"""The auth service's address of public keys, as far as this service needs it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web


class AuthService:
    """Gives its keys away, or what else it is told to."""

    def __init__(self) -> None:
        self.answer: Any = {"keys": []}
        self.asked = 0
        self.url = ""

    async def keys(self, _: web.Request) -> web.StreamResponse:
        """``GET /jwks``."""
        self.asked += 1
        await asyncio.sleep(0)
        if isinstance(self.answer, int):
            return web.Response(status=self.answer, headers={"Location": self.url})
        if isinstance(self.answer, bytes):
            return web.Response(body=self.answer)
        return web.json_response(self.answer)


@pytest.fixture
async def auth() -> AsyncIterator[AuthService]:
    service = AuthService()
    app = web.Application()
    app.router.add_get("/jwks", service.keys)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}/jwks"
    yield service
    await runner.cleanup()
