"""How good a user's pictures from the cloud are: as good as their tier."""

from processing.cloud.edit import Quality
from storage.tiers import TierName, Tiers


async def quality_of(tiers: Tiers, user_id: str) -> Quality:
    """That of the user's tier. Raises StorageError."""
    given = await tiers.of_user(user_id)
    tier = await tiers.get(given.tier if given else TierName.FREE)
    return Quality(tier.quality.value)
