"""What users have agreed to, in MongoDB."""

import uuid
from datetime import datetime
from typing import Final

from pymongo import ReturnDocument

from storage.errors import DataErased
from storage.mongo.client import Session
from storage.mongo.documents import Documents
from storage.mongo.link import MongoLink
from storage.records import ConsentRecord

_DOCUMENTS: Final = Documents.of(ConsentRecord)


class MongoConsents:
    """See Consents."""

    def __init__(self, link: MongoLink) -> None:
        self._link = link
        self._consents = link.collection("consents")
        self._coming = link.collection("coming_consents")

    async def get(self, user_id: str) -> ConsentRecord | None:
        """See Consents."""
        found = await self._link.run(lambda: self._consents.find_one({"user_id": user_id}))
        return None if found is None else _DOCUMENTS.record(found)

    async def note(self, user_id: str, due: datetime) -> str:
        """See Consents."""
        consent_id = uuid.uuid4().hex
        noted = {"_id": consent_id, "user_id": user_id, "due": due}
        await self._link.run(lambda: self._coming.insert_one(noted))
        return consent_id

    async def put(self, record: ConsentRecord, consent_id: str) -> ConsentRecord:
        """See Consents."""
        said = _DOCUMENTS.document(record)
        mine, first = {"user_id": said.pop("user_id")}, {"given_at": said.pop("given_at")}
        changes = {"$set": said, "$setOnInsert": first}

        async def put(session: Session) -> ConsentRecord:
            # Of this and an erasure, which delete the same note, only one can be committed.
            noted = {"_id": consent_id, **mine}
            if not (await self._coming.delete_one(noted, session=session)).deleted_count:
                raise DataErased
            put = await self._consents.find_one_and_update(
                mine, changes, upsert=True, return_document=ReturnDocument.AFTER, session=session
            )
            return _DOCUMENTS.record(put or {})

        return await self._link.change(put)

    async def forget_late(self, now: datetime) -> int:
        """See Consents."""
        late = {"due": {"$lte": now}}
        return (await self._link.run(lambda: self._coming.delete_many(late))).deleted_count
