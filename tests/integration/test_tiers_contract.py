"""The contract of Tiers, kept by every implementation."""

from dataclasses import replace

from storage.database import Database
from storage.results import Erased
from storage.tiers import AT_FIRST, TierName, TierQuality, TierRecord, UserTierRecord
from tests.integration.databases import Opener
from tests.integration.records import NOW

ANNS = UserTierRecord("ann", TierName.PREMIUM, NOW)


async def test_tiers_are_as_they_were_put(database: Database, opener: Opener) -> None:
    """At first they are the report's; what is put stays, the others are as before."""
    for name in TierName:
        assert await database.tiers.get(name) == AT_FIRST[name]
    changed = TierRecord(TierName.FREE, 3, 7.5, TierQuality.HIGH)
    for record in (AT_FIRST[TierName.FREE], changed):
        await database.tiers.put(record)
    await database.close()
    again = await opener()
    assert await again.tiers.get(TierName.FREE) == changed
    endless = replace(changed, videos_per_month=None)
    await again.tiers.put(endless)
    assert await again.tiers.get(TierName.FREE) == endless
    assert await again.tiers.get(TierName.PREMIUM) == AT_FIRST[TierName.PREMIUM]
    await again.close()


async def test_users_are_in_one_tier(database: Database) -> None:
    """The one that was given last."""
    assert await database.tiers.of_user("ann") is None
    enterprise = replace(ANNS, tier=TierName.ENTERPRISE)
    for record in (ANNS, enterprise, replace(ANNS, user_id="bob")):
        await database.tiers.give(record)
    assert await database.tiers.of_user("ann") == enterprise
    assert await database.tiers.of_user("bob") == replace(ANNS, user_id="bob")


async def test_an_erasure_is_no_new_tier(database: Database) -> None:
    """Until the month is over, or another one is given; nobody else's is touched."""
    bobs = replace(ANNS, user_id="bob", tier=TierName.ENTERPRISE)
    for record in (ANNS, bobs):
        await database.tiers.give(record)
    for _ in range(2):
        assert await database.erase("ann", 9, NOW, NOW) == (Erased(), [])
        await database.tiers.forget("2026-03")
        assert await database.tiers.of_user("ann") == ANNS
    again = replace(ANNS, tier=TierName.FREE)
    await database.tiers.give(again)
    assert await database.tiers.of_user("ann") == again
    assert await database.erase("ann", 9, NOW, NOW) == (Erased(), [])
    assert await database.tiers.of_user("ann") == again
    await database.tiers.forget("2026-04")
    assert await database.tiers.of_user("ann") is None
    assert await database.tiers.of_user("bob") == bobs
