"""The contract of what is over, deleted or erased, kept by every implementation of Database."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from storage.database import Database
from storage.results import (
    Cursor,
    Ending,
    Erased,
    Lease,
    ResultRecord,
    ResultStatus,
    RunningBounds,
)
from tests.integration.databases import Opener, Time
from tests.integration.records import ANY, NOW, RESULT, ROOMY, UPLOAD, add_result, add_upload


def later(seconds: float) -> datetime:
    """So many seconds after the records' moment."""
    return NOW + timedelta(seconds=seconds)


def lease(owner: str = "w1", until_s: float = 10) -> Lease:
    """A lease taken at the records' moment."""
    return Lease(owner, NOW, later(until_s))


def result(name: str, **changes: Any) -> ResultRecord:
    """A result whose files are its own."""
    paths = {
        "result_video_path": f"/uploads/result_{name}.mp4",
        "thumbnail_path": f"/uploads/thumb_{name}.jpg",
        "style_image_path": f"/uploads/style_{name}.jpg",
    }
    return replace(RESULT, result_id=name, **{**paths, **changes})


async def add(database: Database, name: str, **changes: Any) -> ResultRecord:
    """Queue a result whose files are its own."""
    return await add_result(database, result(name, **changes), ROOMY)


async def everything_loose(database: Database) -> list[str]:
    """All paths that are loose, whenever they are due."""
    return sorted(await database.loose.claim(later(9e6), later(9e6), 1000))


@pytest.fixture(autouse=True)
async def upload(database: Database) -> None:
    """The upload that all results are made of."""
    await add_upload(database, UPLOAD)


async def test_deleting_a_result_makes_its_files_loose(database: Database) -> None:
    """Whoever deletes gets their paths, and so does the next one, if they are not said gone."""
    await add(database, "r1")
    paths = sorted(result("r1").paths)
    assert sorted(await database.results.delete("r1", NOW, later(60))) == paths
    assert await database.results.delete("r1", NOW, later(60)) == []
    assert await database.loose.claim(later(59), later(99), 10) == []
    assert await everything_loose(database) == paths
    await database.loose.forget(paths)
    assert await everything_loose(database) == []


async def test_a_leased_result_is_forgotten_at_once_and_removed_afterwards(
    database: Database,
) -> None:
    """Whether or not it was cancelled before: nobody sees it any more, but it counts, and keeps its
    files, until its worker lets go, or its lease has ended."""
    for name in ("r1", "r2"):
        await add(database, name, webhook_url="https://example.org/", idempotency_key=name)
        await database.results.claim(lease(name, until_s=100), ANY)
    await database.results.cancel("r1", NOW)
    for name in ("r1", "r2"):
        assert await database.results.delete(name, NOW, later(60)) == []
        assert await database.results.get(name) is None
        assert await database.results.by_path(result(name).result_video_path) is None
        assert not await database.results.renew(name, lease(name), 5)
    assert await database.results.history("ann", 9) == ([], 0)
    assert await database.results.claim_notice(later(9), later(9)) is None
    assert await database.results.take_up_expired(later(999), 3, "gone") == []
    again = await add(database, "r3", idempotency_key="r1")
    assert again.result_id == "r3"
    assert await database.loose.take(result("r1").paths, later(60)) == []
    assert await database.results.leased("ann", later(99)) == 2
    erased, paths = await database.erase("ann", 10, later(99), NOW)
    assert erased == Erased(uploads=1, results=1)
    assert sorted(paths) == sorted([UPLOAD.file_path, *result("r3").paths])
    assert await database.results.remove_expired(9, later(99), NOW) == []
    await database.results.let_go("r1", "r1")
    assert await database.results.leased("ann", later(99)) == 1
    removed = await database.results.remove_expired(9, later(99), NOW)
    assert sorted(removed) == sorted(result("r1").paths)
    assert await database.results.leased("ann", later(100)) == 0
    erased, paths = await database.erase("ann", 10, later(100), NOW)
    assert erased == Erased(results=1)
    assert set(result("r2").paths) <= set(paths)


