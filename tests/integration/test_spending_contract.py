"""The contract of Spending, kept by every implementation."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from storage.database import Database
from storage.errors import BudgetSpent, StorageFailed, UserBudgetSpent, VideosSpent
from storage.results import Erased, VideoQuota
from storage.spending import Booking, SpendingBounds, UsageRecord
from tests.integration.databases import Opener
from tests.integration.records import NOW, RESULT, ROOMY, UPLOAD, add_upload

MONTH = "2026-03"
PICTURE = 40_000
PLENTY = SpendingBounds(10**9, 10**9)
TEN_PICTURES = 10 * PICTURE


def booking(number: int = 0, user_id: str = "ann", amount: int = PICTURE) -> Booking:
    return Booking(booking_id=f"b{number}", user_id=user_id, amount_micro_usd=amount, booked_at=NOW)


async def spent(database: Database, user_id: str = "ann") -> tuple[int, int]:
    """What the user's month, and that of all, has cost."""
    usage = await database.spending.usage(user_id, MONTH)
    return usage.spent_micro_usd, await database.spending.in_all(MONTH)


async def book(database: Database, number: int, bounds: SpendingBounds, user_id: str) -> str:
    """How it ended."""
    try:
        await database.spending.book(booking(number, user_id), bounds)
    except (BudgetSpent, UserBudgetSpent) as error:
        return type(error).__name__
    return "booked"


@pytest.mark.parametrize(
    ("bounds", "users", "refusal"),
    [
        (SpendingBounds(TEN_PICTURES, 10**9), 1, "UserBudgetSpent"),
        (SpendingBounds(10**9, TEN_PICTURES), 50, "BudgetSpent"),
    ],
    ids=["of one user", "of all"],
)
async def test_a_budget_of_ten_pictures(
    database: Database, opener: Opener, bounds: SpendingBounds, users: int, refusal: str
) -> None:
    """Of fifty at once, at two servers, exactly ten are booked; of the others nothing is left."""
    other = await opener()
    servers = [database, other]
    orders = (
        book(servers[number % 2], number, bounds, f"user{number % users}") for number in range(50)
    )
    assert Counter(await asyncio.gather(*orders)) == {"booked": 10, refusal: 40}
    assert await database.spending.in_all(MONTH) == TEN_PICTURES
    usages = [await database.spending.usages(f"user{number}") for number in range(users)]
    assert sum(one.spent_micro_usd for some in usages for one in some) == TEN_PICTURES
    settled = [await other.spending.settle(f"b{number}", 0) for number in range(50)]
    assert settled.count(True) == 10
    assert await book(database, 50, bounds, "user0") == "booked"
    await other.close()


