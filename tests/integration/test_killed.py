"""Nothing that was acknowledged is lost by who is killed: the server, or its database."""

import asyncio
import logging
import os
import signal
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.integration.mongod import Mongod
from tests.integration.process import ServerProcess
from tests.integration.service import eventually
from tests.integration.writers import Writers

log = logging.getLogger(__name__)

KILLS = int(os.environ.get("TEST_KILLS", "1"))
"""Of the server or the database, each in the middle of writing."""
WRITES_S = float(os.environ.get("TEST_WRITES_S", "0.5"))
MANY = {"max_queued_jobs": 100_000, "max_user_queued_jobs": 100_000, "job_lease_s": 2.0}


@pytest.fixture(params=["sqlite", "mongodb"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> ServerProcess:
    """Not started yet."""
    settings: dict[str, str | float] = dict(MANY)
    if request.param == "mongodb":
        settings["mongodb_uri"] = request.getfixturevalue("mongo_uri")
    return ServerProcess(tmp_path / "data", **settings)


async def busy(writers: Writers) -> None:
    """Return in the middle of writing, when there is something of each kind."""
    said = writers.acknowledged
    await eventually(lambda: bool(said.sessions and said.uploads and said.results), 30)
    await asyncio.sleep(WRITES_S)


async def check(writers: Writers) -> None:
    """Everything that was acknowledged is there."""
    said = writers.acknowledged
    log.info("%d writes were acknowledged", said.count)
    assert await writers.lost() == 0


async def test_a_killed_server_has_lost_nothing(server: ServerProcess, http: ClientSession) -> None:
    """kill -9 while sessions begin, films come in and orders are taken; then a start."""
    await server.start()
    try:
        writers = Writers(http, server.url)
        writers.start()
        for _ in range(KILLS):
            await busy(writers)
            await server.stop(signal.SIGKILL)
            await server.start()
        await writers.stop()
        await check(writers)
    finally:
        await server.stop()


async def test_a_killed_database_has_lost_nothing(
    own_mongod: Mongod, tmp_path: Path, http: ClientSession
) -> None:
    """kill -9 of mongod, while the server goes on."""
    settings: dict[str, str | float] = {**MANY, "mongodb_uri": own_mongod.database("killed")}
    server = ServerProcess(tmp_path / "data", **settings)
    await server.start()
    try:
        writers = Writers(http, server.url)
        writers.start()
        for _ in range(KILLS):
            await busy(writers)
            await asyncio.to_thread(own_mongod.kill)
            await asyncio.to_thread(own_mongod.start)
        await asyncio.sleep(WRITES_S)
        await writers.stop()
        await check(writers)
    finally:
        await server.stop()