async def test_a_cancelled_result_stays_leased_until_its_owner_lets_go(database: Database) -> None:
    """Nobody renews it, and nobody but the owner lets go of it."""
    for name in ("r1", "r2", "r3"):
        await add(database, name)
    for owner in ("w1", "w2"):
        await database.results.claim(lease(owner), ANY)
    await add(database, "b1", user_id="bob")
    cancelled = await database.results.cancel_all("ann", NOW)
    assert {one.result_id: one.status for one in cancelled} == dict.fromkeys(
        ("r1", "r2", "r3"), ResultStatus.CANCELLED
    )
    assert await database.results.cancel_all("ann", NOW) == []
    statuses = {(await database.results.history("ann", 9))[0][number].status for number in range(3)}
    assert statuses == {ResultStatus.CANCELLED}
    bobs = await database.results.get("b1")
    assert bobs is not None
    assert not bobs.status.is_final
    assert await database.results.leased("ann", NOW) == 2
    assert not await database.results.renew("r1", lease("w1"), 5)
    await database.results.let_go("r1", "w2")
    assert await database.results.leased("ann", NOW) == 2
    await database.results.let_go("r1", "w1")
    assert await database.results.leased("ann", NOW) == 1
    assert await database.results.leased("ann", later(10)) == 0


async def test_a_result_that_is_over_is_gone(database: Database, time: Time) -> None:
    """From every reading, at its moment and not before; its key is free again; then it is
    removed, in steps."""
    for number in range(3):
        await add(database, f"r{number}", idempotency_key=f"k{number}", request_digest="d")
    time.pass_by(2999.999)
    assert await database.results.get("r0") is not None
    now = time.pass_by(0.001)
    assert await database.results.get("r0") is None
    assert await database.results.by_path("/uploads/result_r0.mp4") is None
    assert await database.results.history("ann", 10) == ([], 0)
    assert await database.results.page(10) == []
    assert await database.results.claim(lease(), ANY) is None
    await add_upload(database, replace(UPLOAD, upload_id="up2", created_at=now))
    again = result("r9", upload_id="up2", created_at=now, idempotency_key="k0", request_digest="e")
    assert await add_result(database, again, ROOMY) == again
    assert (await database.results.history("ann", 10))[1] == 1
    steps = [len(await database.results.remove_expired(2, now, now)) for _ in range(3)]
    assert steps == [6, 3, 0]
    assert await database.results.history("ann", 10) == ([again], 1)


async def test_photos_that_are_over_are_gone(database: Database, time: Time) -> None:
    """A finished result loses them; one that waited too long fails; one in work keeps them."""
    ending = Ending(status=ResultStatus.COMPLETED, now=NOW)
    for name in ("r1", "r2", "r3"):
        await add(database, name, created_at=later(0.001 * int(name[1])))
    for owner in ("w1", "w2"):
        await database.results.claim(lease(owner), ANY)
    await database.results.end("r1", "w1", ending)
    now = time.pass_by(100.003)
    styles = [found and found.style_image_path for found in
              [await database.results.get(name) for name in ("r1", "r2", "r3")]]  # fmt: skip
    assert styles == [None, "/uploads/style_r2.jpg", None]
    removed = await database.results.remove_photos(10, now, later(300), "too late")
    assert sorted(removed) == ["/uploads/style_r1.jpg", "/uploads/style_r3.jpg"]
    assert await database.results.remove_photos(10, now, later(300), "too late") == []
    failed = await database.results.get("r3")
    assert failed is not None
    assert (failed.status, failed.error_message) == (ResultStatus.FAILED, "too late")
    assert (failed.completed_at, failed.result_video_path) == (now, "/uploads/result_r3.mp4")
    await database.results.end("r2", "w2", ending)
    removed = await database.results.remove_photos(10, now, later(300), "too late")
    assert removed == ["/uploads/style_r2.jpg"]
    assert await database.loose.claim(later(299), later(300), 10) == []
    assert len(await everything_loose(database)) == 3


async def test_a_result_is_found_by_its_files(database: Database) -> None:
    """By its video and its thumbnail; not by its photos, which nobody may ask for."""
    record = await add(database, "r1")
    await add(database, "r2")
    assert await database.results.by_path("/uploads/result_r1.mp4") == record
    assert await database.results.by_path("/uploads/thumb_r1.jpg") == record
    assert await database.results.by_path("/uploads/style_r1.jpg") is None
    assert await database.results.by_path("") is None


