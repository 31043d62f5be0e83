"""What MongoDB promises beside the contract of Database."""

import asyncio
import sys
import traceback
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pymongo
import pytest
from bson import ObjectId
from pymongo import MongoClient

from storage.errors import StorageFailed, StorageNewer, StorageUnsuitable
from storage.mongo.client import connect, database_of, disconnect
from storage.mongo.database import MongoDatabase
from storage.mongo.schema import MIGRATIONS, migrate
from storage.results import Ending, Lease, ResultStatus
from tests.integration.databases import RETENTION, Time, database_name
from tests.integration.mongod import Mongod
from tests.integration.records import (
    ANY,
    NOW,
    RECORD,
    RESULT,
    ROOMY,
    UPLOAD,
    add_result,
    add_upload,
)
from tests.integration.running import ROOT

Raw = dict[str, Any]


def everything(client: "MongoClient[Raw]", uri: str) -> list[Raw]:
    """All documents of a database."""
    database = client[database_name(uri)]
    return [one for name in database.list_collection_names() for one in database[name].find()]


async def test_documents_are_as_the_report_has_them(
    mongo: MongoDatabase, mongo_uri: str, mongod: Mongod
) -> None:
    """Fields under their names, identifiers as text beside MongoDB's own, dates and numbers."""
    await add_upload(mongo, UPLOAD)
    await add_result(mongo, RESULT, ROOMY)
    await mongo.sessions.begin(RECORD)
    with mongod.client() as client:
        database = client[database_name(mongo_uri)]
        upload, result, session = (
            database[name].find_one() or {} for name in ("uploads", "results", "sessions")
        )
    for document in (upload, result, session):
        assert isinstance(document.pop("_id"), ObjectId)
        assert document["created_at"] == NOW.replace(tzinfo=None)
    names = {"upload_id", "user_id", "filename", "file_path", "file_size", "duration",
             "frame_count", "format", "status", "created_at", "updated_at"}  # fmt: skip
    assert names <= set(upload)
    assert (upload["upload_id"], upload["status"], upload["file_size"]) == (
        "up1", "uploaded", 5_242_880_000,
    )  # fmt: skip
    names = {"result_id", "upload_id", "user_id", "style_image_path", "color_image_path",
             "result_video_path", "thumbnail_path", "status", "processing_time", "frame_count",
             "sampled_frames", "ai_model", "error_message", "created_at", "started_at",
             "completed_at", "updated_at"}  # fmt: skip
    assert names <= set(result)
    assert result["error_message"] is None
    names = {"session_id", "user_id", "style_image_data", "color_image_data", "connected_at",
             "last_activity", "frames_processed", "average_latency_ms", "dropped_frames", "status",
             "created_at", "updated_at"}  # fmt: skip
    assert names <= set(session)
    assert session["average_latency_ms"] == RECORD.average_latency_ms


async def test_indexes_of_the_report_are_there(
    mongo: MongoDatabase, mongo_uri: str, mongod: Mongod
) -> None:
    """Each of section 5.1, or one that begins with it; unique where it says so."""
    expected = {
        "uploads": [["upload_id"], ["user_id", "created_at"], ["status"]],
        "results": [["result_id"], ["user_id", "created_at"], ["upload_id"], ["status"]],
        "sessions": [["session_id"], ["user_id"], ["status", "last_activity"]],
    }
    with mongod.client() as client:
        for collection, indexes in expected.items():
            found = client[database_name(mongo_uri)][collection].index_information().values()
            keys = [dict(index["key"]) for index in found]
            for index in indexes:
                assert any(list(key)[: len(index)] == index for key in keys)
            assert {"unique": True}.items() <= next(
                index.items() for index in found if index["key"] == [(indexes[0][0], 1)]
            )
            assert all(key["created_at"] == -1 for key in keys if next(iter(key)) == "user_id"
                       and "created_at" in key)  # fmt: skip


