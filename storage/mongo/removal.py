"""Results that are removed from MongoDB, with what hangs on them."""

from collections import Counter
from datetime import datetime
from typing import Final

from storage.mongo.client import Document, Session
from storage.mongo.indexes import PHOTOS
from storage.mongo.known import PATHS
from storage.mongo.link import MongoLink
from storage.mongo.loose import free_loose
from storage.mongo.queue import FREE, PROCESSING, QUEUED, ended
from storage.mongo.tallies import tally
from storage.results import ResultStatus
from storage.retention import FORGOTTEN

PHOTO_PATHS: Final = ("style_image_path", "color_image_path")
_NO_PHOTOS: Final = {"$set": {**dict.fromkeys(PHOTO_PATHS), "has_photos": False}}
_NEEDED: Final = dict.fromkeys(("user_id", "lease_until", *PATHS), True)
_PHOTOS_NEEDED: Final = dict.fromkeys(("status", "user_id", *PHOTO_PATHS), True)
_FORGOTTEN: Final = {"$set": {"created_at": FORGOTTEN, "status": ResultStatus.CANCELLED.value}}


class ResultRemoval:
    """Deletes results, and photos of results, as Results says."""

    def __init__(self, link: MongoLink) -> None:
        self._link = link
        self._results = link.collection("results")
        self._tallies = link.collection("tallies")
        self._loose = link.collection("loose")

    async def find(self, asked: Document, limit: int, session: Session | None) -> list[Document]:
        """What has to be known of results that are to be removed, over or not."""
        if limit < 1:
            return []
        return await self._results.find(asked, _NEEDED, session=session).limit(limit).to_list()

    async def remove(self, found: list[Document], due: datetime, session: Session) -> list[str]:
        """Delete what was found, in the caller's transaction; the paths of the files."""
        ids = {"_id": {"$in": [one["_id"] for one in found]}}
        await self._results.delete_many(ids, session=session)
        await tally(self._tallies, Counter(one["user_id"] for one in found), -1, session)
        return await self._free(found, PATHS, due, session)

    async def delete(self, result_id: str, now: datetime, due: datetime) -> list[str]:
        """See Results."""

        async def find(session: Session | None) -> list[Document]:
            return await self.find({"result_id": result_id}, 1, session)

        async def delete(session: Session, found: list[Document]) -> list[str]:
            until = found[0]["lease_until"]
            if until is None or until <= now:
                return await self.remove(found, due, session)
            one = {"_id": found[0]["_id"]}
            await self._results.update_one(one, _FORGOTTEN, session=session)
            return []

        return await self._link.seek_turn(find, delete, [])

    async def remove_all(
        self, asked: Document, limit: int, now: datetime, due: datetime
    ) -> list[str]:
        """Delete those that are asked for, at most so many, but none whose lease lasts; the paths
        of the files."""

        async def find(session: Session | None) -> list[Document]:
            return await self.find({**asked, **not_leased(now)}, limit, session)

        async def remove(session: Session, found: list[Document]) -> list[str]:
            return await self.remove(found, due, session)

        return await self._link.seek_turn(find, remove, [])

    async def remove_photos(
        self, over: Document, limit: int, now: datetime, due: datetime, text: str
    ) -> list[str]:
        """See Results; of those that are asked for."""
        asked = {"has_photos": True, "status": {"$ne": PROCESSING}, **over}
        failed = ended({"status": ResultStatus.FAILED.value, "error_message": text, **FREE}, now)

        async def find(session: Session | None) -> list[Document]:
            some = self._results.find(asked, _PHOTOS_NEEDED, session=session).sort("created_at")
            return await some.hint(PHOTOS).limit(limit).to_list() if limit > 0 else []

        async def remove(session: Session, found: list[Document]) -> list[str]:
            late = {"_id": {"$in": [one["_id"] for one in found if one["status"] == QUEUED]}}
            await self._results.update_many(late, failed, session=session)
            ids = {"_id": {"$in": [one["_id"] for one in found]}}
            await self._results.update_many(ids, _NO_PHOTOS, session=session)
            return await self._free(found, PHOTO_PATHS, due, session)

        return await self._link.seek_turn(find, remove, [])

    async def _free(
        self, found: list[Document], names: tuple[str, ...], due: datetime, session: Session
    ) -> list[str]:
        freed: list[str] = []
        for one in found:
            paths = [one[name] for name in names if one[name] is not None]
            await free_loose(self._loose, paths, one["user_id"], due, session)
            freed += paths
        return freed


def not_leased(now: datetime) -> Document:
    """Asks for results that nobody holds a lease of."""
    return {"lease_until": {"$not": {"$gt": now}}}
