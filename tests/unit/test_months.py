"""Months, which begin everywhere at once."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from storage.spending import Booking, month_before, month_of


@pytest.mark.parametrize(
    ("moment", "month", "before"),
    [
        (datetime(2026, 3, 31, 23, 59, 59, 999_999, UTC), "2026-03", "2026-02"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01", "2025-12"),
        (datetime(2024, 2, 29, tzinfo=UTC), "2024-02", "2024-01"),
        (datetime(2026, 4, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2026-03", "2026-02"),
    ],
)
def test_months_are_those_of_utc(moment: datetime, month: str, before: str) -> None:
    """Wherever the moment was read."""
    assert (month_of(moment), month_before(moment)) == (month, before)


def test_a_booking_says_when_and_how_much() -> None:
    """A moment that may be any, and money that flows back, are none."""
    booking = {"booking_id": "b", "user_id": "ann", "amount_micro_usd": 1}
    with pytest.raises(ValueError, match="booked_at"):
        Booking(**booking, booked_at=datetime(2026, 3, 1))  # type: ignore[arg-type]  # noqa: DTZ001
    with pytest.raises(ValueError, match="negative"):
        Booking(**{**booking, "amount_micro_usd": -1}, booked_at=datetime(2026, 3, 1, tzinfo=UTC))  # type: ignore[arg-type]
