"""Paths of files that belong to no record, in MongoDB."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pymongo import UpdateOne

from storage.mongo_client import Collection, Document, Session
from storage.mongo_link import MongoLink


class MongoLoose:
    """See Loose."""

    def __init__(self, link: MongoLink) -> None:
        self._link = link
        self._loose = link.collection("loose")

    async def note(self, paths: Iterable[str], due: datetime) -> None:
        """See Loose."""
        dues = dict.fromkeys(paths, due)
        await self._link.change(lambda session: note_loose(self._loose, dues, session))

    async def claim(self, now: datetime, until: datetime, limit: int) -> list[str]:
        """See Loose."""
        return await self._take({"due": {"$lte": now}}, "due", until, limit)

    async def take(self, paths: Sequence[str], until: datetime) -> list[str]:
        """See Loose."""
        return await self._take({"_id": {"$in": list(paths)}}, "_id", until, len(paths))

    async def forget(self, paths: Sequence[str]) -> None:
        """See Loose."""
        await self._link.change(lambda session: forget_loose(self._loose, paths, session))

    async def _take(self, asked: Document, order: str, until: datetime, limit: int) -> list[str]:
        async def find(session: Session | None) -> list[Document]:
            some = self._loose.find(asked, session=session).sort(order)
            return await some.limit(limit).to_list() if limit > 0 else []

        async def take(session: Session, found: list[Document]) -> list[str]:
            paths = [one["_id"] for one in found]
            taken = {"$set": {"due": until}}
            await self._loose.update_many({"_id": {"$in": paths}}, taken, session=session)
            return paths

        return await self._link.seek_turn(find, take, [])


async def note_loose(loose: Collection, dues: Mapping[str, datetime], session: Session) -> None:
    """Each path with when it is due, in the caller's transaction."""
    noted = [
        UpdateOne({"_id": path}, {"$set": {"due": due}}, upsert=True) for path, due in dues.items()
    ]
    if noted:
        await loose.bulk_write(noted, session=session)


async def forget_loose(loose: Collection, paths: Iterable[str], session: Session) -> None:
    """In the caller's transaction."""
    await loose.delete_many({"_id": {"$in": list(paths)}}, session=session)
