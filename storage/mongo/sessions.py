"""Live sessions in MongoDB."""

from datetime import datetime
from typing import Any, Final

from pymongo.errors import DuplicateKeyError

from storage.errors import SessionOwnedByOther, StorageFailed
from storage.mongo.client import Document, Session
from storage.mongo.documents import Documents
from storage.mongo.indexes import SESSION_ACTIVITY, SESSION_AGE, SESSION_USER
from storage.mongo.link import MongoLink
from storage.records import SessionRecord, SessionStatus, require_aware
from storage.retention import NowHorizon

_DOCUMENTS: Final = Documents.of(SessionRecord)
_STAY: Final = frozenset({"session_id", "user_id", "created_at"})
_ACTIVE: Final = SessionStatus.ACTIVE.value
_ENDED: Final = [status.value for status in SessionStatus if status is not SessionStatus.ACTIVE]
_RACES: Final = 10
"""So often two who begin one session may come in each other's way."""


class MongoSessions:
    """See Sessions."""

    def __init__(self, link: MongoLink, horizon: NowHorizon) -> None:
        self._link = link
        self._sessions = link.collection("sessions")
        self._horizon = horizon

    async def begin(self, record: SessionRecord) -> None:
        """See Sessions."""
        document, over = _DOCUMENTS.document(record), self._over()
        await self._link.run(lambda: self._begin(document, over))

    async def save(self, record: SessionRecord) -> bool:
        """See Sessions."""
        document = _DOCUMENTS.document(record)
        mine = {"session_id": record.session_id, "user_id": record.user_id}
        changes = {"$set": {key: value for key, value in document.items() if key not in _STAY}}
        saved = await self._link.run(lambda: self._sessions.update_one(mine, changes))
        return saved.matched_count > 0

    async def get(self, session_id: str) -> SessionRecord | None:
        """See Sessions."""
        asked = {"session_id": session_id, **self._lasting()}
        found = await self._link.run(lambda: self._sessions.find_one(asked))
        return None if found is None else _DOCUMENTS.record(found)

    async def of_user(
        self, user_id: str, limit: int, after: SessionRecord | None = None
    ) -> list[SessionRecord]:
        """See Sessions."""
        if limit < 1:
            return []
        behind = "" if after is None else after.session_id
        asked = {"user_id": user_id, "session_id": {"$gt": behind}, **self._lasting()}
        some = self._sessions.find(asked, hint=SESSION_USER)
        found = await self._link.run(lambda: some.sort(SESSION_USER[1:]).limit(limit).to_list())
        return [_DOCUMENTS.record(document) for document in found]

    async def time_out_silent(self, now: datetime, since: datetime) -> int:
        """See Sessions."""
        require_aware("now", now)
        require_aware("since", since)
        silent = {"status": _ACTIVE, "updated_at": {"$lte": since}}
        ended = {"$set": {"status": SessionStatus.TIMEOUT.value, "updated_at": now}}

        async def time_out(session: Session) -> int:
            changed = await self._sessions.update_many(
                silent, ended, hint=SESSION_ACTIVITY, session=session
            )
            return changed.modified_count

        return await self._link.change(time_out)

    async def remove(self, session_id: str, user_id: str) -> None:
        """See Sessions."""
        one = {"session_id": session_id, "user_id": user_id}
        await self._link.run(lambda: self._sessions.delete_one(one))

    async def remove_expired(self, limit: int) -> int:
        """See Sessions."""
        over = {"updated_at": {"$lte": self._over()}, "status": {"$in": _ENDED}}

        async def find(session: Session | None) -> list[Document]:
            if limit < 1:
                return []
            some = self._sessions.find(over, {"_id": True}, session=session)
            return await some.sort(SESSION_AGE).hint(SESSION_AGE).limit(limit).to_list()

        async def remove(session: Session, found: list[Document]) -> int:
            ids = {"_id": {"$in": [one["_id"] for one in found]}}
            return (await self._sessions.delete_many(ids, session=session)).deleted_count

        return await self._link.seek_turn(find, remove, 0)

    def _over(self) -> datetime:
        return self._horizon().sessions

    def _lasting(self) -> Document:
        return {"$or": [{"updated_at": {"$gt": self._over()}}, {"status": _ACTIVE}]}

    async def _begin(self, document: Document, over: datetime) -> None:
        one = {"session_id": document["session_id"]}
        is_over = {"updated_at": {"$lte": over}, "status": {"$in": _ENDED}}
        mine = {**one, "$or": [{"user_id": document["user_id"]}, is_over]}
        for _ in range(_RACES):
            try:
                # The other one's session is not found, and cannot be inserted a second time.
                await self._sessions.update_one(mine, _begun(document, over), upsert=True)
            except DuplicateKeyError:
                found = await self._sessions.find_one(one)
                if found and found["user_id"] != document["user_id"] and not _is_over(found, over):
                    raise SessionOwnedByOther from None
            else:
                return
        raise StorageFailed("DuplicateKeyError")


def _begun(document: Document, over: datetime) -> list[Document]:
    """The update that makes a session this one, whose first moment stays if it is there."""
    # Literally: in this kind of update, texts that begin with a dollar sign are names of fields.
    new: dict[str, Any] = {key: {"$literal": value} for key, value in document.items()}
    lasts = {"$or": [{"$gt": ["$updated_at", {"$literal": over}]}, {"$eq": ["$status", _ACTIVE]}]}
    is_there = {"$eq": [{"$type": "$created_at"}, "date"]}
    first = {"$cond": [{"$and": [is_there, lasts]}, "$created_at", new["created_at"]]}
    return [{"$set": {**new, "created_at": first}}]


def _is_over(document: Document, over: datetime) -> bool:
    return bool(document["updated_at"] <= over and document["status"] != _ACTIVE)
