"""The contract that every database keeps, and how it fails."""

from datetime import datetime
from typing import Protocol

from storage.records import SessionRecord, UploadRecord, UploadStatus
from storage.results import Ending, Lease, QueueBounds, ResultRecord, RunningBounds, Workload


class StorageError(Exception):
    """The storage could not do what was asked."""

    def __init__(self, detail: str = "") -> None:
        """``detail`` is a code or a version, never something that a user has sent."""
        text = type(self).__doc__ or type(self).__name__
        super().__init__(f"{text} ({detail})" if detail else text)


class StorageFailed(StorageError):
    """The storage failed."""


class StorageClosed(StorageError):
    """The storage has been closed."""


class StorageNewer(StorageError):
    """The database was written by a newer version of the server, which has to be used."""


class SessionOwnedByOther(StorageError):
    """The session belongs to another user."""


class QueueFull(StorageError):
    """There are as many unfinished results as there may be."""


class UserQueueFull(StorageError):
    """The user has as many unfinished results as one may have."""


class KeyReused(StorageError):
    """The idempotency key was used for another request."""


class Sessions(Protocol):
    """Live sessions. See Database."""

    async def save(self, record: SessionRecord) -> None:
        """Insert the record, or replace the one of its ``session_id``.

        The first ``created_at`` stays. A session never changes hands: of two users who save the
        same ``session_id`` at once, one succeeds. What has been saved survives the death of the
        process.

        Raises SessionOwnedByOther if the stored ``user_id`` is another one, and TypeError if the
        look is not made of JSON values; nothing is changed then.
        """
        ...

    async def get(self, session_id: str) -> SessionRecord | None:
        """The record last saved, None if there is none."""
        ...

    async def time_out_active(self, now: datetime) -> int:
        """Turn every ``active`` session into ``timeout``, with ``now`` as its ``updated_at``.

        For the start of the server: what is active then was left by a process that died. Returns
        how many there were. Raises ValueError if ``now`` is naive.
        """
        ...


class Uploads(Protocol):
    """Uploaded films. See Database."""

    async def add(self, record: UploadRecord) -> UploadRecord:
        """Insert the record of a new upload, and return it.

        Where its user has used its idempotency key before, nothing is inserted: the record of
        that time is returned. Raises KeyReused if that was for another request, and StorageFailed
        if the ``upload_id`` is there already.
        """
        ...

    async def get(self, upload_id: str) -> UploadRecord | None:
        """The upload's record, None if there is none."""
        ...

    async def set_status(self, upload_id: str, status: UploadStatus, now: datetime) -> None:
        """Say where the upload stands, if it is there."""
        ...


class Results(Protocol):
    """Results: a queue of what is to be done, and the history of what was. See Database."""

    async def add(self, record: ResultRecord, bounds: QueueBounds) -> ResultRecord:
        """Insert a new result, and return it; as Uploads.add where it has an idempotency key.

        Raises QueueFull, UserQueueFull, KeyReused, and StorageFailed if the ``result_id`` is
        there already.
        """
        ...

    async def get(self, result_id: str) -> ResultRecord | None:
        """The result's record, None if there is none."""
        ...

    async def history(
        self, user_id: str, limit: int, offset: int
    ) -> tuple[list[ResultRecord], int]:
        """A user's results, the latest first, and how many there are in all."""
        ...

    async def claim(self, lease: Lease, bounds: RunningBounds) -> ResultRecord | None:
        """Take the lease of the queued result whose turn it is, which is then ``processing``.

        Of the users with the fewest results under way the one who has waited longest comes first.
        None if nothing waits that may be begun within the bounds. No two callers get the same.
        """
        ...

    async def renew(self, result_id: str, lease: Lease, frames_done: int) -> bool:
        """Prolong the lease and note the progress; False if it is not this owner's any more."""
        ...

    async def give_back(self, result_id: str, lease: Lease) -> bool:
        """Queue the result again, as if it had not been begun; False if it is not this owner's."""
        ...

    async def end(self, result_id: str, owner: str, ending: Ending) -> bool:
        """The work is done, one way or the other; False if it is not this owner's any more."""
        ...

    async def cancel(self, result_id: str, now: datetime) -> ResultRecord | None:
        """Cancel the result if it is unfinished; its record then, None if there is none."""
        ...

    async def take_up_expired(self, now: datetime, attempts: int, text: str) -> list[ResultRecord]:
        """Queue the results again whose leases are over.

        Those that were begun ``attempts`` times are failed instead, with this text. Returns all of
        them, as they are now.
        """
        ...

    async def claim_notice(self, now: datetime, until: datetime) -> ResultRecord | None:
        """A finished result whose owner's server is to be told now, and is told by nobody else
        before ``until``; each time is one of its ``notify_attempts``. None if there is none."""
        ...

    async def end_notice(self, result_id: str, again_at: datetime | None = None) -> None:
        """Nobody is to be told of this result any more, or only then."""
        ...

    async def delete(self, result_id: str) -> None:
        """Forget the result, if it is there."""
        ...

    async def workload(self) -> Workload:
        """How much there is to do."""
        ...


class Database(Protocol):
    """What outlives the process.

    Moments are kept to the millisecond, as the messages show them; finer parts are cut off. A
    call that is cancelled has been done as a whole or not at all. Every call but ``close`` raises
    StorageClosed after ``close``, and StorageFailed if the database fails.
    """

    @property
    def sessions(self) -> Sessions:
        """Live sessions."""
        ...

    @property
    def uploads(self) -> Uploads:
        """Uploaded films."""
        ...

    @property
    def results(self) -> Results:
        """Results."""
        ...

    async def ping(self) -> None:
        """Return if the database can answer a query; StorageFailed says that it cannot."""
        ...

    async def close(self) -> None:
        """Finish what is under way and let go of the database. May be called again."""
        ...
