"""Results in MongoDB: what there is, and what is removed."""

from datetime import datetime

from storage.aliases import Aliases
from storage.errors import QueueFull, UploadGone, UserQueueFull, VideosSpent
from storage.mongo.client import Document, Session
from storage.mongo.indexes import HISTORY, QUEUE
from storage.mongo.keys import added_before
from storage.mongo.link import MongoLink
from storage.mongo.loose import settle_loose
from storage.mongo.pages import of_user, of_user_after
from storage.mongo.queue import DOCUMENTS, UNFINISHED, MongoQueue
from storage.mongo.removal import PHOTO_PATHS, ResultRemoval
from storage.mongo.spending import count_video
from storage.mongo.tallies import tallied, tally
from storage.results import Cursor, QueueBounds, ResultRecord, VideoQuota
from storage.retention import NowHorizon
from storage.spending import month_of


class MongoResults(MongoQueue):
    """See Results."""

    def __init__(self, link: MongoLink, horizon: NowHorizon, aliases: Aliases) -> None:
        super().__init__(link, horizon)
        self._aliases = aliases
        self._uploads = link.collection("uploads")
        self._loose = link.collection("loose")
        self._tallies = link.collection("tallies")
        self._removal = ResultRemoval(link)

    async def add(
        self, record: ResultRecord, bounds: QueueBounds, quota: VideoQuota | None = None
    ) -> ResultRecord:
        """See Results."""
        document, horizon = DOCUMENTS.document(record), self._horizon()
        upload = {"upload_id": record.upload_id, "created_at": {"$gt": horizon.uploads}}
        lasting = self._lasting()

        async def add(session: Session) -> Document | None:
            earlier = await added_before(self._results, document, horizon.results, session)
            if earlier is None:
                if not await self._uploads.find_one(upload, {"_id": True}, session=session):
                    raise UploadGone
                await self._check_room(record.user_id, bounds, lasting, session)
                if quota is not None:
                    await self._count(record, quota, session)
                await self._insert(record, document, session)
            return earlier

        earlier = await self._link.take_turn(add)
        return self._seen(earlier) or record

    async def get(self, result_id: str) -> ResultRecord | None:
        """See Results."""
        return await self._one({"result_id": result_id})

    async def by_path(self, path: str) -> ResultRecord | None:
        """See Results."""
        return await self._one({"$or": [{"result_video_path": path}, {"thumbnail_path": path}]})

    async def history(
        self, user_id: str, limit: int, offset: int = 0, after: Cursor | None = None
    ) -> tuple[list[ResultRecord], int]:
        """See Results."""
        over = self._horizon().results
        asked = of_user(user_id, over)
        if after is not None:
            asked = of_user_after(user_id, over, after.created_at, result_id=after.id)

        async def both(session: Session) -> tuple[list[Document], int]:
            page = self._results.find(asked, session=session).sort(HISTORY[1:]).hint(HISTORY)
            found = await page.skip(offset).limit(limit).to_list() if limit > 0 else []
            return found, await self._total(user_id, over, session)

        found, total = await self._link.at_once(both)
        return self._all_seen(found), total

    async def page(self, limit: int, after: str = "") -> list[ResultRecord]:
        """See Results."""
        asked = {"result_id": {"$gt": after}, **self._lasting()}
        if limit < 1:
            return []
        found = await self._link.run(
            lambda: self._results.find(asked).sort("result_id").limit(limit).to_list()
        )
        return self._all_seen(found)

    async def delete(self, result_id: str, now: datetime, due: datetime) -> list[str]:
        """See Results."""
        return await self._removal.delete(result_id, now, due)

    async def remove_expired(self, limit: int, now: datetime, due: datetime) -> list[str]:
        """See Results."""
        over = {"created_at": {"$lte": self._horizon().results}}
        return await self._removal.remove_all(over, limit, now, due)

    async def remove_photos(self, limit: int, now: datetime, due: datetime, text: str) -> list[str]:
        """See Results."""
        over = {"created_at": {"$lte": self._horizon().photos}}
        return await self._removal.remove_photos(over, limit, now, due, text)

    async def _one(self, asked: Document) -> ResultRecord | None:
        lasting = {**asked, **self._lasting()}
        return self._seen(await self._link.run(lambda: self._results.find_one(lasting)))

    async def _check_room(
        self, user_id: str, bounds: QueueBounds, lasting: Document, session: Session
    ) -> None:
        mine = {"$cond": [{"$eq": ["$user_id", {"$literal": user_id}]}, 1, 0]}
        count = {"_id": None, "in_all": {"$sum": 1}, "of_user": {"$sum": mine}}
        unfinished = {"$match": {"status": UNFINISHED, **lasting}}
        counted = await self._results.aggregate(
            [unfinished, {"$group": count}], session=session, hint=dict(QUEUE)
        )
        numbers = await counted.to_list() or [{"in_all": 0, "of_user": 0}]
        if numbers[0]["of_user"] >= bounds.per_user:
            raise UserQueueFull
        if numbers[0]["in_all"] >= bounds.in_all:
            raise QueueFull

    async def _count(self, record: ResultRecord, quota: VideoQuota, session: Session) -> None:
        month = month_of(record.created_at)
        names = self._aliases.names(record.user_id, month)
        number = await count_video(self._link, record.user_id, names, month, session)
        if quota.per_month is not None and number > quota.per_month:
            raise VideosSpent

    async def _insert(self, record: ResultRecord, document: Document, session: Session) -> None:
        has_photos = any(document[name] is not None for name in PHOTO_PATHS)
        await self._results.insert_one({**document, "has_photos": has_photos}, session=session)
        await tally(self._tallies, {record.user_id: 1}, 1, session)
        await settle_loose(self._loose, record.photos, session)

    async def _total(self, user_id: str, over: datetime, session: Session) -> int:
        """How many results of a user last: those that are over are few, as they are removed."""
        are_over = {"user_id": user_id, "created_at": {"$lte": over}}
        number = await self._results.count_documents(are_over, hint=HISTORY, session=session)
        return await tallied(self._tallies, user_id, session) - number
