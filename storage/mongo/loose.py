"""Paths of files that belong to no record, in MongoDB."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from pymongo import UpdateOne

from storage.errors import DataErased
from storage.loose import LooseState
from storage.mongo.client import Collection, Document, Session
from storage.mongo.known import named
from storage.mongo.link import MongoLink

_COMING: Final = LooseState.COMING.value
_REFUSED: Final = LooseState.REFUSED.value
_FREE: Final = LooseState.FREE.value


class MongoLoose:
    """See Loose."""

    def __init__(self, link: MongoLink) -> None:
        self._link = link
        self._loose = link.collection("loose")

    async def note(self, paths: Sequence[str], user_id: str, due: datetime) -> None:
        """See Loose."""
        noted = [_noted(path, user_id, due, _COMING) for path in paths]
        await self._link.change(lambda session: _write(self._loose, noted, session))

    async def claim(self, now: datetime, until: datetime, limit: int) -> list[str]:
        """See Loose."""
        asked: Document = {"due": {"$lte": now}}

        async def find(session: Session | None) -> list[Document]:
            some = self._loose.find(asked, session=session).sort("due")
            return await some.limit(limit).to_list() if limit > 0 else []

        async def take(session: Session, found: list[Document]) -> list[str]:
            paths = [one["_id"] for one in found]
            taken = {"$set": {"due": until, "state": _FREE}}
            await self._loose.update_many({"_id": {"$in": paths}}, taken, session=session)
            return paths

        return await self._link.seek_turn(find, take, [])

    async def take(self, paths: Sequence[str], until: datetime) -> list[str]:
        """See Loose."""

        async def take(session: Session) -> list[str]:
            recorded = await named(self._link, paths, session)
            free = [path for path in paths if path not in recorded]
            # To be written, they may not have been changed since the records were read.
            await _write(self._loose, [_taken(path, until) for path in free], session)
            return free

        return await self._link.change(take)

    async def forget(self, paths: Sequence[str]) -> None:
        """See Loose."""
        some = {"_id": {"$in": list(paths)}}

        async def forget(session: Session) -> None:
            await self._loose.delete_many({**some, "state": _FREE}, session=session)
            nobodys = {"$set": {"user_id": None}}
            await self._loose.update_many(some, nobodys, session=session)

        await self._link.change(forget)


async def free_loose(
    loose: Collection, paths: Iterable[str], user_id: str, due: datetime, session: Session
) -> None:
    """Files of a record that is deleted, in the caller's transaction."""
    await _write(loose, [_noted(path, user_id, due, _FREE) for path in paths], session)


async def settle_loose(loose: Collection, paths: Sequence[str], session: Session) -> None:
    """Files that came for a record that is added, in the caller's transaction.

    Raises DataErased unless all were still to come: of any other the file is being removed.
    """
    coming = {"_id": {"$in": list(paths)}, "state": _COMING}
    settled = await loose.delete_many(coming, session=session)
    if settled.deleted_count < len(paths):
        raise DataErased


async def erase_loose(
    loose: Collection, user_id: str, limit: int, due: datetime, session: Session
) -> list[str]:
    """The paths of a user's files, in the caller's transaction. See Database.erase.

    Those that are still written are noted as long as they were: whoever writes them does not look
    here before the end.
    """
    found = await loose.find({"user_id": user_id}, session=session).limit(limit).to_list()
    some = {"_id": {"$in": [one["_id"] for one in found]}}
    await loose.update_many({**some, "state": _FREE}, {"$set": {"due": due}}, session=session)
    refused = {"$set": {"state": _REFUSED}, "$max": {"due": due}}
    await loose.update_many({**some, "state": {"$ne": _FREE}}, refused, session=session)
    return [one["_id"] for one in found]


def _noted(path: str, user_id: str, due: datetime, state: str) -> UpdateOne:
    noted = {"due": due, "user_id": user_id, "state": state}
    return UpdateOne({"_id": path}, {"$set": noted}, upsert=True)


def _taken(path: str, until: datetime) -> UpdateOne:
    taken = {"$set": {"due": until, "state": _FREE}, "$setOnInsert": {"user_id": None}}
    return UpdateOne({"_id": path}, taken, upsert=True)


async def _write(loose: Collection, noted: Sequence[UpdateOne], session: Session) -> None:
    if noted:
        await loose.bulk_write(noted, session=session)
