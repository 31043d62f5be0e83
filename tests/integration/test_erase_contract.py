"""The contract of loose files, and of erasing, kept by every implementation of Database."""

import asyncio
from dataclasses import replace

import pytest

from storage.database import Database
from storage.errors import DataErased
from storage.records import SessionStatus
from storage.results import Erased
from tests.integration.databases import Opener, Time
from tests.integration.records import ANY, NOW, RECORD, RESULT, ROOMY, UPLOAD, add_upload
from tests.integration.test_removal_contract import (
    add,
    everything_loose,
    later,
    lease,
    result,
    upload,
)

__all__ = ["upload"]

STYLE = RESULT.style_image_path


async def test_files_are_loose_until_their_record_is_there(database: Database) -> None:
    """Of an upload and of a result's photos alike; what nobody records stays loose."""
    assert STYLE is not None
    await database.loose.note(["/uploads/2.mp4", STYLE, "/uploads/lost.jpg"], "ann", later(5))
    await database.uploads.add(replace(UPLOAD, upload_id="up2", file_path="/uploads/2.mp4"))
    await database.results.add(RESULT, ROOMY)
    assert await database.loose.claim(later(4.999), later(9), 10) == []
    assert await database.loose.claim(later(5), later(9), 10) == ["/uploads/lost.jpg"]
    await database.loose.forget(["/uploads/lost.jpg", "/uploads/unknown.jpg"])
    assert await everything_loose(database) == []


async def test_what_is_due_is_one_callers(database: Database, opener: Opener) -> None:
    """Many who ask at once get each path once, and again when its time is over."""
    paths = {f"/uploads/{number}.mp4" for number in range(40)}
    await database.loose.note(sorted(paths), "ann", NOW)
    other = await opener()
    claims = [store.loose.claim(NOW, later(60), 3) for store in (database, other) * 10]
    claimed = [path for some in await asyncio.gather(*claims) for path in some]
    assert sorted(claimed) == sorted(paths)
    assert await database.loose.claim(later(59), later(99), 100) == []
    assert set(await other.loose.claim(later(60), later(99), 100)) == paths
    await other.close()


async def test_what_is_not_recorded_is_taken(database: Database) -> None:
    """Whoever wrote files whose record did not come takes them back, also those that a sweep has
    forgotten meanwhile, and nobody else gets them; of what has its record nothing is taken."""
    paths = [UPLOAD.file_path, "/uploads/a.jpg", "/uploads/b.jpg"]
    await database.loose.note(paths, "ann", later(5))
    await database.uploads.add(replace(UPLOAD, upload_id="up2"))
    await add(database, "r1")
    paths = [UPLOAD.file_path, "/uploads/b.jpg", "/uploads/swept.jpg", *result("r1").paths]
    taken = ["/uploads/b.jpg", "/uploads/swept.jpg"]
    assert sorted(await database.loose.take(paths, later(60))) == taken
    assert await database.loose.take([], later(60)) == []
    assert await database.loose.claim(later(59), later(60), 10) == ["/uploads/a.jpg"]
    assert sorted(await database.loose.claim(later(60), later(99), 10)) == sorted(
        ["/uploads/a.jpg", *taken]
    )


async def test_known_paths(database: Database) -> None:
    """Those of records, over or not, and those that are loose; no others."""
    await add(database, "r1", color_image_path="/uploads/color_r1.jpg")
    await database.loose.note(["/uploads/loose.jpg"], "ann", NOW)
    known = [*result("r1").paths, "/uploads/color_r1.jpg", UPLOAD.file_path, "/uploads/loose.jpg"]
    asked = [*known, "/uploads/orphan.mp4", *(f"/uploads/no{number}" for number in range(990))]
    assert await database.known(asked) == set(known)
    assert await database.known([]) == set()


async def test_erasing_takes_all_of_one_user(database: Database) -> None:
    """Step by step, counted, with the files' paths; everybody else keeps all of theirs."""
    for number in range(3):
        await add(database, f"r{number}")
        await database.sessions.begin(replace(RECORD, session_id=f"s{number}"))
    await add(database, "bobs", user_id="bob")
    await database.sessions.begin(replace(RECORD, session_id="bobs", user_id="bob"))
    await database.loose.note(["/uploads/bobs.mp4"], "bob", later(60))
    total, gone = Erased(), set[str]()
    while True:
        erased, paths = await database.erase("ann", 2, NOW, later(60))
        if erased.is_none and not paths:
            break
        total, gone = total + erased, gone | set(paths)
        await database.loose.forget(paths)
    assert total == Erased(sessions=3, uploads=1, results=3)
    assert len(gone) == 1 + 3 * 3
    assert await everything_loose(database) == ["/uploads/bobs.mp4"]
    assert await database.results.history("ann", 10) == ([], 0)
    assert await database.sessions.of_user("ann", 99) == []
    assert await database.uploads.of_user("ann", 99) == []
    assert (await database.results.history("bob", 10))[1] == 1
    assert len(await database.sessions.of_user("bob", 99)) == 1
    await database.scrub()


