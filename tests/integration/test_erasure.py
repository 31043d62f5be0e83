"""Erasing a user: everything, everywhere, also what is being used; and nobody else's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from processing.local.classic.engine import ClassicEngine
from server.keys import ERASURES
from storage.cache import cache_key
from storage.errors import StorageFailed
from storage.layout import DATABASE_FILE
from storage.results import ResultRecord
from tests.films import film
from tests.integration.belongings import found_of, leave
from tests.integration.client import Caller
from tests.integration.held import Held
from tests.integration.process import WorkerProcess
from tests.integration.redis import Redis
from tests.integration.service import Service, StartService, eventually
from tests.integration.test_upload import form, kept, post, refusal

NOTHING = {
    "uploads": 0,
    "results": 0,
    "sessions": 0,
    "styles": 0,
    "files": 0,
    "cache_entries": 0,
    "live_sessions": 0,
    "jobs": 0,
}


@pytest.fixture(params=["embedded", "MongoDB and Redis"])
async def service(
    request: pytest.FixtureRequest, start_service: StartService
) -> AsyncIterator[Service]:
    """A service with the engine that its children have too, and workers of its own."""
    if request.param == "embedded":
        yield await start_service(ClassicEngine())
        return
    settings = {"redis_url": request.getfixturevalue("redis").url}
    if "MongoDB" in request.param:
        settings["mongodb_uri"] = request.getfixturevalue("mongo_uri")
    service = await start_service(ClassicEngine(), **settings)
    worker = WorkerProcess(service.services.settings.data_dir, **settings)
    await worker.start()
    yield service
    await worker.stop()
    await service.runner.cleanup()


async def erase(caller: Caller, user_id: str) -> dict[str, Any]:
    """Have a user erased; what there was."""
    url = f"{caller.url}/api/hair-tryOn/user/{user_id}/data"
    async with caller.http.delete(url) as answer:
        assert answer.status == 200, await answer.text()
        document: dict[str, Any] = await answer.json()
        return document


@pytest.mark.parametrize(
    "service", ["embedded", "embedded and Redis", "MongoDB and Redis"], indirect=True
)
async def test_nothing_is_left_of_an_erased_user(service: Service) -> None:
    """A search that found the user and the film in the database, the files and the cache finds
    neither afterwards; another user's are found as before, and the live session was ended."""
    ann, bob = await leave(service, "ann-of-the-test"), await leave(service, "bob-of-the-test")
    everywhere = {"database", "files", "cache"}
    assert await found_of(service, ann.user_id) == everywhere
    assert await found_of(service, bob.user_id) == everywhere
    erased = await erase(service.caller, ann.user_id)
    assert erased.pop("cache_entries") >= 1
    assert erased == {
        "uploads": 1,
        "results": 1,
        "sessions": 1,
        "styles": 1,
        "files": 5,
        "live_sessions": 1,
        "jobs": 0,
    }
    assert await found_of(service, ann.user_id) == set()
    assert await found_of(service, bob.user_id) == everywhere
    closing = await ann.live.until_closed()
    assert closing.code == 4410
    assert [message["error"] for message in closing.messages] == ["DATA_ERASED"]
    assert await erase(service.caller, ann.user_id) == NOTHING
    assert (await bob.live.ask("clear_look"))["type"] == "look_set"


async def test_several_erase_at_once(service: Service) -> None:
    """Each is answered when nothing is left, and together they tell of each record once."""
    await leave(service, "ann")
    answers = await asyncio.gather(*(_erased(service) for _ in range(4)))
    for name, count in (("uploads", 1), ("results", 1), ("sessions", 1)):
        assert sum(answer[name] for answer in answers) == count


async def test_few_erase_at_once(start_service: StartService) -> None:
    """429 where one user asks too often at once, 503 where all do."""
    service = await start_service()
    places, url = service.app[ERASURES], f"{service.caller.url}/api/hair-tryOn/user/ann/data"
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(places.one("ann"))
        assert await refusal(await service.caller.http.delete(url)) == (429, "RATE_LIMITED")
        assert await erase(service.caller, "bob") == NOTHING
        while places._free:
            stack.enter_context(places.one(f"{places._free}"))
        assert await refusal(await service.caller.http.delete(url)) == (503, "SERVER_FULL")
    assert await erase(service.caller, "ann") == NOTHING