@pytest.mark.parametrize(
    ("collection", "damage"),
    [
        ("sessions", {"status": "asleep"}),
        ("sessions", {"frames_processed": "3"}),
        ("sessions", {"look": "{"}),
        ("sessions", {"look": "[]"}),
        ("sessions", {"created_at": "yesterday"}),
        ("sessions", {"dropped_frames": True}),
        ("sessions", {"last_activity": pymongo.common.MAX_BSON_SIZE}),
    ],
)
async def test_damaged_documents_are_failures(
    mongo: MongoDatabase, mongo_uri: str, mongod: Mongod, collection: str, damage: Raw
) -> None:
    """What is no record is not passed on, and nothing of it is told."""
    await mongo.sessions.begin(RECORD)
    with mongod.client() as client:
        client[database_name(mongo_uri)][collection].update_one({}, {"$set": damage})
    with pytest.raises(StorageFailed) as caught:
        await mongo.sessions.get("s1")
    assert str(next(iter(damage.values()))) not in str(caught.value)


async def test_a_missing_field_is_a_failure_or_none(
    mongo: MongoDatabase, mongo_uri: str, mongod: Mongod
) -> None:
    """A document without an optional field is read; one without another is not."""
    await mongo.sessions.begin(RECORD)
    with mongod.client() as client:
        sessions = client[database_name(mongo_uri)]["sessions"]
        sessions.update_one({}, {"$unset": {"look": 1}})
        assert await mongo.sessions.get("s1") == replace(RECORD, look=None)
        sessions.update_one({}, {"$unset": {"frames_processed": 1}})
    with pytest.raises(StorageFailed):
        await mongo.sessions.get("s1")


async def test_erasing_leaves_no_name(
    mongo: MongoDatabase, mongo_uri: str, mongod: Mongod, time: Time
) -> None:
    """In no collection is anything left that names who was erased."""
    await add_upload(mongo, replace(UPLOAD, idempotency_key="k", request_digest="d"))
    for number in range(3):
        await add_result(mongo, replace(RESULT, result_id=f"r{number}"), ROOMY)
    await mongo.results.claim(Lease("w1", NOW, NOW + timedelta(9)), ANY)
    await mongo.results.delete("r1", NOW, NOW)
    await mongo.sessions.begin(RECORD)
    await mongo.loose.note(["/uploads/coming.mp4"], "ann", NOW)
    when_all_let_go = NOW + timedelta(10)
    while paths := (await mongo.erase("ann", 10, when_all_let_go, NOW))[1]:
        await mongo.loose.forget(paths)
    await mongo.scrub()
    with mongod.client() as client:
        left = everything(client, mongo_uri)
    assert "ann" not in str(left)
    assert "/uploads/coming.mp4" in [one["_id"] for one in left]


async def test_texts_are_no_expressions(mongo: MongoDatabase) -> None:
    """What looks like the name of a field in a text is that text."""
    await add_upload(mongo, UPLOAD)
    for name in ("r1", "r2"):
        await add_result(mongo, replace(RESULT, result_id=name), ROOMY)
        await mongo.results.claim(Lease("w1", NOW, NOW), ANY)
    done = Ending(status=ResultStatus.FAILED, now=NOW, error_message="$user_id", ai_model="$$NOW")
    assert await mongo.results.end("r1", "w1", done)
    record = await mongo.results.get("r1")
    assert record is not None
    assert (record.error_message, record.ai_model) == ("$user_id", "$$NOW")


async def test_a_standalone_server_is_refused(tmp_path: Path) -> None:
    """It knows no transactions; the refusal says what to do."""
    server = Mongod(tmp_path / "standalone", replica_set=False)
    server.start()
    with pytest.raises(StorageUnsuitable, match="has to be a replica set"):
        await MongoDatabase.open(server.database("any"), lambda: RETENTION.horizon(NOW))
    server.kill()


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://ann:s3cret@127.0.0.1:1/?serverSelectionTimeoutMS=50",
        "mongodb://ann:s3cret@127.0.0.1:s3cret/",
        "mongodb://ann:s3cret@/",
        "mongodb://ann:s3cret@127.0.0.1:1/?authMechanism=s3cret&serverSelectionTimeoutMS=50",
        "mongodb://ann:s3cret@127.0.0.1:1/?w=s3cret&authSource=&serverSelectionTimeoutMS=50",
        "http://s3cret",
        "mongodb://ann:s3cret@127.0.0.1:1/s3cret.name/with?this=that&serverSelectionTimeoutMS=50",
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
async def test_addresses_are_not_told(uri: str, unreached: None) -> None:
    """No server there, or no address at all: the failure says so, without a word of the address."""
    with pytest.raises(StorageFailed) as caught:
        await MongoDatabase.open(uri, lambda: RETENTION.horizon(NOW))
    told = "".join(traceback.format_exception(caught.value))
    assert "s3cret" not in told.replace(repr(uri), "")


