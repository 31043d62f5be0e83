"""Whether the pictures of a film may be in the cloud, while it is worked on."""

from dataclasses import dataclass

from processing.cloud.faults import CloudFault, FallbackReason
from server.agreement import Agreement
from server.jobs.lease import KeptLease, LeaseLost
from storage.errors import StorageError


@dataclass(frozen=True, slots=True)
class JobAllowance:
    """See Allowance. Of a user who was erased since, or has called it off, the lease is lost."""

    lease: KeptLease
    agreement: Agreement

    @property
    def user_id(self) -> str:
        """See Allowance."""
        return self.lease.record.user_id

    async def check(self) -> None:
        """See Allowance."""
        try:
            await self.lease.renew()
            is_given = await self.agreement.is_given_to_cloud(self.user_id)
        except (LeaseLost, StorageError) as error:
            raise CloudFault(FallbackReason.NO_CONSENT, type(error).__name__) from None
        if not is_given:
            raise CloudFault(FallbackReason.NO_CONSENT, "the user has not agreed")
