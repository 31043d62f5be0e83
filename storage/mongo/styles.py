"""Styles in MongoDB."""

from datetime import datetime
from typing import Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from storage.mongo.client import Document, Session
from storage.mongo.documents import Documents
from storage.mongo.indexes import STYLES
from storage.mongo.keys import added_before
from storage.mongo.link import MongoLink
from storage.mongo.loose import free_loose, settle_loose
from storage.mongo.pages import of_user, of_user_after
from storage.results import Cursor
from storage.retention import NowHorizon
from storage.styles import StyleNote, StyleRecord

_DOCUMENTS: Final = Documents.of(StyleRecord)
_NEEDED: Final = {"file_path": True, "user_id": True}


class MongoStyles:
    """See Styles."""

    def __init__(self, link: MongoLink, horizon: NowHorizon) -> None:
        self._link = link
        self._styles = link.collection("styles")
        self._coming = link.collection("coming_styles")
        self._loose = link.collection("loose")
        self._horizon = horizon

    async def begin(self, note: StyleNote, now: datetime) -> bool:
        """See Styles."""
        mine = {"user_id": note.user_id, "idempotency_key": note.idempotency_key}
        changes = {"$set": {"style_id": note.style_id, "due": note.due}}

        async def begin() -> bool:
            try:
                # One that is not due is not found, and there can be no second one beside it.
                await self._coming.update_one({**mine, "due": {"$lte": now}}, changes, upsert=True)
            except DuplicateKeyError:
                return False
            return True

        return await self._link.run(begin)

    async def renew(self, note: StyleNote) -> None:
        """See Styles."""
        changes = {"$set": {"due": note.due}}
        await self._link.run(lambda: self._coming.update_one(_noted(note), changes))

    async def leave(self, note: StyleNote) -> None:
        """See Styles."""
        await self._link.run(lambda: self._coming.delete_one(_noted(note)))

    async def forget_late(self, now: datetime) -> int:
        """See Styles."""
        late = {"due": {"$lte": now}}
        return (await self._link.run(lambda: self._coming.delete_many(late))).deleted_count

    async def add(self, record: StyleRecord) -> StyleRecord:
        """See Styles."""
        document, over = _DOCUMENTS.document(record), self._horizon().results

        async def add(session: Session) -> Document | None:
            earlier = await added_before(self._styles, document, over, session)
            if earlier is None:
                # A copy, since the driver adds an identifier of its own to what it inserts.
                await self._styles.insert_one(dict(document), session=session)
                await settle_loose(self._loose, [record.file_path], session)
            return earlier

        earlier = await self._link.change(add)
        return record if earlier is None else _DOCUMENTS.record(earlier)

    async def keyed(self, user_id: str, key: str, digest: str) -> StyleRecord | None:
        """See Styles."""
        document = {"user_id": user_id, "idempotency_key": key, "request_digest": digest}
        over = self._horizon().results
        earlier = await self._link.change(
            lambda session: added_before(self._styles, document, over, session)
        )
        return None if earlier is None else _DOCUMENTS.record(earlier)

    async def get(self, style_id: str) -> StyleRecord | None:
        """See Styles."""
        asked = {"style_id": style_id, **self._lasting()}
        found = await self._link.run(lambda: self._styles.find_one(asked))
        return None if found is None else _DOCUMENTS.record(found)

    async def of_user(
        self, user_id: str, limit: int, offset: int = 0, after: Cursor | None = None
    ) -> tuple[list[StyleRecord], int]:
        """See Styles."""
        over = self._horizon().results
        asked = mine = of_user(user_id, over)
        if after is not None:
            asked = of_user_after(user_id, over, after.created_at, style_id=after.id)

        async def both(session: Session) -> tuple[list[Document], int]:
            page = self._styles.find(asked, session=session).sort(STYLES[1:]).hint(STYLES)
            found = await page.skip(offset).limit(limit).to_list() if limit > 0 else []
            total = await self._styles.count_documents(mine, hint=STYLES, session=session)
            return found, total

        found, total = await self._link.at_once(both)
        return [_DOCUMENTS.record(document) for document in found], total

    async def delete(self, style_id: str, due: datetime) -> list[str]:
        """See Styles."""
        return await self._remove({"style_id": style_id}, 1, due)

    async def remove_expired(self, limit: int, due: datetime) -> list[str]:
        """See Styles."""
        return await self._remove({"created_at": {"$lte": self._horizon().results}}, limit, due)

    async def page(self, limit: int, after: str = "") -> list[StyleRecord]:
        """See Styles."""
        asked, by_id = {"style_id": {"$gt": after}, **self._lasting()}, [("style_id", ASCENDING)]
        if limit < 1:
            return []
        found = await self._link.run(
            lambda: self._styles.find(asked, hint=by_id).sort(by_id).limit(limit).to_list()
        )
        return [_DOCUMENTS.record(document) for document in found]

    def _lasting(self) -> Document:
        return {"created_at": {"$gt": self._horizon().results}}

    async def _remove(self, asked: Document, limit: int, due: datetime) -> list[str]:
        async def find(session: Session | None) -> list[Document]:
            return await find_styles(self._link, asked, limit, session)

        async def remove(session: Session, found: list[Document]) -> list[str]:
            return await remove_styles(self._link, found, due, session)

        return await self._link.seek_turn(find, remove, [])


def _noted(note: StyleNote) -> Document:
    return {
        "user_id": note.user_id,
        "idempotency_key": note.idempotency_key,
        "style_id": note.style_id,
    }


async def find_styles(
    link: MongoLink, asked: Document, limit: int, session: Session | None
) -> list[Document]:
    """What has to be known of styles that are to be removed, over or not."""
    if limit < 1:
        return []
    return (
        await link.collection("styles").find(asked, _NEEDED, session=session).limit(limit).to_list()
    )


async def remove_styles(
    link: MongoLink, found: list[Document], due: datetime, session: Session
) -> list[str]:
    """Delete what was found, in the caller's transaction; the paths of the files."""
    ids = {"_id": {"$in": [one["_id"] for one in found]}}
    await link.collection("styles").delete_many(ids, session=session)
    loose = link.collection("loose")
    for one in found:
        await free_loose(loose, [one["file_path"]], one["user_id"], due, session)
    return [one["file_path"] for one in found]