async def test_a_password_is_not_told(mongo_uri: str) -> None:
    """A server that does not let somebody in: what he said is in no failure."""
    uri = mongo_uri.replace("//", "//ann:s3cret@") + "?authSource=admin"
    with pytest.raises(StorageFailed, match="AuthenticationFailed") as caught:
        await MongoDatabase.open(uri, lambda: RETENTION.horizon(NOW))
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


async def test_a_newer_schema_is_left_alone(new_mongo_uri: str, mongod: Mongod, time: Time) -> None:
    """Nothing is changed in a database of a newer version of the service."""
    newer = len(MIGRATIONS) + 1
    with mongod.client() as client:
        database = client[database_name(new_mongo_uri)]
        database["schema"].insert_one({"_id": "schema", "version": newer})
        with pytest.raises(StorageNewer, match=f"version {newer}, known up to {newer - 1}"):
            await MongoDatabase.open(new_mongo_uri, time.horizon)
        assert database.list_collection_names() == ["schema"]
        database["schema"].update_one({}, {"$set": {"version": "seven"}})
        with pytest.raises(StorageFailed):
            await MongoDatabase.open(new_mongo_uri, time.horizon)


async def test_migrations_are_done_in_order_and_again(new_mongo_uri: str) -> None:
    """Each once; one that failed is done again, and the ones before it are not."""
    done: list[int] = []

    async def first(_: object) -> None:
        done.append(1)

    async def second(_: object) -> None:
        done.append(2)
        if done.count(2) == 1:
            raise StorageFailed

    client = connect(new_mongo_uri)
    database = database_of(client)
    await migrate(database, [first])
    with pytest.raises(StorageFailed):
        await migrate(database, [first, second, first])
    await migrate(database, [first, second, first])
    await migrate(database, [first, second, first])
    assert done == [1, 2, 2, 1]
    await disconnect(client)


async def test_missing_indexes_are_built_again(
    new_mongo_uri: str, mongod: Mongod, time: Time
) -> None:
    """A database that was restored without them gets them when it is opened."""
    await (await MongoDatabase.open(new_mongo_uri, time.horizon)).close()
    with mongod.client() as client:
        results = client[database_name(new_mongo_uri)]["results"]
        before = results.index_information()
        results.drop_indexes()
        await (await MongoDatabase.open(new_mongo_uri, time.horizon)).close()
        assert results.index_information() == before


_STARTING_PROCESS = """
import asyncio, sys
from datetime import UTC, datetime
from storage.mongo.database import MongoDatabase
from storage.retention import Retention
from tests.integration.records import RECORD
from dataclasses import replace

async def main():
    horizon = lambda: Retention(60, 60, 60, 60).horizon(datetime(2026, 1, 1, tzinfo=UTC))
    sys.stdin.readline()
    database = await MongoDatabase.open(sys.argv[1], horizon)
    await database.sessions.begin(replace(RECORD, session_id=sys.argv[2]))
    await database.close()

asyncio.run(main())
"""


async def test_many_processes_start_at_once(new_mongo_uri: str, mongod: Mongod, time: Time) -> None:
    """On a database that is not there yet: all of them get on."""
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", _STARTING_PROCESS, new_mongo_uri, f"s{number}",
            cwd=ROOT, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )
        for number in range(4)
    ]  # fmt: skip
    ended = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [process.returncode for process in processes] == [0, 0, 0, 0], ended
    database = await MongoDatabase.open(new_mongo_uri, time.horizon)
    assert len(await database.sessions.of_user("ann", 99)) == 4
    await database.close()
