"""A handler that takes as long as a test wants it to, on connections as the service's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest
from aiohttp import web

from server.connections.runner import listen, make_runner
from server.settings import Settings
from tests.integration.client import RawClient


class SlowHandler:
    """Answers ``POST /`` without reading its body. ``client`` is connected."""

    client: RawClient

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self._request: web.Request | None = None

    @property
    def has_broken(self) -> bool:
        """Whether the body's end is not as it should be."""
        return self._request is not None and self._request.content.exception() is not None

    async def handle(self, request: web.Request) -> web.Response:
        """When it may."""
        self._request = request
        self.begun.set()
        await self.may_end.wait()
        return web.Response()


class StartSlow(Protocol):
    """Starts a service of one such handler."""

    async def __call__(self, **settings: Any) -> SlowHandler:
        """With these settings of its connections."""
        ...


@pytest.fixture
async def start_slow() -> AsyncIterator[StartSlow]:
    """Starts a service of one such handler, and connects to it."""
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> SlowHandler:
            chosen, slow = Settings(_env_file=None, port=0, **settings), SlowHandler()
            app = web.Application()
            app.router.add_post("/", slow.handle)
            runner = make_runner(app, chosen, grace_s=1.0)
            stack.push_async_callback(runner.cleanup)
            await runner.setup()
            await listen(runner, chosen, None)
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            slow.client = await RawClient.connect(url, None)
            stack.callback(slow.client.break_off)
            return slow

        yield start
