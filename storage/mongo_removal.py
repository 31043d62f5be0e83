"""Results that are removed from MongoDB, with what hangs on them."""

from collections import Counter
from datetime import datetime
from typing import Final

from storage.mongo_client import Document, Session
from storage.mongo_known import PATHS
from storage.mongo_link import MongoLink
from storage.mongo_loose import free_loose
from storage.mongo_tallies import tally

_NEEDED: Final = dict.fromkeys(("user_id", "lease_until", *PATHS), True)


class ResultRemoval:
    """Deletes results as Results.delete says."""

    def __init__(self, link: MongoLink) -> None:
        self._results = link.collection("results")
        self._tallies = link.collection("tallies")
        self._loose = link.collection("loose")

    async def find(self, asked: Document, limit: int, session: Session | None) -> list[Document]:
        """What has to be known of results that are to be removed, over or not."""
        if limit < 1:
            return []
        return await self._results.find(asked, _NEEDED, session=session).limit(limit).to_list()

    async def remove(
        self, found: list[Document], now: datetime, due: datetime, session: Session
    ) -> list[str]:
        """Delete what was found, in the caller's transaction; the paths of the files."""
        ids = {"_id": {"$in": [one["_id"] for one in found]}}
        await self._results.delete_many(ids, session=session)
        await tally(self._tallies, Counter(one["user_id"] for one in found), -1, session)
        free: list[str] = []
        for one in found:
            paths = [one[name] for name in PATHS if one[name] is not None]
            until = one["lease_until"]
            if until is not None and until > now:
                # Nobody's: who holds the lease may write them until then.
                await free_loose(self._loose, paths, None, max(due, until), session)
            else:
                await free_loose(self._loose, paths, one["user_id"], due, session)
                free += paths
        return free
