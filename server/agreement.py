"""Whether users have agreed to have their pictures changed."""

from dataclasses import dataclass
from typing import Final

from server.notice import Notice, notice_of
from server.settings import Settings
from storage.consents import Consents
from storage.records import ConsentRecord

NOT_AGREED: Final = (
    "user_id: has not agreed to the notice that GET about has; PUT user/{user_id}/consent agrees"
)
"""Short enough for a closing frame."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What users have to agree to first, where it ``is_needed``."""

    is_needed: bool
    notice: Notice
    consents: Consents

    @classmethod
    def of(cls, settings: Settings, consents: Consents) -> "Agreement":
        """What a service with these settings asks for."""
        return cls(settings.require_consent, notice_of(settings), consents)

    async def is_given(self, user_id: str) -> bool:
        """Whether this user's pictures may be changed: by the notice as it is now, or since
        nobody is asked. Raises StorageError."""
        if not self.is_needed:
            return True
        given = await self._given(user_id)
        return given is not None and given.processing

    async def is_given_to_cloud(self, user_id: str) -> bool:
        """Whether this user's pictures may leave the service; everybody is asked. Raises
        StorageError."""
        given = await self._given(user_id)
        return given is not None and given.cloud

    async def _given(self, user_id: str) -> ConsentRecord | None:
        """By the notice as it is now."""
        given = await self.consents.get(user_id)
        return given if given is not None and given.notice == self.notice.version else None