async def test_history_goes_on_behind_a_result(database: Database) -> None:
    """Pages that follow a cursor hold each result once, also many of one moment, whatever is
    added meanwhile."""
    for number in range(7):
        await add(database, f"r{number}", created_at=later(number // 3))
    seen: list[str] = []
    after: Cursor | None = None
    for extra in range(5):
        page, total = await database.results.history("ann", 2, after=after)
        assert total == 7 + extra
        seen += [record.result_id for record in page]
        after = Cursor.behind(page[-1]) if page else after
        await add(database, f"x{extra}", created_at=later(100 + extra))
    assert seen == ["r6", "r3", "r4", "r5", "r0", "r1", "r2"]


async def test_looking_through_all_results(database: Database) -> None:
    """In pages, each result once, whoever's it is."""
    for number in range(5):
        await add(database, f"r{number}", user_id=f"u{number}")
    first = await database.results.page(3)
    rest = await database.results.page(3, first[-1].result_id)
    assert [one.result_id for one in first + rest] == ["r0", "r1", "r2", "r3", "r4"]


async def test_what_is_over_is_there_for_nobody(database: Database, time: Time) -> None:
    """Whoever works on it has lost it, and nobody is told of it."""
    await add(database, "r1", webhook_url="https://example.org/")
    await add(database, "r2", webhook_url="https://example.org/")
    await database.results.claim(lease(until_s=9000), ANY)
    await database.results.cancel("r2", NOW)
    now = time.pass_by(3000)
    held = Lease("w1", now, later(9000))
    assert not await database.results.renew("r1", held, 5)
    assert not await database.results.give_back("r1", held)
    ending = Ending(status=ResultStatus.COMPLETED, now=now)
    assert not await database.results.end("r1", "w1", ending)
    assert await database.results.cancel("r1", now) is None
    assert await database.results.take_up_expired(later(9999), 3, "gone") == []
    assert await database.results.claim_notice(later(9999), later(9999)) is None
    load = await database.results.workload()
    assert (load.queued, load.processing) == (0, 0)


async def test_what_is_over_takes_nobodys_place(database: Database, time: Time) -> None:
    """It does not count for what is under way, nor for the pace of what was made."""
    for name in ("r1", "r2"):
        await add(database, name, style_image_path=None)
        await database.results.claim(lease(name, until_s=9000), ANY)
    done = Ending(status=ResultStatus.COMPLETED, now=NOW, processing_time=1.0)
    assert await database.results.end("r2", "r2", done)
    now = time.pass_by(3000)
    upload = replace(UPLOAD, upload_id="up2", created_at=now)
    await add_upload(database, upload)
    await add(database, "r3", upload_id="up2", style_image_path=None, created_at=now)
    load = await database.results.workload()
    assert (load.queued, load.processing, load.done_s) == (1, 0, 0)
    claimed = await database.results.claim(Lease("w3", now, later(9000)), RunningBounds(1, 1))
    assert claimed is not None


async def test_photos_that_are_over_are_told_to_nobody(database: Database, time: Time) -> None:
    """Neither to whoever takes up what a dead worker left, nor to whoever tells of the end."""
    await add(database, "r1", webhook_url="https://example.org/")
    await database.results.claim(lease(), ANY)
    now = time.pass_by(100)
    (taken,) = await database.results.take_up_expired(now, 1, "gone")
    notice = await database.results.claim_notice(now, later(200))
    assert notice is not None
    assert (taken.style_image_path, notice.style_image_path) == (None, None)


async def test_a_result_whose_photos_are_over_is_not_begun(database: Database, time: Time) -> None:
    """It is to fail with the next sweep; one without photos is begun."""
    await add(database, "r1")
    time.pass_by(100)
    assert await database.results.claim(lease(), ANY) is None
    await add(database, "r2", style_image_path=None)
    claimed = await database.results.claim(lease(), ANY)
    assert claimed is not None
    assert claimed.result_id == "r2"


async def test_many_sweepers_remove_each_thing_once(
    database: Database, opener: Opener, time: Time
) -> None:
    """However many remove what is over at the same moment."""
    await asyncio.gather(*(add(database, f"r{number}") for number in range(30)))
    now, other = time.pass_by(3600), await opener()
    removals = [store.results.remove_expired(4, now, later(9e5)) for store in (database, other) * 8]
    removed = [path for some in await asyncio.gather(*removals) for path in some]
    assert len(removed) == len(set(removed)) == 90
    assert await everything_loose(database) == sorted(removed)
    await other.close()
