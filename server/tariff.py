"""What users may have: by the tier they are in, where it is known who they are."""

from collections.abc import Iterator
from dataclasses import dataclass

from server.doors.caller import CUSTOMER
from server.settings import Settings
from storage.tiers import TierName, TierRecord, Tiers, UserTierRecord


@dataclass(frozen=True, slots=True)
class Tariff:
    """Who was given no tier has that of the enterprise whose customer they are; an enterprise's is
    its own one, everybody else's is free. A demo has none."""

    tiers: Tiers
    enterprises: frozenset[str]
    is_demo: bool

    @classmethod
    def of(cls, settings: Settings, tiers: Tiers) -> "Tariff":
        """That of a service with these settings."""
        keyed = (*settings.api_key_users.values(), *settings.signing_secrets)
        return cls(tiers, frozenset(keyed), settings.is_open)

    async def of_user(self, user_id: str) -> TierRecord | None:
        """What the user may have; None where nobody is bound. Raises StorageError."""
        if self.is_demo:
            return None
        given = await self.given(user_id)
        return await self.tiers.get(given.tier if given else self._otherwise(user_id))

    async def given(self, user_id: str) -> UserTierRecord | None:
        """What the user, or the enterprise whose customer they are, was given. Raises
        StorageError."""
        for one in _line(user_id):
            if (found := await self.tiers.of_user(one)) is not None:
                return found
        return None

    def _otherwise(self, user_id: str) -> TierName:
        is_theirs = self.enterprises.intersection(_line(user_id))
        return TierName.ENTERPRISE if is_theirs else TierName.FREE


def _line(user_id: str) -> Iterator[str]:
    """The user, and the enterprises whose customer they are by their id, the nearest first."""
    while user_id:
        yield user_id
        user_id, _, _ = user_id.rpartition(CUSTOMER)
