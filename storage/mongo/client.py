"""The connection to MongoDB: how it is opened, and how its failures are told."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

import pymongo
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from pymongo import AsyncMongoClient, ReadPreference
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from storage.errors import StorageFailed, StorageUnsuitable

Document: TypeAlias = dict[str, Any]
Client: TypeAlias = AsyncMongoClient[Document]
Collection: TypeAlias = AsyncCollection[Document]
Collections: TypeAlias = AsyncDatabase[Document]
Session: TypeAlias = AsyncClientSession

ANSWER_S: Final = 5.0
"""So long a call may take, unless the address says ``timeoutMS``."""
PLACES: Final = 20
"""So many calls are made at once, unless the address says ``maxPoolSize``: with a hundred the
slowest wait more than a second for an answer."""
MAJORITY: Final = WriteConcern("majority", j=True)
"""A write is acknowledged when most servers have it in their journals, so that it survives."""

_NAME: Final = "hair_tryon"
"""Of the database, unless the address names another."""
_CLOSE_S: Final = 3.0
_DEFAULTS: Final[dict[str, Any]] = {
    "appName": "hair-try-on",
    "serverSelectionTimeoutMS": 2300,
    "connectTimeoutMS": 2300,
    "maxPoolSize": PLACES,
    "timeoutMS": int(ANSWER_S * 1000),
}
"""What the address may say otherwise."""
_OLDEST_WIRE_VERSION: Final = 13
"""MongoDB 5.0: several reads of one moment."""


@contextmanager
def failures_translated() -> Iterator[None]:
    """PyMongo's errors as StorageFailed. Their texts quote documents and addresses: only the kind
    of error is told."""
    try:
        yield
    except OperationFailure as error:
        name = (error.details or {}).get("codeName")
        raise StorageFailed(name if isinstance(name, str) else type(error).__name__) from None
    except (PyMongoError, BSONError, OSError, ValueError, OverflowError) as error:
        raise StorageFailed(type(error).__name__) from None


def connect(uri: str) -> Client:
    """A client of the servers at this address, whose options count, but for those on which the
    contract rests. Nothing is sent yet.

    Raises StorageFailed if it is no address of MongoDB.
    """
    with failures_translated():
        chosen = {name.lower() for name, _ in parse_qsl(uri.partition("?")[2])}
        defaults = {name: value for name, value in _DEFAULTS.items() if name.lower() not in chosen}
        return AsyncMongoClient(
            uri,
            tz_aware=True,
            retryWrites=True,
            retryReads=True,
            w="majority",
            journal=True,
            readPreference="primary",
            **defaults,
        )


def database_of(client: Client) -> Collections:
    """The database that the address names."""
    options: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
    with failures_translated():
        return client.get_default_database(
            _NAME,
            codec_options=options,
            read_preference=ReadPreference.PRIMARY,
            write_concern=MAJORITY,
            # What most servers have: it is there, and stays so, if another takes the lead.
            read_concern=ReadConcern("majority"),
        )


def answer_s(client: Client) -> float:
    """How long a call may take."""
    return client.options.timeout or ANSWER_S


def places(client: Client) -> int:
    """How many calls may be made at once."""
    size = client.options.pool_options.max_pool_size
    return int(size) if 0 < size < float("inf") else PLACES


async def reach(client: Client) -> None:
    """Return if a server is known that takes writes, or is found in time. Raises PyMongoError.

    PyMongo itself would look for one for as long as the whole call may take.
    """
    if not client.topology_description.has_writable_server():
        with pymongo.timeout(client.options.server_selection_timeout):
            await client.admin.command("ping")


async def check_suitable(client: Client) -> None:
    """Raises StorageUnsuitable if the servers know no transactions, StorageFailed if none
    answers."""
    with failures_translated(), pymongo.timeout(answer_s(client)):
        await reach(client)
        hello = await client.admin.command("hello")
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise StorageUnsuitable("MongoDB has to be a replica set: one server is enough")
    if hello.get("maxWireVersion", 0) < _OLDEST_WIRE_VERSION:
        raise StorageUnsuitable("MongoDB has to be 5.0 or later")


async def disconnect(client: Client) -> None:
    """Close the client, also if no server answers any more."""
    with failures_translated():
        try:
            async with asyncio.timeout(_CLOSE_S):
                await client.close()
        except TimeoutError:
            # It told the server that its sessions end; they end by themselves.
            await client.close()
