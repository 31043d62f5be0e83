"""What pictures from the cloud cost a user, and what they are paid from."""

from collections.abc import Callable
from dataclasses import dataclass

from processing.cloud.desk import Desk
from processing.cloud.edit import Edit, Quality
from processing.cloud.faults import CloudFault, FallbackReason
from server.cloud.allowance import Allowance
from server.cloud.means import SalonMeans
from server.cloud.purse import UserPurse, unheard
from storage.errors import StorageError
from storage.spending import SpendingBounds, month_of


@dataclass(frozen=True, slots=True)
class Quote:
    """Who would cut a picture, and what for; millionths of a dollar."""

    model: str
    micro_usd: int


class Cashier:
    """Of a service whose desk this is; without one there is no account."""

    def __init__(self, means: SalonMeans, desk: Desk | None) -> None:
        settings = means.settings
        self._means = means
        self._desk = desk
        self._bounds = SpendingBounds(
            settings.cloud_user_budget_micro_usd, settings.cloud_budget_micro_usd
        )

    async def quality(self, user_id: str) -> Quality:
        """That of the user's tier. Raises CloudFault."""
        try:
            tier = await self._means.tariff.of_user(user_id)
        except StorageError as error:
            raise CloudFault(FallbackReason.BUDGET_SPENT, type(error).__name__) from None
        return Quality.STANDARD if tier is None else Quality(tier.quality.value)

    async def quote(self, user_id: str, haircut: str | None, *, has_style: bool) -> Quote:
        """For one picture, by the haircut's name or else by a style photo. Raises CloudFault."""
        if self._desk is None:
            raise CloudFault(FallbackReason.NO_TOKEN, "there is no account")
        style = b"?" if has_style and haircut is None else None
        quality = await self.quality(user_id)
        model = self._desk.model_of(Edit(b"?", style=style, haircut=haircut, quality=quality))
        return Quote(model.ref, model.prices_micro_usd[quality])

    async def has(self, user_id: str, micro_usd: int) -> bool:
        """Whether so much of the month's money is left, of the user's and of all together. Raises
        StorageError."""
        spending, month = self._means.database.spending, month_of(self._means.clock.utc_now())
        of_user = (await spending.usage(user_id, month)).spent_micro_usd
        in_all = await spending.in_all(month)
        return (
            of_user + micro_usd <= self._bounds.per_user_micro_usd
            and in_all + micro_usd <= self._bounds.in_all_micro_usd
        )

    def purse(self, allowance: Allowance, spent: Callable[[int], object] = unheard) -> UserPurse:
        """The user's; ``spent`` is told what was, in millionths of a dollar."""
        return UserPurse(
            self._means.database.spending,
            self._bounds,
            self._means.clock,
            allowance.user_id,
            allowance.check,
            spent,
        )
