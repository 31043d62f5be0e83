"""What clients are told of a picture that only the cloud could have made, and did not."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Final, TypeAlias

from aiohttp import hdrs

from processing.cloud.faults import CloudFault, FallbackReason
from server.errors import ErrorCode
from server.quota import renews_at
from server.replies import RequestRefused

_Answer: TypeAlias = tuple[int, ErrorCode, str]

_HOUR_S: Final = 3600
_AGAIN_S: Final = {
    FallbackReason.NO_TOKEN: _HOUR_S,
    FallbackReason.DENIED: _HOUR_S,
    FallbackReason.BREAKER_OPEN: 60,
    FallbackReason.UNAVAILABLE: 60,
}
"""Before that nobody need come again: it has to recover, or somebody has to see to it."""
_ANSWERS: Final[Mapping[FallbackReason, _Answer]] = {
    FallbackReason.NO_TOKEN: (
        503, ErrorCode.CLOUD_UNAVAILABLE, "Pictures are made by the cloud, which is not used here"
    ),
    FallbackReason.NO_CONSENT: (
        403,
        ErrorCode.CONSENT_REQUIRED,
        "user_id: has not agreed to the cloud; PUT user/{user_id}/consent agrees",
    ),
    FallbackReason.UNSUITED: (
        422, ErrorCode.VALIDATION_FAILED, "the cloud's model does not take it"
    ),
    FallbackReason.BREAKER_OPEN: (
        503, ErrorCode.CLOUD_UNAVAILABLE, "The cloud failed too often a moment ago"
    ),
    FallbackReason.BUDGET_SPENT: (
        429, ErrorCode.QUOTA_SPENT, "The money of this month for pictures from the cloud is spent"
    ),
    FallbackReason.TOO_BUSY: (
        503, ErrorCode.SERVER_FULL, "The cloud works on as many pictures as it takes at once"
    ),
    FallbackReason.DENIED: (
        503, ErrorCode.CLOUD_UNAVAILABLE, "The cloud does not let this service in"
    ),
    FallbackReason.UNAVAILABLE: (
        503, ErrorCode.CLOUD_UNAVAILABLE, "The cloud cannot be reached, or does not do its work"
    ),
    FallbackReason.TIMED_OUT: (504, ErrorCode.CLOUD_FAILED, "The cloud took too long"),
    FallbackReason.FAILED: (502, ErrorCode.CLOUD_FAILED, "The cloud could not make the picture"),
    FallbackReason.REFUSED: (
        422, ErrorCode.VALIDATION_FAILED, "the cloud holds what comes of it to be indecent"
    ),
    FallbackReason.BAD_OUTPUT: (
        502,
        ErrorCode.CLOUD_FAILED,
        "No hair can be taken over from what the cloud made; other words may help",
    ),
}  # fmt: skip


def refusal(fault: CloudFault, field: str, now: datetime) -> RequestRefused:
    """The answer to a request whose field said what was wanted; the statuses are those of the
    report's section 8.2."""
    status, code, text = _ANSWERS[fault.reason]
    again_s = _again_s(fault, now)
    headers: dict[str, str] = {hdrs.RETRY_AFTER: str(again_s)} if again_s else {}
    is_about_field = code is ErrorCode.VALIDATION_FAILED
    return RequestRefused(
        status,
        code,
        f"{field}: {text}" if is_about_field else text,
        field=field if is_about_field else None,
        reason=fault.reason,
        headers=headers,
    )


def _again_s(fault: CloudFault, now: datetime) -> int | None:
    if fault.reason is FallbackReason.BUDGET_SPENT:
        return math.ceil((renews_at(now) - now).total_seconds())
    if fault.retry_after_s is not None:
        return max(1, math.ceil(fault.retry_after_s))
    return _AGAIN_S.get(fault.reason)
