"""What users may have, by the tier that they are in (report section 12.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from storage.records import require_aware


class TierName(StrEnum):
    """The tiers that there are."""

    FREE = "free"
    PREMIUM = "premium"
    ENTERPRISE = "enterprise"


class TierQuality(StrEnum):
    """How good pictures are that cost money (report section 12.3)."""

    STANDARD = "standard"
    HIGH = "high"
    ULTRA = "ultra"


@dataclass(frozen=True, slots=True)
class TierRecord:
    """A tier: so many videos in a month (None: any number), each of so many seconds at most."""

    tier: TierName
    videos_per_month: int | None
    max_video_s: float
    quality: TierQuality


@dataclass(frozen=True, slots=True)
class UserTierRecord:
    """The tier that a user was given. Raises ValueError if the moment is naive."""

    user_id: str
    tier: TierName
    given_at: datetime

    def __post_init__(self) -> None:
        require_aware("given_at", self.given_at)


AT_FIRST: Final[Mapping[TierName, TierRecord]] = {
    one.tier: one
    for one in (
        TierRecord(TierName.FREE, 10, 5.0, TierQuality.STANDARD),
        TierRecord(TierName.PREMIUM, 100, 10.0, TierQuality.HIGH),
        TierRecord(TierName.ENTERPRISE, None, 30.0, TierQuality.ULTRA),
    )
}
"""What they are until somebody changes them."""


class Tiers(Protocol):
    """The tiers, and who is in which. See Database."""

    async def get(self, tier: TierName) -> TierRecord:
        """The tier as it was put last, or as it is at first."""
        ...

    async def put(self, record: TierRecord) -> None:
        """The tier is like this from now on."""
        ...

    async def of_user(self, user_id: str) -> UserTierRecord | None:
        """What the user was given last, None if nothing was. Of who was erased it is known until
        the month is over, without a name (see Aliases)."""
        ...

    async def give(self, record: UserTierRecord) -> None:
        """The user is in this tier from now on."""
        ...

    async def forget(self, erased_before: str) -> None:
        """What users had who were erased before that month is forgotten."""
        ...
