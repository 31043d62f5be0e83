"""Whether a user's pictures may be in the cloud: asked before each step, as it can change."""

from dataclasses import dataclass

from processing.cloud.faults import CloudFault, FallbackReason
from server.agreement import Agreement
from server.erased_lately import ErasedLately
from storage.errors import StorageError


@dataclass(frozen=True, slots=True)
class Permission:
    """For something that a user has asked for at ``begun_s`` on the monotonic clock."""

    user_id: str
    agreement: Agreement
    lately: ErasedLately
    begun_s: float

    @property
    def is_erased(self) -> bool:
        """Whether the user was, since they asked."""
        return self.lately.has(self.user_id, self.begun_s)

    async def check(self) -> None:
        """As ``ask``; raises CloudFault (no consent) too where it cannot be looked up."""
        try:
            await self.ask()
        except StorageError as error:
            raise CloudFault(FallbackReason.NO_CONSENT, type(error).__name__) from None

    async def ask(self) -> None:
        """Raises CloudFault (no consent) for who does not agree any more, or was erased, and
        StorageError."""
        is_given = await self.agreement.is_given_to_cloud(self.user_id)
        if not is_given or self.is_erased:
            raise CloudFault(FallbackReason.NO_CONSENT, "the user has not agreed")
