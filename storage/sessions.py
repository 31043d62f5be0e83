"""Live sessions, as they are kept."""

from datetime import datetime
from typing import Protocol

from storage.records import SessionRecord


class Sessions(Protocol):
    """Live sessions. See Database."""

    async def begin(self, record: SessionRecord) -> None:
        """Insert the record, or replace the one of its ``session_id`` if that is the same user's,
        or is over.

        The first ``created_at`` stays. A session never changes hands while it lasts: of two users
        who begin the same ``session_id`` at once, one succeeds.

        Raises SessionOwnedByOther if the stored ``user_id`` is another one, and TypeError if the
        look is not made of JSON values; nothing is changed then.
        """
        ...

    async def save(self, record: SessionRecord) -> bool:
        """Replace the record of its ``session_id`` and ``user_id``, but for the ``created_at``.

        False if there is none: it was erased, and stays so. One that is over and still there is
        saved too, and may last again by that. Raises as ``begin``.
        """
        ...

    async def get(self, session_id: str) -> SessionRecord | None:
        """The record last saved, None if there is none."""
        ...

    async def of_user(
        self, user_id: str, limit: int, after: SessionRecord | None = None
    ) -> list[SessionRecord]:
        """A user's sessions in the order of their ids, at most so many; those behind this one."""
        ...

    async def time_out_silent(self, now: datetime, since: datetime) -> int:
        """Turn every ``active`` session that was not saved after ``since`` into ``timeout``, with
        ``now`` as its ``updated_at``: its server has died.

        Returns how many there were. Raises ValueError if one of the moments is naive.
        """
        ...

    async def remove(self, session_id: str, user_id: str) -> None:
        """Delete the session if it is there and this user's."""
        ...

    async def remove_expired(self, limit: int) -> int:
        """Delete sessions that are over and not ``active``, at most so many; how many it were."""
        ...
