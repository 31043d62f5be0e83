"""What a tier refuses."""

import math
from datetime import UTC, datetime

from aiohttp import hdrs

from media.clock import iso_utc
from media.film.probe import TOLERANCE_S
from server.errors import ErrorCode
from server.replies import QuotaUsedUp, RequestRefused
from storage.tiers import TierRecord


def check_length(tier: TierRecord, duration_s: float) -> None:
    """Raises RequestRefused (422) for a film that is longer than the tier has."""
    if duration_s > tier.max_video_s + TOLERANCE_S:
        limit = f"more than the {tier.max_video_s:g} s of the tier {tier.tier}"
        raise RequestRefused(
            422,
            ErrorCode.VIDEO_TOO_LONG,
            f"upload_id: {duration_s:.1f} s: {limit}",
            field="upload_id",
        )


def check_videos(tier: TierRecord, used: int, now: datetime) -> None:
    """Raises RequestRefused (429) for one more video of who has had so many in this month."""
    if tier.videos_per_month is not None and used >= tier.videos_per_month:
        raise videos_spent(tier, now)


def videos_spent(tier: TierRecord, now: datetime) -> RequestRefused:
    """429, until the next month."""
    again, amount = renews_at(now), tier.videos_per_month or 0
    of_tier = f"All {amount} videos of this month (tier {tier.tier}) are used"
    again_s = math.ceil((again - now).total_seconds())
    headers: dict[str, str] = {hdrs.RETRY_AFTER: str(again_s)}
    return RequestRefused(
        429,
        ErrorCode.QUOTA_SPENT,
        f"{of_tier}; there are more from {again:%Y-%m-%d} (UTC)",
        used_up=QuotaUsedUp(tier.tier.value, amount, 0, iso_utc(again)),
        headers=headers,
    )


def renews_at(now: datetime) -> datetime:
    """When the next month begins, by UTC."""
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    years, month = divmod(first.month, 12)
    return first.replace(year=first.year + years, month=month + 1)
