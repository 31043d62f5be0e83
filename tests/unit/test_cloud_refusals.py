"""What clients are told of what only the cloud could have made."""

from datetime import UTC, datetime

import pytest

from processing.cloud.faults import CloudFault, FallbackReason
from server.cloud.refusals import refusal

NOW = datetime(2026, 2, 28, 23, 0, 0, tzinfo=UTC)
SECTION_8_2 = {400, 401, 403, 404, 413, 422, 429, 500, 502, 503, 504}


@pytest.mark.parametrize("reason", FallbackReason)
def test_each_reason_is_told(reason: FallbackReason) -> None:
    """With a status of the report's, and what is wrong named where it is the client's to mend."""
    told = refusal(CloudFault(reason, "for the log"), "prompt", NOW)
    assert told.status in SECTION_8_2
    assert told.reason == reason
    assert "log" not in told.message
    assert (told.field == "prompt") == (told.status == 422) == told.message.startswith("prompt: ")


@pytest.mark.parametrize(
    ("reason", "known_s", "again_s"),
    [
        (FallbackReason.BUDGET_SPENT, None, "3600"),
        (FallbackReason.BREAKER_OPEN, None, "60"),
        (FallbackReason.TOO_BUSY, 7.2, "8"),
        (FallbackReason.TOO_BUSY, 0.0, "1"),
        (FallbackReason.TOO_BUSY, None, "5"),
        (FallbackReason.FAILED, None, None),
    ],
)
def test_when_to_come_again(
    reason: FallbackReason, known_s: float | None, again_s: str | None
) -> None:
    """When there is money again, when the service has recovered, or when it said so itself."""
    fault = CloudFault(reason, "", retry_after_s=known_s)
    assert refusal(fault, "prompt", NOW).reply().headers.get("Retry-After") == again_s
