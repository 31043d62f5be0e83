"""How much may be spent on a user's pictures from the cloud, and what they are paid from."""

from processing.cloud.edit import Quality
from processing.cloud.faults import CloudFault, FallbackReason
from server.cloud.permission import Permission
from server.cloud.purse import UserPurse
from server.services import Services
from storage.errors import StorageError
from storage.spending import SpendingBounds


class Cashier:
    """Of this service."""

    def __init__(self, services: Services) -> None:
        settings = services.settings
        self._services = services
        self._bounds = SpendingBounds(
            settings.cloud_user_budget_micro_usd, settings.cloud_budget_micro_usd
        )

    async def quality(self, user_id: str) -> Quality:
        """That of the user's tier. Raises CloudFault."""
        try:
            tier = await self._services.tariff.of_user(user_id)
        except StorageError as error:
            raise CloudFault(FallbackReason.BUDGET_SPENT, type(error).__name__) from None
        return Quality.STANDARD if tier is None else Quality(tier.quality.value)

    def purse(self, permission: Permission) -> UserPurse:
        """The user's."""
        services, user_id = self._services, permission.user_id
        spending, clock = services.database.spending, services.clock
        return UserPurse(spending, self._bounds, clock, user_id, permission.check)
