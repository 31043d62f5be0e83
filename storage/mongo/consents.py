"""What users have agreed to, in MongoDB."""

from typing import Final

from pymongo import ReturnDocument

from storage.mongo.documents import Documents
from storage.mongo.link import MongoLink
from storage.records import ConsentRecord

_DOCUMENTS: Final = Documents.of(ConsentRecord)


class MongoConsents:
    """See Consents."""

    def __init__(self, link: MongoLink) -> None:
        self._link = link
        self._consents = link.collection("consents")

    async def get(self, user_id: str) -> ConsentRecord | None:
        """See Consents."""
        found = await self._link.run(lambda: self._consents.find_one({"user_id": user_id}))
        return None if found is None else _DOCUMENTS.record(found)

    async def put(self, record: ConsentRecord) -> ConsentRecord:
        """See Consents."""
        said = _DOCUMENTS.document(record)
        mine, first = {"user_id": said.pop("user_id")}, {"given_at": said.pop("given_at")}
        changes = {"$set": said, "$setOnInsert": first}
        put = await self._link.run(
            lambda: self._consents.find_one_and_update(
                mine, changes, upsert=True, return_document=ReturnDocument.AFTER
            )
        )
        return _DOCUMENTS.record(put or {})
