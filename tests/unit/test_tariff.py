"""Which tier a user has who was given none: by whose customer they are."""

from typing import cast

import pytest

from server.tariff import Tariff
from storage.tiers import AT_FIRST, TierName, TierRecord, Tiers, UserTierRecord


class NoneGiven:
    """No user was given a tier."""

    async def of_user(self, user_id: str) -> UserTierRecord | None:
        """See Tiers."""
        return None

    async def get(self, tier: TierName) -> TierRecord:
        """See Tiers."""
        return AT_FIRST[tier]


@pytest.mark.parametrize(
    ("user_id", "tier"),
    [
        ("corp", TierName.FREE),
        ("corp:east", TierName.ENTERPRISE),
        ("corp:east:ann", TierName.ENTERPRISE),
        ("corp:east:ann:2", TierName.ENTERPRISE),
        ("corp:west:ann", TierName.FREE),
        ("corp:eastern", TierName.FREE),
        ("salon:ann", TierName.ENTERPRISE),
        (":ann", TierName.FREE),
        ("ann", TierName.FREE),
    ],
)
async def test_customers_have_their_enterprises(user_id: str, tier: TierName) -> None:
    """Whose name may have colons, too."""
    tariff = Tariff(cast("Tiers", NoneGiven()), frozenset({"corp:east", "salon"}), is_demo=False)
    found = await tariff.of_user(user_id)
    assert found is not None
    assert found.tier is tier
