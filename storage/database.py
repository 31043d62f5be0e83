"""The contract that every database keeps, and how it fails."""

from datetime import datetime
from typing import Protocol

from storage.records import SessionRecord, UploadRecord


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


class Sessions(Protocol):
    """Where live sessions outlive the process. See Database."""

    async def save_session(self, record: SessionRecord) -> None:
        """Insert the record, or replace the one of its ``session_id``.

        The first ``created_at`` stays. A session never changes hands: of two users who save the
        same ``session_id`` at once, one succeeds. What has been saved survives the death of the
        process.

        Raises SessionOwnedByOther if the stored ``user_id`` is another one, and TypeError if the
        look is not made of JSON values; nothing is changed then.
        """
        ...

    async def get_session(self, session_id: str) -> SessionRecord | None:
        """The record last saved, None if there is none."""
        ...

    async def time_out_active_sessions(self, now: datetime) -> int:
        """Turn every ``active`` session into ``timeout``, with ``now`` as its ``updated_at``.

        For the start of the server: what is active then was left by a process that died. Returns
        how many there were. Raises ValueError if ``now`` is naive.
        """
        ...


class Uploads(Protocol):
    """Where uploads are recorded. See Database."""

    async def add_upload(self, record: UploadRecord) -> None:
        """Insert the record of a new upload. Raises StorageFailed if its ``upload_id`` is there
        already."""
        ...

    async def get_upload(self, upload_id: str) -> UploadRecord | None:
        """The upload's record, None if there is none."""
        ...


class Database(Sessions, Uploads, Protocol):
    """Where sessions and uploads outlive the process.

    Moments are kept to the millisecond, as the messages show them; finer parts are cut off. A
    call that is cancelled has been done as a whole or not at all. Every call but ``close`` raises
    StorageClosed after ``close``, and StorageFailed if the database fails.
    """

    async def ping(self) -> None:
        """Return if the database can answer a query; StorageFailed says that it cannot."""
        ...

    async def close(self) -> None:
        """Finish what is under way and let go of the database. May be called again."""
        ...