async def test_what_an_eraser_has_not_removed_is_told_again(database: Database) -> None:
    """The files of an erasure that was broken off are the next one's, with those that a user has
    left before; who said that they are gone is believed."""
    await add(database, "r1")
    await add(database, "r2")
    await database.results.delete("r2", NOW, later(60))
    _, first = await database.erase("ann", 10, NOW, later(60))
    assert len(first) == 7
    assert await database.loose.claim(later(59), later(99), 10) == []
    erased, again = await database.erase("ann", 10, NOW, later(60))
    assert erased.is_none
    assert sorted(again) == sorted(first)
    await database.loose.forget(first[:3])
    assert sorted((await database.erase("ann", 10, NOW, later(60)))[1]) == sorted(first[3:])
    await database.loose.forget(first)
    assert await database.erase("ann", 10, NOW, later(60)) == (Erased(), [])


async def test_what_is_coming_is_refused_after_an_erasure(database: Database) -> None:
    """The record of a film, or of an order's photo, that was on its way is not added any more; who
    wrote the file gets it back to be removed."""
    film, photo = "/uploads/film.mp4", result("r1").style_image_path
    assert photo is not None
    await database.loose.note([film, photo], "ann", later(5))
    assert (
        sorted((await database.erase("ann", 10, NOW, later(60)))[1])[-2:]
        == sorted([film, photo])[-2:]
    )
    await database.loose.forget([film, photo, UPLOAD.file_path])
    assert await database.erase("ann", 10, NOW, later(60)) == (Erased(), [])
    again = replace(UPLOAD, upload_id="up2", file_path=film)
    with pytest.raises(DataErased):
        await database.uploads.add(again)
    await add_upload(database, UPLOAD)
    with pytest.raises(DataErased):
        await database.results.add(result("r1"), ROOMY)
    assert await database.uploads.get("up2") is None
    assert await database.results.get("r1") is None
    assert sorted(await database.loose.take([film, photo], later(90))) == sorted([film, photo])
    await database.loose.forget([film, photo])
    assert await add_upload(database, again) == again
    assert await everything_loose(database) == []


async def test_what_is_coming_is_refused_after_the_sweep_too(database: Database) -> None:
    """However long the file takes: a sweep that comes after the erasure lets its path be, and where
    one has taken it the record is not added any more. It may be tried again."""
    film, photo = "/uploads/film.mp4", result("r1").style_image_path
    assert photo is not None
    await database.loose.note([film, photo], "ann", later(3600))
    await database.erase("ann", 10, NOW, later(120))
    await add_upload(database, UPLOAD)
    assert await database.loose.claim(later(3599), later(3700), 10) == []
    assert sorted(await database.loose.claim(later(3600), later(3700), 10)) == sorted([film, photo])
    upload = replace(UPLOAD, upload_id="up2", file_path=film)
    for _ in ("taken", "gone"):
        with pytest.raises(DataErased):
            await database.uploads.add(upload)
        with pytest.raises(DataErased):
            await database.results.add(result("r1"), ROOMY)
        await database.loose.forget([film, photo])
    assert await add_upload(database, upload) == upload
    assert await add(database, "r1") == result("r1")


async def test_erasing_takes_what_is_over_but_nothing_leased(
    database: Database, time: Time
) -> None:
    """Nothing of a user stays because nobody would be told of it; what somebody works on stays
    until they have let go."""
    await add(database, "r1")
    await database.results.claim(lease(until_s=9000), ANY)
    await add(database, "r2")
    await database.sessions.begin(replace(RECORD, status=SessionStatus.TIMEOUT))
    now = time.pass_by(3600)
    erased, paths = await database.erase("ann", 10, now, now)
    assert erased == Erased(sessions=1, uploads=1, results=1)
    assert sorted(paths) == sorted([UPLOAD.file_path, *result("r2").paths])
    assert await database.results.leased("ann", now) == 1
    erased, paths = await database.erase("ann", 10, later(9000), now)
    assert erased == Erased(results=1)
