"""Whether work for pictures alone is begun: one can be paid, or need not be."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from processing.cloud.faults import CloudFault, FallbackReason
from server.cloud.edits import KEPT_S, KnownEdits
from server.cloud.means import SalonMeans
from server.cloud.salon import Salon
from server.metrics.meters import Meters
from storage.cache import cache_key
from storage.errors import StorageError, StorageFailed
from storage.memory_cache import MemoryCache
from storage.spending import UsageRecord
from tests.fakes import ManualClock
from tests.unit.test_film_cutter import Allowed

BUDGET = 100


class Spent:
    """What a month's pictures have cost; or the database is away."""

    def __init__(self, micro_usd: int, error: StorageError | None = None) -> None:
        self.micro_usd = micro_usd
        self.error = error

    async def usage(self, user_id: str, month: str) -> UsageRecord:
        """See Spending."""
        if self.error is not None:
            raise self.error
        return UsageRecord(user_id, month, spent_micro_usd=self.micro_usd)

    async def in_all(self, month: str) -> int:
        """See Spending."""
        return self.micro_usd


def salon(spent: Spent, clock: ManualClock, cache: MemoryCache) -> Salon:
    """One whose users may spend ``BUDGET``."""
    settings = SimpleNamespace(
        networks="all", cloud_user_budget_micro_usd=BUDGET, cloud_budget_micro_usd=BUDGET
    )
    database = SimpleNamespace(spending=spent)
    means = SimpleNamespace(
        settings=settings, clock=clock, cache=cache, database=database, meters=Meters()
    )
    return Salon(cast("SalonMeans", means), None)


async def test_who_has_money_has_means() -> None:
    """For one picture, to the last of it."""
    clock = ManualClock()
    cache = MemoryCache(2**20, clock.monotonic)
    await salon(Spent(BUDGET - 40), clock, cache).check_means("u1", 40)


@pytest.mark.parametrize("spent", [Spent(BUDGET - 39), Spent(0, StorageFailed("away"))])
async def test_who_has_none_may_have_what_is_known(spent: Spent) -> None:
    """For as long as it is: a picture that was paid costs nothing."""
    clock = ManualClock()
    cache = MemoryCache(2**20, clock.monotonic)
    one = salon(spent, clock, cache)

    async def reason(user_id: str) -> FallbackReason | None:
        try:
            await one.check_means(user_id, 40)
        except CloudFault as fault:
            return fault.reason
        return None

    assert await reason("u1") is FallbackReason.BUDGET_SPENT
    key = cache_key("edit", "u1", "x")
    known = KnownEdits(cache, clock, Meters().caches)
    await known.remember(key, np.zeros((8, 8, 3), np.uint8), Allowed())
    assert await reason("u1") is None
    assert await reason("u2") is FallbackReason.BUDGET_SPENT
    clock.advance(KEPT_S + 1)
    assert await reason("u1") is FallbackReason.BUDGET_SPENT
    with pytest.raises(CloudFault):
        await known.remember(key, np.zeros((8, 8, 3), np.uint8), Allowed(0))
    assert await reason("u1") is FallbackReason.BUDGET_SPENT
