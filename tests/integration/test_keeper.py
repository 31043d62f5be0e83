"""Files and records go together, whatever dies in between; many may sweep at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from storage import objects
from storage.addresses import name_of
from storage.database import Database
from storage.errors import DataErased, StorageFailed
from storage.files import Files
from storage.keeper import COMING_S, OWN_S, Keeper, Swept
from storage.reconciler import NAMED, Found, Reconciler
from storage.records import SessionStatus
from storage.results import Ending, Erased, Lease, ResultStatus, RunningBounds
from storage.spending import Booking, SpendingBounds
from tests.integration.databases import RETENTION, Time
from tests.integration.records import CONSENT, NOW, RECORD, RESULT, ROOMY, STYLE, UPLOAD


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[Files]:
    files = await Files.connect(tmp_path / "data")
    yield files
    await files.close()


@pytest.fixture
def keeper(database: Database, files: Files, time: Time) -> Keeper:
    return Keeper(database, files, lambda: time.now)


class Failing(Files):
    """Files that cannot be deleted, as of a server that dies at that moment."""

    def __init__(self) -> None:
        """Nothing is kept anywhere."""

    async def delete(self, name: str) -> None:
        """See Files."""
        raise StorageFailed("TEST")


@pytest.fixture
def dying(database: Database, time: Time) -> Keeper:
    return Keeper(database, Failing(), lambda: time.now)


async def names(files: Files) -> set[str]:
    """All that there are."""
    return {name async for page in files.names() for name, _ in page}


async def make(database: Database, keeper: Keeper, files: Files, number: int = 0) -> None:
    """An upload and a completed result of it, with their files."""
    upload = replace(UPLOAD, upload_id=f"up{number}", file_path=f"/uploads/film-{number}.mp4")
    async with keeper.coming([upload.file_path], "ann"):
        await files.write(name_of(upload.file_path), b"film")
        await database.uploads.add(upload)
    style = f"/uploads/style_{number}.jpg"
    result = replace(
        RESULT,
        result_id=f"r{number}",
        upload_id=upload.upload_id,
        style_image_path=style,
        result_video_path=f"/uploads/result_{number}.mp4",
        thumbnail_path=f"/uploads/thumb_{number}.jpg",
    )
    async with keeper.coming([style], "ann"):
        await files.write(name_of(style), b"photo")
        await database.results.add(result, ROOMY)
    lease = Lease("w", NOW, NOW + timedelta(seconds=10))
    await database.results.claim(lease, RunningBounds(1000, 1000))
    for path in (result.result_video_path, result.thumbnail_path):
        await files.write(name_of(path), b"made")
    ending = Ending(status=ResultStatus.COMPLETED, now=NOW)
    await database.results.end(result.result_id, "w", ending)


async def test_a_file_without_its_record_is_taken_back(
    database: Database, keeper: Keeper, files: Files
) -> None:
    """Where the record could not be added, or adding it was given up."""

    async def come(error: BaseException) -> None:
        async with keeper.coming(["/uploads/a.mp4"], "ann"):
            await files.write("a.mp4", b"a")
            raise error

    for error in (ZeroDivisionError(), asyncio.CancelledError()):
        with pytest.raises(type(error)):
            await come(error)
    assert await names(files) == set()


async def test_a_file_whose_writer_died_is_swept(
    database: Database, keeper: Keeper, files: Files, time: Time
) -> None:
    """When its record should have come by then, and not before."""
    coming = keeper.coming(["/uploads/a.mp4"], "ann")
    await coming.__aenter__()  # whoever is killed leaves no block
    await files.write("a.mp4", b"a")
    time.pass_by(COMING_S - 1)
    assert await keeper.sweep() == Swept()
    time.pass_by(1)
    assert await keeper.sweep() == Swept(files=1)
    assert await names(files) == set()
    del coming


async def test_an_interrupted_delete_is_finished_by_another(
    database: Database, keeper: Keeper, dying: Keeper, files: Files, time: Time
) -> None:
    """Of a result, of a user, and of what is over: the record is gone, and the files follow."""
    for number in range(3):
        await make(database, keeper, files, number)
    with pytest.raises(StorageFailed):
        await dying.delete_result("r0")
    assert await database.results.get("r0") is None
    with pytest.raises(StorageFailed):
        await dying.erase("ann")
    assert len(await names(files)) == 12
    assert await keeper.sweep() == Swept()
    time.pass_by(OWN_S)
    assert (await keeper.sweep()).files == 12
    assert await names(files) == set()
    assert await keeper.sweep() == Swept()


async def test_an_interrupted_erasure_goes_on_where_it_was(
    database: Database, keeper: Keeper, dying: Keeper, files: Files
) -> None:
    """Called again it removes the files whose records are gone already, and says when all are."""
    await make(database, keeper, files)
    with pytest.raises(StorageFailed):
        await dying.delete_result("r0")
    for _ in range(2):
        with pytest.raises(StorageFailed):
            await dying.erase("ann")
    assert await keeper.erase("ann") == (Erased(), 4)
    assert await names(files) == set()
    assert await keeper.erase("ann") == (Erased(), 0)


async def test_a_file_that_cannot_be_removed_keeps_no_other(
    database: Database, keeper: Keeper, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others go, and it is tried again."""
    await make(database, keeper, files)
    delete = files.delete

    async def stuck(name: str) -> None:
        if name == "thumb_0.jpg":
            raise StorageFailed("TEST")
        await delete(name)

    monkeypatch.setattr(files, "delete", stuck)
    for _ in range(2):
        with pytest.raises(StorageFailed):
            await keeper.erase("ann")
        assert await names(files) == {"thumb_0.jpg"}
    monkeypatch.undo()
    assert await keeper.erase("ann") == (Erased(), 1)


