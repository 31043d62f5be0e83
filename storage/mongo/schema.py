"""The schema of the MongoDB database, and how it came about."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

import pymongo
from pymongo.errors import OperationFailure

from storage.errors import StorageFailed, StorageNewer
from storage.mongo.client import ANSWER_S, Collections, failures_translated
from storage.mongo.indexes import INDEXES

Migration: TypeAlias = Callable[[Collections], Awaitable[object]]
"""Leads from one schema version to the next. It may be done again from the start, if a process
died in between, or at the same time by another."""

_BUILD_S: Final = 600.0
"""So long the indexes of a large database may take, when a new version of the service brings
one."""
_NAMESPACE_EXISTS: Final = 48


async def _create_collections(database: Collections) -> None:
    """A transaction that had to create one would run into others that do."""
    for name in (*INDEXES, "months", "tallies", "state"):
        try:
            await database.create_collection(name, check_exists=False)
        except OperationFailure as error:
            if error.code != _NAMESPACE_EXISTS:
                raise


MIGRATIONS: tuple[Migration, ...] = (_create_collections,) * 6
"""What leads from each schema version to the next; the first starts from nothing, the second came
with ``consents``, the third with ``coming_consents``, the fourth with ``usages`` and
``user_tiers``, the fifth with ``styles`` and the sixth with ``coming_styles``, which an older
service would not erase. What is said of indexes in INDEXES holds for the last one."""


async def migrate(database: Collections, migrations: Sequence[Migration]) -> None:
    """Apply the migrations that the database has not seen, in order, and build missing indexes.

    Several processes may do so at once. Raises StorageNewer if the database has seen more of them
    than there are.
    """
    with failures_translated(), pymongo.timeout(_BUILD_S):
        with pymongo.timeout(ANSWER_S):
            version = await _schema_version(database)
        if version > len(migrations):
            raise StorageNewer(f"schema version {version}, known up to {len(migrations)}")
        for number in range(version + 1, len(migrations) + 1):
            await migrations[number - 1](database)
            reached = {"$max": {"version": number}}
            await database["schema"].update_one({"_id": "schema"}, reached, upsert=True)
        # Also those of a database that was restored without them: on some a promise rests.
        for name, indexes in INDEXES.items():
            await database[name].create_indexes(list(indexes))


async def _schema_version(database: Collections) -> int:
    document = await database["schema"].find_one({"_id": "schema"})
    version = 0 if document is None else document.get("version")
    if not isinstance(version, int):
        raise StorageFailed("no schema version")
    return version
