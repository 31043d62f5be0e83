"""Fixtures that start the real thing and stop it again."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from playwright.async_api import Page

from media.clock import Clock
from processing.engine import Engine, Engines
from processing.local.classic.engine import ClassicEngine
from server.app import create_app
from server.connections.runner import listen, make_runner
from server.settings import Settings
from tests.engines import invert
from tests.integration.browser import (
    PAGE_HOST,
    Browse,
    OpenTab,
    RunScript,
    Tab,
    open_browser,
    serve_module,
    shared_browsers,
    tab_opener,
)
from tests.integration.client import Caller
from tests.integration.databases import database, mongo, mongo_uri, new_mongo_uri, opener, time
from tests.integration.held import Change, Held, holding
from tests.integration.mongod import mongod, own_mongod, unreached
from tests.integration.process import UNLIMITED, ServerProcess, shared_process
from tests.integration.redis import Redis
from tests.integration.service import Service, StartService

__all__ = [
    "database",
    "mongo",
    "mongo_uri",
    "mongod",
    "new_mongo_uri",
    "opener",
    "own_mongod",
    "time",
    "unreached",
]

TEST_SETTINGS = {
    "threads": 2,
    "target_latency_ms": 20_000.0,
    "frames_per_minute": 1_000_000,
    **UNLIMITED,
}
"""Two threads as on the smallest machine; no frame is late or too many, as the machine is noisy."""


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    """A client that has shown to nobody who it is."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
def redis() -> Iterator[Redis]:
    """A real server, on a free loopback port."""
    server = Redis()
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def live_server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """The service as a process of its own, with a data directory of its own."""
    server = ServerProcess(tmp_path / "data")
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One that a file's tests share, each as another user; none may stop it or fill it up."""
    with shared_process(ServerProcess(tmp_path_factory.mktemp("shared"))) as server:
        yield server


def starter(stack: AsyncExitStack, folder: Path) -> StartService:
    """Starts services in this process, which the stack stops; a later one finds the data of the one
    before.

    They run as in production, where a handler outlives its client to write the last document;
    aiohttp's own test server would cancel it.
    """

    async def start(
        *engines: Engine,
        clock: Clock | None = None,
        cancels_handlers: bool = False,
        **settings: Any,
    ) -> Service:
        values: dict[str, Any] = {"data_dir": folder, "port": 0, **TEST_SETTINGS, **settings}
        chosen = Settings(_env_file=None, **values)
        app = create_app(chosen, engines=Engines(*(engines or (invert(),))), clock=clock)
        runner = make_runner(app, chosen, grace_s=1.0, cancels_handlers=cancels_handlers)
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await listen(runner, chosen, None)
        http = await stack.enter_async_context(ClientSession())
        host, port = runner.addresses[0][:2]
        caller = Caller(http, f"http://{host}:{port}")
        stack.push_async_callback(caller.close)
        return Service(app, runner, caller)

    return start


@pytest.fixture
async def start_service(tmp_path: Path) -> AsyncIterator[StartService]:
    """Starts services in this process. See starter."""
    async with AsyncExitStack() as stack:
        yield starter(stack, tmp_path / "data")


@pytest.fixture
async def service(start_service: StartService) -> Service:
    """A service whose engine inverts every picture."""
    return await start_service()


@pytest.fixture
async def held(
    request: pytest.FixtureRequest, start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> Held:
    """A service whose jobs begin, and then wait to be told how they end."""
    change = Change()
    works = holding(monkeypatch, change)
    settings = {"job_places": 1, **works, **getattr(request, "param", {})}
    return Held(await start_service(ClassicEngine(), **settings), change)


@pytest.fixture
async def open_tab(tmp_path: Path) -> AsyncIterator[OpenTab]:
    """Opens the page in a browser of its own. See tab_opener."""
    async with AsyncExitStack() as stack:
        yield tab_opener(stack, tmp_path)


@pytest.fixture(scope="module")
def camera_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the picture is that the camera of a file's browsers shows."""
    return tmp_path_factory.mktemp("camera")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browse() -> AsyncIterator[Browse]:
    """The browsers of a file. See shared_browsers."""
    async with shared_browsers() as browse:
        yield browse


@pytest_asyncio.fixture(loop_scope="module")
async def open_shared(browse: Browse, camera_folder: Path) -> AsyncIterator[OpenTab]:
    """Opens the page in a browser of the file's, for tests that have its loop."""
    async with AsyncExitStack() as stack:
        yield tab_opener(stack, camera_folder, browse)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_tab(
    shared_server: ServerProcess, browse: Browse, camera_folder: Path
) -> AsyncIterator[Tab]:
    """A visitor who is live, for the tests of a file, each of which begins with nothing on: opening
    the page takes longer than most of what is done there."""
    async with AsyncExitStack() as stack:
        tab = await tab_opener(stack, camera_folder, browse)(shared_server.url)
        await tab.start_camera()
        yield tab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run_script() -> AsyncIterator[RunScript]:
    """Runs the body of an async function where the page's modules can be imported.

    One browser serves all the tests of a file: the modules keep nothing between the calls.
    """
    async with open_browser() as browser:
        page: Page = await browser.new_page()
        await page.route(f"{PAGE_HOST}/**", serve_module)
        await page.goto(PAGE_HOST)

        async def run(body: str) -> Any:
            return await page.evaluate(f"async () => {{ {body} }}")

        yield run
