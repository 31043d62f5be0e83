"""Calls to MongoDB that are given up in the middle, by their callers or with their process."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from storage.addresses import name_of
from storage.errors import DataErased, StorageFailed
from storage.files import Files
from storage.keeper import Keeper
from storage.mongo import uploads as mongo_uploads
from storage.mongo.client import PLACES
from storage.mongo.database import MongoDatabase
from storage.mongo.loose import settle_loose
from tests.integration.databases import RETENTION, Time, database_name
from tests.integration.mongod import Mongod
from tests.integration.records import (
    NOW,
    RECORD,
    RESULT,
    ROOMY,
    UPLOAD,
    add_result,
    add_upload,
)

Raw = dict[str, Any]


def open_transactions(client: "MongoClient[Raw]") -> set[bytes]:
    """The sessions that have one, in all databases."""
    asked = {"$currentOp": {"allUsers": True, "idleSessions": True}}
    is_open = {"$match": {"transaction": {"$exists": True}}}
    return {bytes(one["lsid"]["id"]) for one in client.admin.aggregate([asked, is_open])}


async def test_cancelled_changes_are_whole(
    mongo: MongoDatabase, mongo_uri: str, mongod: Mongod
) -> None:
    """Wherever a caller is cancelled: all is there or nothing, no transaction stays open, and no
    place is lost."""
    with mongod.client() as client:
        # A server that another test has killed leaves its own for a minute.
        before = open_transactions(client)
    await add_upload(mongo, UPLOAD)
    paths = [f"/uploads/style{number}.jpg" for number in range(60)]
    await mongo.loose.note(paths, "ann", NOW)
    adding = []
    for number, path in enumerate(paths):
        record = replace(RESULT, result_id=f"r{number}", style_image_path=path)
        adding.append(asyncio.create_task(mongo.results.add(record, ROOMY)))
        await asyncio.sleep(0.003)
        adding[number // 2].cancel()
    await asyncio.gather(*adding, return_exceptions=True)
    cancelled = [number for number, task in enumerate(adding) if task.cancelled()]
    assert cancelled
    await asyncio.gather(*(mongo.results.workload() for _ in range(2 * PLACES)))
    await mongo.close()
    with mongod.client() as client:
        database = client[database_name(mongo_uri)]
        there = {one["style_image_path"] for one in database["results"].find()}
        assert there | {one["_id"] for one in database["loose"].find()} == set(paths)
        assert len(there) + database["loose"].count_documents({}) == len(paths)
        assert (database["tallies"].find_one() or {})["results"] == len(there)
        assert open_transactions(client) <= before


async def test_a_cancelled_upload_is_whole(
    mongo: MongoDatabase, time: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its transaction goes on while the file is taken back: then it is not committed."""
    is_reached, may_go_on = asyncio.Event(), asyncio.Event()

    async def slow(*args: Any) -> None:
        is_reached.set()
        await may_go_on.wait()
        await settle_loose(*args)

    monkeypatch.setattr(mongo_uploads, "settle_loose", slow)
    files = await Files.connect(tmp_path / "data")
    keeper = Keeper(mongo, files, lambda: time.now)

    async def come() -> None:
        async with keeper.coming([UPLOAD.file_path], "ann"):
            await files.write(name_of(UPLOAD.file_path), b"film")
            await mongo.uploads.add(UPLOAD)

    coming = asyncio.create_task(come())
    await is_reached.wait()
    coming.cancel()
    with pytest.raises(asyncio.CancelledError):
        await coming
    assert not await files.exists(name_of(UPLOAD.file_path))
    going_on = set(mongo._link._tasks)
    may_go_on.set()
    with pytest.raises(DataErased):
        await asyncio.gather(*going_on)
    assert await mongo.uploads.get("up1") is None
    await files.close()


async def test_who_waits_and_is_cancelled_has_done_nothing(mongo_uri: str, time: Time) -> None:
    """A call that has not found a place yet is not made any more."""
    mongo = await MongoDatabase.open(f"{mongo_uri}?maxPoolSize=1", time.horizon)
    kept, gone = (
        asyncio.create_task(mongo.sessions.begin(replace(RECORD, session_id=name)))
        for name in ("kept", "gone")
    )
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([kept, gone])
    assert gone.cancelled()
    assert await mongo.sessions.get("kept") is not None
    assert await mongo.sessions.get("gone") is None
    await mongo.close()


async def test_an_abandoned_turn_holds_up_nobody(
    mongo: MongoDatabase, mongo_uri: str, mongod: Mongod
) -> None:
    """A process that died while it changed the queue does not keep the others from it, for the
    minute that the server would wait for it."""
    await add_upload(mongo, UPLOAD)
    await add_result(mongo, RESULT, ROOMY)
    dead: MongoClient[Raw] = MongoClient(mongo_uri, appname="hair-try-on")
    session = dead.start_session()
    session.start_transaction()
    state = dead[database_name(mongo_uri)]["state"]
    state.update_one({"_id": "queue"}, {"$inc": {"turns": 1}}, session=session)
    hasty = await MongoDatabase.open(f"{mongo_uri}?timeoutMS=1000", lambda: RETENTION.horizon(NOW))
    with pytest.raises(StorageFailed):
        await add_result(hasty, replace(RESULT, result_id="r2"), ROOMY)
    await hasty.close()
    assert await add_result(mongo, replace(RESULT, result_id="r2"), ROOMY)
    dead.close()
