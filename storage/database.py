"""The contract that every database keeps, in the service's own words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from storage.consents import Consents
from storage.loose import Loose
from storage.records import UploadRecord, UploadStatus
from storage.results import (
    Cursor,
    Ending,
    Erased,
    Lease,
    QueueBounds,
    ResultRecord,
    RunningBounds,
    VideoQuota,
    Workload,
)
from storage.sessions import Sessions
from storage.spending import Spending
from storage.styles import Styles
from storage.tiers import Tiers


class Uploads(Protocol):
    """Uploaded films. See Database."""

    async def add(self, record: UploadRecord) -> UploadRecord:
        """Insert the record of a new upload, and return it; its file is loose no more.

        Where its user has used its idempotency key before, nothing is inserted: the record of
        that time is returned. Raises KeyReused if that was for another request, and StorageFailed
        if the ``upload_id`` is there already, and DataErased unless the file was noted and is still
        to come: if the user was erased since, or somebody took it, whoever wrote it as well.
        """
        ...

    async def get(self, upload_id: str) -> UploadRecord | None:
        """The upload's record, None if there is none."""
        ...

    async def of_user(
        self, user_id: str, limit: int, after: UploadRecord | None = None
    ) -> list[UploadRecord]:
        """A user's uploads, the latest first, at most so many; those that come after this one.

        Pages that are asked for so neither repeat nor miss any, whatever is added meanwhile.
        """
        ...

    async def set_status(self, upload_id: str, status: UploadStatus, now: datetime) -> None:
        """Say where the upload stands, if it is there."""
        ...

    async def remove_expired(self, limit: int, due: datetime) -> list[str]:
        """Delete uploads that are over, at most so many; the paths of their files. See Loose."""
        ...

    async def page(self, limit: int, after: str = "") -> list[UploadRecord]:
        """Uploads in the order of their ids, those behind this one; for looking through all."""
        ...


class Results(Protocol):
    """Results: a queue of what is to be done, and the history of what was. See Database."""

    async def add(
        self, record: ResultRecord, bounds: QueueBounds, quota: VideoQuota | None = None
    ) -> ResultRecord:
        """Insert a new result, and return it; as Uploads.add where it has an idempotency key. Its
        photos are loose no more. With a quota it counts in its user's month, and goes on counting
        whatever comes of it.

        Raises UploadGone if its upload is not there, QueueFull, UserQueueFull, VideosSpent,
        KeyReused, StorageFailed if the ``result_id`` is there already, and for its photos
        DataErased as Uploads.add.
        """
        ...

    async def get(self, result_id: str) -> ResultRecord | None:
        """The result's record, None if there is none."""
        ...

    async def by_path(self, path: str) -> ResultRecord | None:
        """The result whose video or thumbnail is, or will be, at this path."""
        ...

    async def history(
        self, user_id: str, limit: int, offset: int = 0, after: Cursor | None = None
    ) -> tuple[list[ResultRecord], int]:
        """A user's results, the latest first, and how many there are in all.

        Only those that come ``after`` a result, if one is given: pages that are asked for so
        neither repeat nor miss any, whatever is added meanwhile.
        """
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
        """Cancel the result if it is unfinished; its record then, None if there is none.

        The lease of one that was worked on stays, until its owner has let go of it.
        """
        ...

    async def cancel_all(self, user_id: str, now: datetime) -> list[ResultRecord]:
        """Cancel all that is unfinished of a user; their records then."""
        ...

    async def let_go(self, result_id: str, owner: str) -> None:
        """The owner works on this result no more, which was cancelled: its lease ends, if it is
        this owner's."""
        ...

    async def leased(self, user_id: str, now: datetime) -> int:
        """How many results of a user somebody still holds a lease of, also those that are
        cancelled, forgotten or over."""
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

    async def delete(self, result_id: str, now: datetime, due: datetime) -> list[str]:
        """Forget the result, if it is there; the paths of its files. See Loose.

        One whose lease lasts is cancelled, and over from now on, and no paths are returned: it is
        removed as such, with what its owner may still write, when the lease has ended.
        """
        ...

    async def remove_expired(self, limit: int, now: datetime, due: datetime) -> list[str]:
        """Delete results that are over, at most so many, but none whose lease lasts; the paths of
        their files. See Loose."""
        ...

    async def remove_photos(self, limit: int, now: datetime, due: datetime, text: str) -> list[str]:
        """Take the photos that are over from results, at most so many; the photos' paths.

        Results that have not been begun fail with this text; those that are worked on keep their
        photos until they are finished.
        """
        ...

    async def page(self, limit: int, after: str = "") -> list[ResultRecord]:
        """Results in the order of their ids, those behind this one; for looking through all."""
        ...

    async def workload(self) -> Workload:
        """How much there is to do."""
        ...


class Database(Protocol):
    """What outlives the process.

    Moments are kept to the millisecond, as the messages show them; finer parts are cut off. What
    is over (see Horizon) is not there for any call but those that remove it, and that save a
    session. A call that is
    cancelled has been done as a whole or not at all. What has been written survives the death of
    the process. Every call but ``close`` raises StorageClosed after ``close``, and StorageFailed
    if the database fails or does not answer in time.
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

    @property
    def styles(self) -> Styles:
        """Styles that were made from words."""
        ...

    @property
    def consents(self) -> Consents:
        """What users have agreed to."""
        ...

    @property
    def spending(self) -> Spending:
        """What users have had done in a month, and what it cost."""
        ...

    @property
    def tiers(self) -> Tiers:
        """What users may have, and who is in which tier."""
        ...

    @property
    def loose(self) -> Loose:
        """Files that belong to no record."""
        ...

    async def erase(
        self, user_id: str, limit: int, now: datetime, due: datetime
    ) -> tuple[Erased, list[str]]:
        """Delete a user's consent, come or coming, what is noted of styles, their tier and the
        figures of their months, and of their other records at most so many of each kind, but no
        results whose lease lasts; how many of those it were, and the paths of the user's files that
        are loose by then, coming or not.

        Call it again until there was nothing, having removed the files and said so each time: what
        another caller has not removed is told again.
        """
        ...

    async def scrub(self) -> None:
        """Overwrite what was deleted, as far as that is in this database's hands."""
        ...

    async def known(self, paths: Sequence[str]) -> set[str]:
        """Those of the paths that a record names, or that are loose; at most a thousand at once."""
        ...

    async def close(self) -> None:
        """Finish what is under way and let go of the database. May be called again."""
        ...
