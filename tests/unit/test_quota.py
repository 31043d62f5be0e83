"""When a month's quota begins anew."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from server.quota import renews_at


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 3, 31, 23, 59, 59, 999_999, UTC), datetime(2026, 4, 1, tzinfo=UTC)),
        (datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)),
        (datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2026, 11, 5, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
        (
            datetime(2026, 5, 1, 1, tzinfo=timezone(timedelta(hours=2))),
            datetime(2026, 5, 1, tzinfo=UTC),
        ),
    ],
)
def test_a_month_begins_by_utc(now: datetime, expected: datetime) -> None:
    """Wherever one is, and at the end of a year too."""
    assert renews_at(now) == expected
