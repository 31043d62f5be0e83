"""What users have agreed to."""

from datetime import datetime
from typing import Protocol

from storage.records import ConsentRecord


class Consents(Protocol):
    """What users have agreed to; it is never over, and goes with its user's erasure.

    A consent is noted before it is read. An erasure takes the note too, so that what was said
    before it is not put after it, whoever takes it in. See Database.
    """

    async def get(self, user_id: str) -> ConsentRecord | None:
        """What the user agrees to now, None if they have agreed to nothing."""
        ...

    async def note(self, user_id: str, due: datetime) -> str:
        """A consent of the user is coming; the id by which it is put, once. What has not come at
        ``due`` is forgotten."""
        ...

    async def put(self, record: ConsentRecord, consent_id: str) -> ConsentRecord:
        """Insert the record, or replace the user's, whose ``given_at`` stays; as it is then.

        Raises DataErased unless the user's consent is noted by this id: it was put before, or the
        user was erased since. Nothing is changed then.
        """
        ...

    async def forget_late(self, now: datetime) -> int:
        """Forget the notes of what should have come by now; how many there were."""
        ...
