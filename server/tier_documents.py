"""What is said of tiers, and of what users have used of theirs."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from media.clock import iso_utc
from server.answers import Answer
from server.queries import Query
from storage.spending import MICRO, UsageRecord
from storage.tiers import TierName, TierQuality, TierRecord, UserTierRecord

MOST_VIDEOS = 1_000_000
LONGEST_S = 600


def _whole(number: object) -> object:
    """10.0 is an integer in JSON Schema, and what some languages write for one."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


class TierPath(Query):
    """A tier."""

    tier: TierName


class TierBody(BaseModel):
    """What ``PUT tiers/{tier}`` takes: what the tier has from now on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    videos_per_month: (
        Annotated[int, Field(ge=0, le=MOST_VIDEOS, strict=True), BeforeValidator(_whole)] | None
    ) = Field(description="Null: any number.")
    max_video_s: Annotated[float, Field(gt=0, le=LONGEST_S, allow_inf_nan=False)]
    quality: TierQuality

    def record(self, tier: TierName) -> TierRecord:
        """The tier, like this."""
        return TierRecord(tier, self.videos_per_month, self.max_video_s, self.quality)


class UserTierBody(BaseModel):
    """What ``PUT user/{user_id}/tier`` takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tier: TierName


class TierAnswer(Answer):
    """A tier."""

    tier: TierName
    videos_per_month: int | None = Field(description="Null: any number.")
    max_video_s: float
    quality: TierQuality = Field(description="Of pictures that are made elsewhere.")

    @classmethod
    def of(cls, record: TierRecord) -> "TierAnswer":
        """What is told of a tier."""
        return cls(
            tier=record.tier,
            videos_per_month=record.videos_per_month,
            max_video_s=record.max_video_s,
            quality=record.quality,
        )


class TiersAnswer(Answer):
    """All tiers."""

    tiers: list[TierAnswer]


class UserTierAnswer(Answer):
    """The tier that a user is in; null where nobody is asked who they are."""

    tier: TierAnswer | None
    given_at: str | None = Field(description="Null: nobody gave it to them.")

    @classmethod
    def of(cls, tier: TierRecord | None, given: UserTierRecord | None) -> "UserTierAnswer":
        """What is told of it."""
        return cls(
            tier=TierAnswer.of(tier) if tier else None,
            given_at=iso_utc(given.given_at) if given else None,
        )


class VideosUsed(BaseModel):
    """Videos of this month. Null: any number."""

    used: int
    limit: int | None
    left: int | None


class MoneyUsed(BaseModel):
    """What pictures that are made elsewhere cost in this month, in dollars; ``left`` is the user's
    own."""

    used: float = Field(description="With what is put aside for those under way.")
    limit: float
    left: float

    @classmethod
    def of(cls, spent_micro_usd: int, budget_micro_usd: int) -> "MoneyUsed":
        """So much of a budget."""
        left = max(0, budget_micro_usd - spent_micro_usd)
        return cls(used=spent_micro_usd / MICRO, limit=budget_micro_usd / MICRO, left=left / MICRO)


class UsageAnswer(Answer):
    """What a user has used in this month, and has left."""

    user_id: str
    month: str = Field(description="As `2026-03`, by UTC.")
    renews_at: str
    tier: TierAnswer | None = Field(description="Null where nobody is asked who they are.")
    videos: VideosUsed
    usd: MoneyUsed

    @classmethod
    def of(
        cls, usage: UsageRecord, tier: TierRecord | None, budget_micro_usd: int, renews_at: str
    ) -> "UsageAnswer":
        """What is told of it."""
        limit = tier.videos_per_month if tier else None
        left = None if limit is None else max(0, limit - usage.videos)
        return cls(
            user_id=usage.user_id,
            month=usage.month,
            renews_at=renews_at,
            tier=TierAnswer.of(tier) if tier else None,
            videos=VideosUsed(used=usage.videos, limit=limit, left=left),
            usd=MoneyUsed.of(usage.spent_micro_usd, budget_micro_usd),
        )
