"""Files that belong to no record: not yet, or not any more."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class LooseState(StrEnum):
    """Where a loose path stands: its file is still to get its record (``coming``), may not get it
    any more, since its user was erased (``refused``), or is to be removed (``free``)."""

    COMING = "coming"
    REFUSED = "refused"
    FREE = "free"


class Loose(Protocol):
    """Paths of files that belong to no record: not yet, or not any more.

    A path is noted before its file is written; adding the record that names it takes it from here,
    in the same transaction, and is refused where it is not here any more, since then its file is
    being removed. Deleting a record notes its paths again, in the same transaction, and they stay
    noted until somebody says that the files are gone. So a process that dies in between leaves no
    file behind that nobody knows of, and no record without its file. See Database.
    """

    async def note(self, paths: Sequence[str], user_id: str, due: datetime) -> None:
        """Files of a user are coming to these paths; what is still loose at ``due`` is to be
        removed."""
        ...

    async def claim(self, now: datetime, until: datetime, limit: int) -> list[str]:
        """Paths whose files are due to be removed, at most so many. They are this caller's until
        then, and nobody else gets them before."""
        ...

    async def take(self, paths: Sequence[str], until: datetime) -> list[str]:
        """Those of the paths that no record names, as ``claim``, due or not; also those that
        nobody knows of, which are loose from now on.

        What records name is read in the transaction that takes the others: no record of theirs is
        added afterwards. At most a thousand at once.
        """
        ...

    async def forget(self, paths: Sequence[str]) -> None:
        """The files at these paths are gone. What is known of those that were still coming when
        their user was erased is only that no record may be added for them."""
        ...
