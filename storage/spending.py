"""What users have had done in a month, and what it cost: counted before it is done."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from storage.records import require_aware

MICRO: Final = 1_000_000
"""Money is counted in millionths of a dollar."""


def month_of(moment: datetime) -> str:
    """``2026-03``, by UTC."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def month_before(moment: datetime) -> str:
    """The month before the moment's."""
    return month_of(moment.astimezone(UTC).replace(day=1) - timedelta(days=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """Money that is put aside for something that a user has asked for, in millionths of a dollar.

    Raises ValueError if the moment is naive, or the amount negative.
    """

    booking_id: str
    user_id: str
    amount_micro_usd: int
    booked_at: datetime

    def __post_init__(self) -> None:
        require_aware("booked_at", self.booked_at)
        if self.amount_micro_usd < 0:
            raise ValueError("amount_micro_usd: negative")


@dataclass(frozen=True, slots=True)
class SpendingBounds:
    """What a user's month, and that of all, may cost, in millionths of a dollar."""

    per_user_micro_usd: int
    in_all_micro_usd: int


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """A user's month: films that were ordered, and what was spent or is put aside."""

    user_id: str
    month: str
    videos: int = 0
    spent_micro_usd: int = 0


class Spending(Protocol):
    """Money is put aside before it is spent. What nobody settles stays spent. See Database.

    A month's figures of a user go with the user's erasure, but for the current one's: those count
    on until its end, without a name (see Aliases). Those of all users together stay.
    """

    async def book(self, booking: Booking, bounds: SpendingBounds) -> None:
        """Put the amount aside, in the month of its moment. However many do so at once, at however
        many servers, no more than the bounds is put aside and spent together.

        Raises UserBudgetSpent, and BudgetSpent if it is that of all; nothing is changed then.
        """
        ...

    async def settle(self, booking_id: str, cost_micro_usd: int) -> bool:
        """It has cost so much, which may be nothing. False if it is settled or forgotten.

        What was booked for a user who was erased since counts with what outlives that, and for all
        together. Raises ValueError if the cost is negative.
        """
        ...

    async def usage(self, user_id: str, month: str) -> UsageRecord:
        """A user's month, also one in which there was nothing."""
        ...

    async def usages(self, user_id: str) -> list[UsageRecord]:
        """All of a user's months that are kept, the latest first."""
        ...

    async def in_all(self, month: str) -> int:
        """What all users' month has cost by now, with what is put aside; millionths of a dollar."""
        ...

    async def forget(self, booked_until: datetime, before: str, erased_before: str) -> None:
        """Bookings as old as that stay spent, and cannot be settled any more; the figures of users'
        months before that one are removed, and those of users who were erased sooner."""
        ...
