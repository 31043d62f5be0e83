"""Every implementation of Database, for the tests of its contract."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from storage.aliases import Aliases
from storage.database import Database
from storage.mongo.database import MongoDatabase
from storage.retention import Horizon, Retention
from storage.sqlite.database import SqliteDatabase
from tests.integration.mongod import Mongod
from tests.integration.records import NOW, database_file

Opener = Callable[[], Awaitable[Database]]
"""Opens the store of a test, each time the same one."""

RETENTION = Retention(uploads_s=700, results_s=3000, photos_s=100, sessions_s=60)


class Time:
    """What databases take for now: the records' moment, until it is changed."""

    def __init__(self) -> None:
        self.now = NOW

    def pass_by(self, seconds: float) -> datetime:
        """It is so much later now."""
        self.now += timedelta(seconds=seconds)
        return self.now

    def horizon(self) -> Horizon:
        """What is over by now."""
        return RETENTION.horizon(self.now)


def aliases_at(time: Time) -> Aliases:
    """Under which something outlives erasures."""
    return Aliases(lambda user_id: (f"new-{user_id}", f"old-{user_id}"), lambda: time.now)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def mongo_uri(mongod: Mongod) -> Iterator[str]:
    """The address of a database without a document; its indexes are there from an earlier test,
    as to build them takes longer than most tests."""
    name = "emptied"
    yield mongod.database(name)
    with mongod.client() as client:
        for collection in set(client[name].list_collection_names()) - {"schema"}:
            client[name][collection].delete_many({})


@pytest.fixture
async def mongo(mongo_uri: str, time: Time) -> AsyncIterator[MongoDatabase]:
    database = await MongoDatabase.open(mongo_uri, time.horizon)
    yield database
    await database.close()


def database_name(uri: str) -> str:
    """The database's name in an address."""
    return uri.rsplit("/", 1)[1]


@pytest.fixture
def new_mongo_uri(mongod: Mongod) -> Iterator[str]:
    """The address of a database that is not there yet."""
    name = f"new_{uuid4().hex}"
    yield mongod.database(name)
    with mongod.client() as client:
        client.drop_database(name)


@pytest.fixture(params=["mongodb", "sqlite"])
def opener(request: pytest.FixtureRequest, tmp_path: Path, time: Time) -> Opener:
    if request.param == "sqlite":
        path = database_file(tmp_path)
        return lambda: SqliteDatabase.open(path, time.horizon, aliases_at(time))
    uri: str = request.getfixturevalue("mongo_uri")
    return lambda: MongoDatabase.open(uri, time.horizon, aliases_at(time))


@pytest.fixture
async def database(opener: Opener) -> AsyncIterator[Database]:
    database = await opener()
    yield database
    await database.close()
