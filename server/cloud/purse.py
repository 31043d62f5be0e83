"""Users' money for the cloud, as the database counts it."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from media.clock import Clock
from storage.errors import BudgetSpent, StorageError, UserBudgetSpent
from storage.spending import Booking, Spending, SpendingBounds

log = structlog.get_logger(__name__)


def unheard(*_told: int) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class UserPurse:
    """See Purse: a user's, of this month."""

    spending: Spending
    bounds: SpendingBounds
    clock: Clock
    user_id: str
    check: Callable[[], Awaitable[None]]
    """Raises CloudFault for a user who wants nothing ordered any more."""
    spent: Callable[[int], object] = unheard
    """Is told what was, in millionths of a dollar."""

    async def put_aside(self, micro_usd: int) -> str | None:
        """See Purse. Nothing is counted of a user who was erased a moment ago."""
        await self.check()
        booking = Booking(
            booking_id=str(uuid.uuid4()),
            user_id=self.user_id,
            amount_micro_usd=micro_usd,
            booked_at=self.clock.utc_now(),
        )
        try:
            await self.spending.book(booking, self.bounds)
        except (BudgetSpent, UserBudgetSpent) as error:
            log.info("no money for the cloud", reason=str(error))
            return None
        except StorageError as error:
            log.error("money cannot be counted, and none is spent", reason=str(error))  # noqa: TRY400
            return None
        return booking.booking_id

    async def settle(self, name: str, micro_usd: int) -> None:
        """See Purse."""
        self.spent(micro_usd)
        try:
            await self.spending.settle(name, micro_usd)
        except StorageError as error:
            log.warning("what was put aside counts as spent", reason=str(error))