async def test_what_is_settled_counts_once(database: Database) -> None:
    """At what it has cost; what is not yet settled counts in full, and so does what never is."""
    for number in range(4):
        await database.spending.book(booking(number), PLENTY)
    assert await spent(database) == (4 * PICTURE, 4 * PICTURE)
    assert await database.spending.settle("b0", 0)
    assert await database.spending.settle("b1", PICTURE // 2)
    assert await database.spending.settle("b2", 2 * PICTURE)
    left = 3.5 * PICTURE
    assert await spent(database) == (left, left)
    for name in ("b0", "b1", "b2", "unknown"):
        assert not await database.spending.settle(name, 1)
    with pytest.raises(ValueError, match="negative"):
        await database.spending.settle("b3", -1)
    assert await spent(database) == (left, left)


async def test_a_booking_of_the_same_name_is_refused(database: Database) -> None:
    """And changes nothing."""
    await database.spending.book(booking(), PLENTY)
    with pytest.raises(StorageFailed):
        await database.spending.book(booking(user_id="bob"), PLENTY)
    assert await spent(database, "bob") == (0, PICTURE)


async def test_users_and_months_are_apart(database: Database, opener: Opener) -> None:
    """Also after the database was closed and opened again; the latest comes first."""
    bounds = SpendingBounds(PICTURE, 10 * PICTURE)
    later = replace(booking(2), booked_at=NOW + timedelta(days=31))
    for one in (booking(0), booking(1, "bob"), later):
        await database.spending.book(one, bounds)
    assert await book(database, 3, bounds, "ann") == "UserBudgetSpent"
    await database.close()
    again = await opener()
    april, march = UsageRecord("ann", "2026-04", 0, PICTURE), UsageRecord("ann", MONTH, 0, PICTURE)
    assert await again.spending.usages("ann") == [april, march]
    assert await again.spending.usage("eve", MONTH) == UsageRecord("eve", MONTH)
    assert await again.spending.usages("eve") == []
    assert [await again.spending.in_all(month) for month in (MONTH, "2026-04", "2026-05")] == [
        2 * PICTURE, PICTURE, 0]  # fmt: skip
    await again.close()


async def test_an_erasure_is_no_new_month(database: Database) -> None:
    """What was used in this month counts on, also after another erasure, without a name; what is
    under way is settled as for others. Of earlier months only the total stays."""
    earlier = replace(booking(9), booked_at=NOW - timedelta(days=31))
    for one in (booking(0), booking(1), booking(2, "bob"), earlier):
        await database.spending.book(one, PLENTY)
    for _ in range(2):
        assert await database.erase("ann", 9, NOW, NOW) == (Erased(), [])
        assert await database.spending.usages("ann") == [UsageRecord("ann", MONTH, 0, 2 * PICTURE)]
        assert await spent(database, "bob") == (PICTURE, 3 * PICTURE)
    bounds = SpendingBounds(3 * PICTURE, 10**9)
    assert await book(database, 3, bounds, "ann") == "booked"
    assert await book(database, 4, bounds, "ann") == "UserBudgetSpent"
    assert await database.erase("ann", 9, NOW, NOW) == (Erased(), [])
    for number in (0, 3, 9):
        assert await database.spending.settle(f"b{number}", 0)
    assert await spent(database) == (PICTURE, 2 * PICTURE)
    assert await database.spending.in_all("2026-02") == 0
    await database.spending.forget(NOW - timedelta(days=1), "2026-01", MONTH)
    assert await spent(database) == (PICTURE, 2 * PICTURE)
    await database.spending.forget(NOW - timedelta(days=1), "2026-01", "2026-04")
    assert await database.spending.usages("ann") == []
    assert await spent(database, "bob") == (PICTURE, 2 * PICTURE)


async def test_an_erasure_is_no_new_quota(database: Database) -> None:
    """Films that were ordered before count."""
    await add_upload(database, UPLOAD)
    record = replace(RESULT, style_image_path=None)
    await database.results.add(record, ROOMY, VideoQuota(1))
    while (await database.erase("ann", 9, NOW, NOW))[0] != Erased():
        pass
    await add_upload(database, UPLOAD)
    with pytest.raises(VideosSpent):
        await database.results.add(record, ROOMY, VideoQuota(1))
    assert await database.spending.usage("ann", MONTH) == UsageRecord("ann", MONTH, 1, 0)
    await database.results.add(record, ROOMY, VideoQuota(2))


async def test_what_is_old_is_forgotten(database: Database) -> None:
    """Bookings that nobody settles stay spent; users' earlier months go, the totals stay."""
    earlier = replace(booking(0), booked_at=NOW - timedelta(days=31))
    for one in (earlier, booking(1), replace(booking(2), booked_at=NOW + timedelta(hours=1))):
        await database.spending.book(one, PLENTY)
    await database.spending.forget(NOW, MONTH, MONTH)
    assert [await database.spending.settle(f"b{number}", 0) for number in range(3)] == [
        False, False, True]  # fmt: skip
    assert await database.spending.usages("ann") == [UsageRecord("ann", MONTH, 0, PICTURE)]
    assert await database.spending.in_all("2026-02") == PICTURE


async def test_films_of_a_month(database: Database) -> None:
    """Of many orders at once so many are taken as the user may have, and each counts once."""
    await add_upload(database, UPLOAD)
    quota = VideoQuota(3)

    async def order(name: str, **changes: object) -> str:
        record = replace(RESULT, result_id=name, style_image_path=None, **changes)  # type: ignore[arg-type]
        try:
            return (await database.results.add(record, ROOMY, quota)).result_id
        except VideosSpent:
            return ""

    keyed = {"idempotency_key": "key", "request_digest": "d"}
    assert [await order(name, **keyed) for name in ("first", "again")] == ["first", "first"]
    names = await asyncio.gather(*(order(f"r{number}") for number in range(9)))
    assert len(list(filter(None, names))) == 2
    assert await order("again", **keyed) == "first"
    assert await database.spending.usage("ann", MONTH) == UsageRecord("ann", MONTH, 3, 0)
    assert await order("april", created_at=NOW + timedelta(days=28)) == "april"
    quota = VideoQuota(None)
    assert await order("any") == "any"
    assert (await database.spending.usage("ann", MONTH)).videos == 4
    assert (await database.results.history("ann", 1))[1] == 5


async def test_a_deleted_film_counts_on(database: Database) -> None:
    """Who deletes one has had it; where nobody counts nothing is counted."""
    await add_upload(database, UPLOAD)
    record = replace(RESULT, style_image_path=None)
    await database.results.add(record, ROOMY, VideoQuota(1))
    await database.results.delete(record.result_id, NOW, NOW)
    again = replace(record, result_id="again")
    with pytest.raises(VideosSpent):
        await database.results.add(again, ROOMY, VideoQuota(1))
    await database.results.add(again, ROOMY)
    assert (await database.spending.usage("ann", MONTH)).videos == 1
