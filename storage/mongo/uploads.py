"""Uploads in MongoDB."""

from datetime import datetime
from typing import Final

from pymongo import ASCENDING

from storage.mongo.client import Document, Session
from storage.mongo.documents import Documents
from storage.mongo.indexes import UPLOADS, Keys
from storage.mongo.keys import added_before
from storage.mongo.link import MongoLink
from storage.mongo.loose import free_loose, settle_loose
from storage.mongo.pages import of_user, of_user_after
from storage.records import UploadRecord, UploadStatus
from storage.retention import NowHorizon

NEEDED: Final = {"file_path": True, "user_id": True}
"""What has to be known of uploads that are to be removed."""

_DOCUMENTS: Final = Documents.of(UploadRecord)


class MongoUploads:
    """See Uploads."""

    def __init__(self, link: MongoLink, horizon: NowHorizon) -> None:
        self._link = link
        self._uploads = link.collection("uploads")
        self._loose = link.collection("loose")
        self._horizon = horizon

    async def add(self, record: UploadRecord) -> UploadRecord:
        """See Uploads."""
        document, over = _DOCUMENTS.document(record), self._horizon().uploads

        async def add(session: Session) -> Document | None:
            earlier = await added_before(self._uploads, document, over, session)
            if earlier is None:
                # A copy, since the driver adds an identifier of its own to what it inserts.
                await self._uploads.insert_one(dict(document), session=session)
                await settle_loose(self._loose, [record.file_path], session)
            return earlier

        earlier = await self._link.change(add)
        return record if earlier is None else _DOCUMENTS.record(earlier)

    async def get(self, upload_id: str) -> UploadRecord | None:
        """See Uploads."""
        asked = {"upload_id": upload_id, **self._lasting()}
        found = await self._link.run(lambda: self._uploads.find_one(asked))
        return None if found is None else _DOCUMENTS.record(found)

    async def of_user(
        self, user_id: str, limit: int, after: UploadRecord | None = None
    ) -> list[UploadRecord]:
        """See Uploads."""
        over = self._horizon().uploads
        asked = of_user(user_id, over)
        if after is not None:
            asked = of_user_after(user_id, over, after.created_at, upload_id=after.upload_id)
        return await self._all(asked, UPLOADS, UPLOADS[1:], limit)

    async def set_status(self, upload_id: str, status: UploadStatus, now: datetime) -> None:
        """See Uploads."""
        asked = {"upload_id": upload_id, **self._lasting()}
        changes = {"$set": {"status": status.value, "updated_at": now}}
        await self._link.run(lambda: self._uploads.update_one(asked, changes))

    async def remove_expired(self, limit: int, due: datetime) -> list[str]:
        """See Uploads."""
        over = {"created_at": {"$lte": self._horizon().uploads}}

        async def find(session: Session | None) -> list[Document]:
            if limit < 1:
                return []
            some = self._uploads.find(over, NEEDED, session=session)
            return await some.sort("created_at").limit(limit).to_list()

        async def remove(session: Session, found: list[Document]) -> list[str]:
            return await remove_uploads(self._link, found, due, session)

        return await self._link.seek_turn(find, remove, [])

    async def page(self, limit: int, after: str = "") -> list[UploadRecord]:
        """See Uploads."""
        by_id = [("upload_id", ASCENDING)]
        return await self._all(
            {"upload_id": {"$gt": after}, **self._lasting()}, by_id, by_id, limit
        )

    def _lasting(self) -> Document:
        return {"created_at": {"$gt": self._horizon().uploads}}

    async def _all(
        self, asked: Document, index: Keys, order: Keys, limit: int
    ) -> list[UploadRecord]:
        if limit < 1:
            return []
        found = await self._link.run(
            lambda: self._uploads.find(asked, hint=index).sort(order).limit(limit).to_list()
        )
        return [_DOCUMENTS.record(document) for document in found]


async def remove_uploads(
    link: MongoLink, found: list[Document], due: datetime, session: Session
) -> list[str]:
    """Delete uploads, of which there is what is NEEDED, in the caller's transaction; the paths."""
    ids = {"_id": {"$in": [one["_id"] for one in found]}}
    await link.collection("uploads").delete_many(ids, session=session)
    loose = link.collection("loose")
    for one in found:
        await free_loose(loose, [one["file_path"]], one["user_id"], due, session)
    return [one["file_path"] for one in found]