async def test_what_is_written_for_nobody_is_withdrawn(
    database: Database, keeper: Keeper, files: Files
) -> None:
    """Of a record that is gone; of one that is there nothing is taken."""
    await make(database, keeper, files)
    await files.write("late.mp4", b"late")
    await keeper.withdraw(["/uploads/late.mp4"])
    assert len(await names(files)) == 4


async def test_each_thing_is_over_in_its_time(
    database: Database, keeper: Keeper, files: Files, time: Time
) -> None:
    """Photos first, then films, results at last; sessions with the first."""
    await make(database, keeper, files)
    await database.sessions.begin(replace(RECORD, status=SessionStatus.DISCONNECTED))
    assert await keeper.sweep() == Swept()
    time.now = NOW + timedelta(seconds=RETENTION.photos_s)
    assert await keeper.sweep() == Swept(sessions=1, files=1)
    assert await names(files) == {"film-0.mp4", "result_0.mp4", "thumb_0.jpg"}
    time.now = NOW + timedelta(seconds=RETENTION.uploads_s)
    assert await keeper.sweep() == Swept(files=1)
    time.now = NOW + timedelta(seconds=RETENTION.results_s)
    assert await keeper.sweep() == Swept(files=2)
    assert await names(files) == set()


async def test_a_style_goes_with_its_photo(
    database: Database, keeper: Keeper, files: Files, time: Time
) -> None:
    """When it is deleted, and when it is over, as results; while it lasts its file is no orphan,
    and is missed."""
    for name in ("a", "b"):
        style = replace(STYLE, style_id=name, file_path=f"/uploads/style_{name}.jpg")
        async with keeper.coming([style.file_path], "ann"):
            await files.write(name_of(style.file_path), b"photo")
            await database.styles.add(style)
    await keeper.delete_style("a")
    assert await names(files) == {"style_b.jpg"}

    def soon() -> datetime:
        return datetime.now(NOW.tzinfo) + timedelta(seconds=2 * COMING_S)

    found = await Reconciler(database, files, soon).reconcile()
    assert (found.records, found.orphans, found.missing) == (1, Found(), Found())
    time.now = NOW + timedelta(seconds=RETENTION.results_s)
    assert await keeper.sweep() == Swept(files=1)
    assert await names(files) == set()


async def test_a_consent_that_does_not_come_is_swept(
    database: Database, keeper: Keeper, time: Time
) -> None:
    """When it is due: nothing else would take what was noted of it."""
    consent_id = await database.consents.note("ann", NOW + timedelta(seconds=9))
    time.pass_by(9)
    await keeper.sweep()
    with pytest.raises(DataErased):
        await database.consents.put(CONSENT, consent_id)


async def test_what_is_booked_and_never_settled_is_swept(
    database: Database, keeper: Keeper, time: Time
) -> None:
    """After a day, as spent; what the month before last was for a user, too."""
    booking = Booking(booking_id="b", user_id="ann", amount_micro_usd=7, booked_at=NOW)
    await database.spending.book(booking, SpendingBounds(7, 7))
    time.pass_by(86_400)
    await keeper.sweep()
    assert not await database.spending.settle("b", 0)
    time.pass_by(31 * 86_400)
    await keeper.sweep()
    assert [one.spent_micro_usd for one in await database.spending.usages("ann")] == [7]
    time.pass_by(31 * 86_400)
    await keeper.sweep()
    assert await database.spending.usages("ann") == []
    assert await database.spending.in_all("2026-03") == 7


async def test_many_sweep_at_once(
    database: Database, keeper: Keeper, files: Files, time: Time
) -> None:
    """Nothing is removed twice, and nothing is left."""
    for number in range(20):
        await make(database, keeper, files, number)
    time.pass_by(RETENTION.results_s)
    swept = await asyncio.gather(*(keeper.sweep() for _ in range(8)))
    assert sum(one.files for one in swept) == 80
    assert await names(files) == set()


async def test_a_reconciler_finds_what_is_alone(
    database: Database, keeper: Keeper, files: Files, time: Time
) -> None:
    """Files without a record, which the next sweep removes, and records without their file."""
    await make(database, keeper, files)
    await files.write("orphan.mp4", b"o")
    await files.delete("thumb_0.jpg")

    def soon() -> datetime:
        return datetime.now(NOW.tzinfo) + timedelta(seconds=2 * COMING_S)

    young = await Reconciler(database, files, lambda: datetime.now(NOW.tzinfo)).reconcile()
    assert young.orphans.count == 0
    found = await Reconciler(database, files, soon).reconcile(remove=True)
    assert (found.files, found.records) == (4, 4)
    assert (found.orphans, found.missing) == (Found(1, ["orphan.mp4"]), Found(1, ["thumb_0.jpg"]))
    time.now = soon() + timedelta(seconds=1)
    await keeper.sweep()
    assert await names(files) == set()


async def test_orphans_are_removed_page_by_page(
    database: Database, keeper: Keeper, files: Files, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are: all are counted, and the first few are named."""
    monkeypatch.setattr(objects, "PAGE", 5)
    for number in range(NAMED + 2):
        await files.write(f"orphan-{number}.mp4", b"o")
    time.now = datetime.now(NOW.tzinfo) + timedelta(seconds=2 * COMING_S)
    taken, take = list[int](), database.loose.take

    async def counted(paths: Sequence[str], until: datetime) -> list[str]:
        taken.append(len(paths))
        return await take(paths, until)

    monkeypatch.setattr(database.loose, "take", counted)
    found = await Reconciler(database, files, lambda: time.now).reconcile(remove=True)
    assert (found.orphans.count, len(found.orphans.names)) == (NAMED + 2, NAMED)
    assert max(taken) == 5
    assert (await keeper.sweep()).files == NAMED + 2
