"""Fixtures that start the real thing and stop it again."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pytest_aiohttp.plugin import AiohttpClient

from media.clock import Clock
from processing.engine import Engines
from server.app import create_app
from server.settings import Settings
from tests.engines import SimpleEngine, invert
from tests.integration.client import Caller
from tests.integration.process import ServerProcess
from tests.integration.service import Service, StartService

TEST_SETTINGS = {"workers": 2, "target_latency_ms": 20_000.0}
"""Two workers as on the smallest machine; no frame is late because the machine is noisy."""


@pytest.fixture
async def live_server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """The service as a process of its own, with a data directory of its own."""
    server = ServerProcess(tmp_path / "data")
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture
async def start_service(
    aiohttp_client: AiohttpClient, tmp_path: Path
) -> AsyncIterator[StartService]:
    """Starts services in this process; a later one of a test finds the data of the one before."""
    callers: list[Caller] = []

    async def start(*engines: SimpleEngine, clock: Clock | None = None, **settings: Any) -> Service:
        values: dict[str, Any] = {"data_dir": tmp_path / "data", **TEST_SETTINGS, **settings}
        app = create_app(
            Settings(_env_file=None, **values), engines=Engines(*(engines or (invert(),))),
            clock=clock,
        )  # fmt: skip
        client = await aiohttp_client(app)
        callers.append(Caller(client.session, str(client.make_url("/"))))
        return Service(app, callers[-1])

    yield start
    for caller in callers:
        await caller.close()


@pytest.fixture
async def service(start_service: StartService) -> Service:
    """A service whose engine inverts every picture."""
    return await start_service()
