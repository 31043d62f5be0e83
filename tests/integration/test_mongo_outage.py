"""MongoDB's server dies, stands still and comes back: nothing is lost, nobody waits long."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

import pytest

from storage.errors import StorageFailed
from storage.mongo.database import MongoDatabase
from storage.records import UploadStatus
from storage.results import Ending, Lease, QueueBounds, ResultStatus
from tests.integration.databases import RETENTION
from tests.integration.mongod import Mongod
from tests.integration.records import ANY, NOW, RECORD, RESULT, UPLOAD, add_upload

ROOMY = QueueBounds(100_000, 100_000)
LEASE = Lease("w1", NOW, NOW)
ROUND = 3
QUICKLY = "any?timeoutMS=500&serverSelectionTimeoutMS=300"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """A server that is stopped and started again."""
    server = Mongod(tmp_path_factory.mktemp("outages"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def server(shared: Mongod, unreached: None) -> Mongod:
    """That server, for a test that stops it."""
    return shared


async def opened(server: Mongod, name: str) -> MongoDatabase:
    return await MongoDatabase.open(server.database(name), lambda: RETENTION.horizon(NOW))


def all_calls(database: MongoDatabase) -> list[Callable[[], Awaitable[object]]]:
    """Every call of the contract."""
    sessions, uploads, results, loose = (
        database.sessions, database.uploads, database.results, database.loose,
    )  # fmt: skip
    done = Ending(status=ResultStatus.COMPLETED, now=NOW)
    return [
        lambda: sessions.begin(RECORD),
        lambda: sessions.save(RECORD),
        lambda: sessions.get("s1"),
        lambda: sessions.of_user("ann", 99),
        lambda: sessions.time_out_silent(NOW, NOW),
        lambda: sessions.remove_expired(5),
        lambda: uploads.add(UPLOAD),
        lambda: uploads.get("up1"),
        lambda: uploads.of_user("ann", 99),
        lambda: uploads.set_status("up1", UploadStatus.UPLOADED, NOW),
        lambda: uploads.page(5),
        lambda: uploads.remove_expired(5, NOW),
        lambda: results.add(RESULT, ROOMY),
        lambda: results.get("r1"),
        lambda: results.by_path("/v1"),
        lambda: results.history("ann", 5),
        lambda: results.page(5),
        lambda: results.claim(LEASE, ANY),
        lambda: results.renew("r1", LEASE, 1),
        lambda: results.give_back("r1", LEASE),
        lambda: results.end("r1", "w1", done),
        lambda: results.cancel("r1", NOW),
        lambda: results.cancel_all("ann", NOW),
        lambda: results.let_go("r1", "w1"),
        lambda: results.leased("ann", NOW),
        lambda: results.take_up_expired(NOW, 3, ""),
        lambda: results.claim_notice(NOW, NOW),
        lambda: results.end_notice("r1"),
        lambda: results.delete("r1", NOW, NOW),
        lambda: results.remove_expired(5, NOW, NOW),
        lambda: results.remove_photos(5, NOW, NOW, ""),
        results.workload,
        lambda: loose.note(["/a"], "ann", NOW),
        lambda: loose.claim(NOW, NOW, 5),
        lambda: loose.take(["/a"], NOW),
        lambda: loose.forget(["/a"]),
        lambda: database.erase("ann", 5, NOW, NOW),
        database.scrub,
        lambda: database.known(["/a"]),
    ]


async def outcomes(database: MongoDatabase) -> set[type]:
    """What becomes of all calls, made at once."""
    ended = await asyncio.gather(*(call() for call in all_calls(database)), return_exceptions=True)
    return {type(one) for one in ended if isinstance(one, BaseException)}


async def until_it_answers(database: MongoDatabase) -> None:
    """Ask again and again."""
    while True:
        try:
            await database.results.workload()
        except StorageFailed:
            await asyncio.sleep(0.05)
        else:
            return


async def until_all_succeed(database: MongoDatabase) -> None:
    """Make all calls again and again."""
    while StorageFailed in await outcomes(database):
        pass


async def test_a_server_that_stands_still_fails_every_call(server: Mongod) -> None:
    """In time, also those who wait for others who wait; and they succeed when it goes on."""
    database = await opened(server, f"{QUICKLY}&maxPoolSize=2")
    server.pause()
    assert await outcomes(database) == {StorageFailed}
    with pytest.raises(StorageFailed):
        await opened(server, QUICKLY)
    server.resume()
    await until_all_succeed(database)
    await database.close()


async def test_a_server_that_died_fails_every_call(server: Mongod) -> None:
    """Until it is started again; then they succeed by themselves."""
    database = await opened(server, QUICKLY)
    await database.sessions.begin(replace(RECORD, session_id="kept", user_id="bob"))
    await asyncio.to_thread(server.kill)
    assert await outcomes(database) == {StorageFailed}
    await asyncio.to_thread(server.start)
    await until_all_succeed(database)
    assert await database.sessions.get("kept") is not None
    await database.close()


async def test_a_database_is_closed_though_its_server_stands_still(server: Mongod) -> None:
    """What was under way has failed then."""
    database = await opened(server, QUICKLY)
    server.pause()
    call = asyncio.create_task(database.sessions.begin(RECORD))
    await asyncio.sleep(0)
    await database.close()
    with pytest.raises(StorageFailed):
        await call
    server.resume()


async def write(
    database: MongoDatabase, numbers: Iterator[int], written: set[str], enough: asyncio.Event
) -> None:
    """Write one thing after another, of all kinds, and remember what was acknowledged; tell when
    much was."""
    ending = Ending(status=ResultStatus.COMPLETED, now=NOW)
    for count in itertools.count():
        name = f"n{next(numbers)}"
        file_path = f"/uploads/{name}.mp4"
        await add_upload(
            database, replace(UPLOAD, upload_id=name, user_id=name, file_path=file_path)
        )
        written.add(f"upload {name}")
        result = replace(
            RESULT, result_id=name, upload_id=name, user_id=name, style_image_path=None
        )
        await database.results.add(result, ROOMY)
        written.add(f"result {name}")
        await database.sessions.begin(replace(RECORD, session_id=name))
        written.add(f"session {name}")
        claimed = await database.results.claim(replace(LEASE, owner=name), ANY)
        assert claimed is not None
        written.add(f"claim {claimed.result_id}")
        assert await database.results.end(claimed.result_id, name, ending)
        written.add(f"end {claimed.result_id}")
        if count == ROUND:
            enough.set()


async def found(database: MongoDatabase) -> set[str]:
    """All that is there."""
    there = set[str]()
    after = ""
    while uploads := await database.uploads.page(500, after):
        there |= {f"upload {one.upload_id}" for one in uploads}
        after = uploads[-1].upload_id
    after = ""
    while results := await database.results.page(500, after):
        there |= {f"result {one.result_id}" for one in results}
        there |= {f"claim {one.result_id}" for one in results if one.attempts}
        there |= {f"end {one.result_id}" for one in results if one.completed_at}
        after = results[-1].result_id
    there |= {f"session {one.session_id}" for one in await database.sessions.of_user("ann", 99)}
    return there


async def test_what_was_acknowledged_survives_the_death_of_the_server(server: Mongod) -> None:
    """Killed while many write: everything is there that was said to be."""
    database = await opened(server, "written?timeoutMS=2000&serverSelectionTimeoutMS=300")
    numbers, written, enough = itertools.count(), set[str](), asyncio.Event()
    writers = [asyncio.create_task(write(database, numbers, written, enough)) for _ in range(10)]
    await enough.wait()
    await asyncio.to_thread(server.kill)
    ended = await asyncio.gather(*writers, return_exceptions=True)
    assert {type(one) for one in ended} == {StorageFailed}
    await asyncio.to_thread(server.start)
    await until_it_answers(database)
    assert written - await found(database) == set()
    await database.close()
