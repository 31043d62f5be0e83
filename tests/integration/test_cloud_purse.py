"""Users' money for the cloud: what the database does not count is not spent."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from processing.cloud.budget import Purse
from processing.cloud.faults import CloudFault, FallbackReason
from server.cloud.purse import UserPurse
from storage.database import Database
from storage.spending import SpendingBounds, month_of
from storage.sqlite.database import SqliteDatabase
from tests.fakes import ManualClock
from tests.integration.databases import Time
from tests.integration.records import database_file

PICTURE = 40_000


async def agreed() -> None:
    """All is well."""


async def withdrawn() -> None:
    """No more is wanted."""
    raise CloudFault(FallbackReason.NO_CONSENT, "")


def purse_of(
    database: Database, *, pictures: int, check: Callable[[], Awaitable[None]] = agreed
) -> Purse:
    bounds = SpendingBounds(pictures * PICTURE, 100 * PICTURE)
    return UserPurse(database.spending, bounds, ManualClock(), "ann", check)


async def test_money_is_put_aside_and_settled(tmp_path: Path, time: Time) -> None:
    """What was not paid may be spent again; a database that is away lends nothing, and keeps what
    it has lent."""
    database = await SqliteDatabase.open(database_file(tmp_path), time.horizon)
    purse, month = purse_of(database, pictures=1), month_of(ManualClock().utc_now())
    first = await purse.put_aside(PICTURE)
    assert first is not None
    assert await purse.put_aside(PICTURE) is None
    await purse.settle(first, 0)
    second = await purse.put_aside(PICTURE)
    assert second is not None
    assert (await database.spending.usage("ann", month)).spent_micro_usd == PICTURE
    await database.close()
    assert await purse.put_aside(0) is None
    await purse.settle(second, 0)
    again = await SqliteDatabase.open(database_file(tmp_path), time.horizon)
    assert await purse_of(again, pictures=1).put_aside(PICTURE) is None
    await again.close()


async def test_nothing_is_counted_of_who_has_left(tmp_path: Path, time: Time) -> None:
    """Not by name, nor at all."""
    database = await SqliteDatabase.open(database_file(tmp_path), time.horizon)
    with pytest.raises(CloudFault):
        await purse_of(database, pictures=1, check=withdrawn).put_aside(PICTURE)
    assert await database.spending.usages("ann") == []
    await database.close()
