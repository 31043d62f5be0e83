"""Every implementation of Database, for the tests of its contract."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from storage.database import Database
from storage.sqlite import SqliteDatabase
from tests.integration.records import database_file

Opener = Callable[[], Awaitable[Database]]
"""Opens the store of a test, each time the same one."""

_OPENERS: dict[str, Callable[[Path], Awaitable[Database]]] = {
    "sqlite": lambda folder: SqliteDatabase.open(database_file(folder)),
}


@pytest.fixture(params=sorted(_OPENERS))
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return lambda: _OPENERS[request.param](tmp_path)


@pytest.fixture
async def database(opener: Opener) -> AsyncIterator[Database]:
    database = await opener()
    yield database
    await database.close()