async def _erased(service: Service) -> dict[str, Any]:
    answer = await erase(service.caller, "ann")
    assert await found_of(service, "ann") == set()
    return answer


async def test_an_erasure_that_failed_is_gone_on_with(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is answered 503 as long as a file cannot be removed, and not when its records are gone."""
    await leave(service, "ann")

    async def away(_name: str) -> None:
        raise StorageFailed("TEST")

    monkeypatch.setattr(service.services.files, "delete", away)
    url = f"{service.caller.url}/api/hair-tryOn/user/ann/data"
    for _ in range(2):
        async with service.caller.http.delete(url) as answer:
            assert answer.status == 503
            assert "Retry-After" in answer.headers
    monkeypatch.undo()
    assert (await erase(service.caller, "ann"))["files"] == 5
    assert await found_of(service, "ann") == set()


async def test_an_erasure_without_redis_is_gone_on_with(
    start_service: StartService, redis: Redis
) -> None:
    """It is 503 until the cache is emptied too; of the database nothing is left by then."""
    service = await start_service(redis_url=redis.url)
    await service.caller.join("s1", "ann-of-the-test")
    await service.services.journal.flush()
    await service.services.cache.set(cache_key("result", "ann-of-the-test", "x"), b"r1", 60)
    assert await found_of(service, "ann-of-the-test") == {"database", "cache"}
    url = f"{service.caller.url}/api/hair-tryOn/user/ann-of-the-test/data"
    redis.hang()
    async with service.caller.http.delete(url) as answer:
        assert await refusal(answer) == (503, "STORAGE_UNAVAILABLE")
    redis.go_on()
    assert await found_of(service, "ann-of-the-test") == {"cache"}
    async with asyncio.timeout(10):
        while (await service.caller.http.delete(url)).status == 503:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert await found_of(service, "ann-of-the-test") == set()


async def test_what_a_worker_tells_at_last_is_erased_too(
    start_service: StartService, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the database is not shared: workers share the cache all the same."""
    monkeypatch.setattr("server.erasure.OTHERS_S", 0.01)
    service = await start_service(redis_url=redis.url)
    cache = service.services.cache
    forget, keys = cache.forget_user, list[str]()

    async def forget_and_tell(user_id: str) -> int:
        number = await forget(user_id)
        if not keys:
            keys.append(cache_key("status", user_id, "r1"))
            await cache.set(keys[0], b"late", 60)
        return number

    monkeypatch.setattr(cache, "forget_user", forget_and_tell)
    assert (await erase(service.caller, "ann"))["cache_entries"] == 1
    assert await cache.get(keys[0]) is None


async def test_an_upload_on_its_way_is_refused(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose user is erased before it was recorded: nothing of it stays."""
    files = held.service.services.files
    put, is_coming, go_on = files.put, asyncio.Event(), asyncio.Event()

    async def slowly(name: str, path: Path) -> None:
        is_coming.set()
        await go_on.wait()
        await put(name, path)

    monkeypatch.setattr(files, "put", slowly)
    uploading = asyncio.create_task(post(held.service, form(film())))
    await is_coming.wait()
    assert (await erase(held.service.caller, "u1"))["uploads"] == 0
    go_on.set()
    answer = await uploading
    assert (answer.status, (await answer.json())["error"]) == (409, "DATA_ERASED")
    assert [page async for page in files.names()] == []
    assert b"u1" not in await _database(held)


@pytest.mark.parametrize("is_user_first", [True, False])
async def test_an_upload_that_is_being_received_is_refused(
    held: Held, *, is_user_first: bool
) -> None:
    """Whether it had said by then whose it is, or says so at its end: nothing of it stays."""
    go_on = asyncio.Event()
    # Long enough for the form's reader to hand out what it has read.
    video = film() + (400_000).to_bytes(4, "big") + b"free" + bytes(399_992)
    user = b'--B\r\nContent-Disposition: form-data; name="user_id"\r\n\r\nu1\r\n'
    head = b'--B\r\nContent-Disposition: form-data; name="video"; filename="a.mp4"\r\n\r\n'

    async def slowly() -> AsyncIterator[bytes]:
        yield (user if is_user_first else b"") + head + video[:-1000]
        await go_on.wait()
        yield video[-1000:] + b"\r\n" + (b"" if is_user_first else user) + b"--B--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    uploading = asyncio.create_task(post(held.service, slowly(), headers=headers))
    await eventually(lambda: len(kept(held.service)) == 1)
    assert (await erase(held.service.caller, "u1"))["uploads"] == 0
    go_on.set()
    assert await refusal(await uploading) == (409, "DATA_ERASED")
    assert await held.service.services.database.uploads.of_user("u1", 10) == []
    assert kept(held.service) == []
    assert b"u1" not in await _database(held)
    assert (await post(held.service, form(video))).status == 200


async def _database(held: Held) -> bytes:
    await held.service.services.database.scrub()
    path = held.service.services.settings.data_dir / DATABASE_FILE
    return await asyncio.to_thread(path.read_bytes)


async def test_an_order_on_its_way_is_erased_too(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is taken in, and begun, while the erasure waits for another job."""
    upload_id = await held.videos.upload()
    await held.videos.ordered(upload_id)
    await eventually(lambda: held.change.begun == 1)
    results = held.service.services.database.results
    cancel_all, orders = results.cancel_all, list[str]()

    async def cancel_all_and_order(user_id: str, now: datetime) -> list[ResultRecord]:
        cancelled = await cancel_all(user_id, now)
        if not orders:
            orders.append(await held.videos.ordered(upload_id))
        return cancelled

    monkeypatch.setattr(results, "cancel_all", cancel_all_and_order)
    answer = await erase(held.service.caller, "u1")
    assert (answer["results"], answer["jobs"] >= 1) == (2, True)
    assert await results.get(orders[0]) is None
    assert await held.service.services.workspace.working_names() == []


async def test_a_running_job_is_erased(held: Held) -> None:
    """Its process is ended before the answer comes, and nothing of it stays."""
    await held.videos.ordered(await held.videos.upload())
    waiting = await held.videos.ordered(await held.videos.upload())
    await eventually(lambda: held.change.begun == 1)
    answer = await erase(held.service.caller, "u1")
    assert (answer["jobs"], answer["results"], answer["uploads"]) == (2, 2, 2)
    services = held.service.services
    told = {"status": "cancelled"}
    value = services.meters.registry.get_sample_value("hair_tryon_videos_processed_total", told)
    assert value == 2
    assert await services.database.results.get(waiting) is None
    assert [page async for page in services.files.names()] == []
    assert await services.workspace.working_names() == []
    assert await services.database.results.leased("u1", services.clock.utc_now()) == 0


async def test_a_running_job_that_was_forgotten_is_erased(held: Held) -> None:
    """The answer waits for its worker too, though the result is not there for anybody."""
    result_id = await held.videos.ordered(await held.videos.upload())
    await eventually(lambda: held.change.begun == 1)
    assert (await held.videos.delete(result_id))[0] == 200
    assert await held.videos.delete(result_id) == (204, "")
    answer = await erase(held.service.caller, "u1")
    assert (answer["results"], answer["uploads"]) == (1, 1)
    services = held.service.services
    assert [page async for page in services.files.names()] == []
    assert await services.workspace.working_names() == []
    assert b"u1" not in await _database(held)


async def test_a_session_on_another_server_ends(service: Service) -> None:
    """It finds that its document is not there any more, and does not write it again."""
    live = await service.caller.join("s1", "ann")
    await service.document()
    now = service.services.clock.utc_now()
    await service.services.database.erase("ann", 10, now, now)
    closing = await live.until_closed()
    assert closing.code == 4410
    await service.services.journal.flush()
    assert await service.services.database.sessions.get("s1") is None


async def test_whom_nobody_knows(service: Service) -> None:
    """There is nothing to erase; what is no user's id is told so."""
    assert await erase(service.caller, "nobody") == NOTHING
    url = f"{service.caller.url}/api/hair-tryOn/user/no%20body/data"
    async with service.caller.http.delete(url) as answer:
        assert answer.status == 422
        assert (await answer.json())["error"] == "INVALID_USER_ID"
