"""Whether a film's pictures may be in the cloud while it is worked on."""

from types import SimpleNamespace
from typing import cast

import pytest

from processing.cloud.faults import CloudFault, FallbackReason
from server.agreement import Agreement
from server.jobs.allowance import JobAllowance
from tests.fakes import ManualClock
from tests.unit.test_lease import Queue, claimed


@pytest.mark.parametrize(
    ("agrees", "is_lost", "failures", "may"),
    [(True, False, 0, True), (False, False, 0, False), (True, True, 0, False),
     (True, False, 1, False)],
    ids=["agreed", "not agreed", "called off or erased", "nobody knows"],
)  # fmt: skip
async def test_it_is_asked_anew_each_time(
    *, agrees: bool, is_lost: bool, failures: int, may: bool
) -> None:
    """Both of the user and of the job: who was erased and came back has not ordered this film."""

    async def is_given_to_cloud(user_id: str) -> bool:
        return agrees

    queue = Queue(ManualClock())
    lease = await claimed(queue)
    queue.is_lost, queue.failures = is_lost, failures
    agreement = cast("Agreement", SimpleNamespace(is_given_to_cloud=is_given_to_cloud))
    allowance = JobAllowance(lease, agreement)
    if may:
        await allowance.check()
        assert queue.renewed == 1
    else:
        with pytest.raises(CloudFault) as caught:
            await allowance.check()
        assert caught.value.reason is FallbackReason.NO_CONSENT
