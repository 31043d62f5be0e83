"""The queue of results in MongoDB: what is done to one document is done by one command, and turns
are taken one after another, so that no two processes do the same work."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pymongo import ReturnDocument

from storage.mongo.client import Document, Session
from storage.mongo.documents import Documents
from storage.mongo.indexes import DATE, LAST_DONE, LEASES, NOTICES, QUEUE
from storage.mongo.link import MongoLink
from storage.results import (
    Ending,
    Lease,
    ResultRecord,
    ResultStatus,
    RunningBounds,
    Workload,
    as_seen,
)
from storage.retention import NowHorizon

DOCUMENTS: Final = Documents.of(ResultRecord)
QUEUED: Final = ResultStatus.QUEUED.value
PROCESSING: Final = ResultStatus.PROCESSING.value
UNFINISHED: Final = {"$in": [status.value for status in ResultStatus if not status.is_final]}
FREE: Final = {"lease_owner": None, "lease_until": None}
_CANCELLED: Final = ResultStatus.CANCELLED.value
_PACE_OF: Final = 20
"""So many of the last results tell how fast they are made."""
_DONE_PART: Final = {"$min": [1.0, {"$divide": ["$frames_done", {"$max": [1, "$frames_total"]}]}]}
_LEFT_MPX: Final = {"$multiply": ["$size_mpx", {"$subtract": [1.0, _DONE_PART]}]}


class MongoQueue:
    """Results as work to be done. See Results."""

    def __init__(self, link: MongoLink, horizon: NowHorizon) -> None:
        self._link = link
        self._results = link.collection("results")
        self._horizon = horizon

    async def claim(self, lease: Lease, bounds: RunningBounds) -> ResultRecord | None:
        """See Results."""
        lasting = self._lasting()
        begun = {"status": PROCESSING, "frames_done": 0, **_held(lease)}

        async def find(session: Session | None) -> Document | None:
            return await self._next(lasting, bounds, session)

        async def take(session: Session, found: Document) -> Document | None:
            first = {} if found["started_at"] else {"started_at": lease.now}
            changes = {"$set": {**begun, **first}, "$inc": {"attempts": 1}}
            return await self._results.find_one_and_update(
                {"_id": found["_id"]},
                changes,
                return_document=ReturnDocument.AFTER,
                session=session,
            )

        return self._seen(await self._link.seek_turn(find, take, None))

    async def renew(self, result_id: str, lease: Lease, frames_done: int) -> bool:
        """See Results."""
        progress = {"frames_done": frames_done, **_held(lease)}
        return await self._changes_owned(result_id, lease.owner, {"$set": progress})

    async def give_back(self, result_id: str, lease: Lease) -> bool:
        """See Results."""
        waits = {"status": QUEUED, "frames_done": 0, "updated_at": lease.now, **FREE}
        changes = {"$set": waits, "$inc": {"attempts": -1}}
        return await self._changes_owned(result_id, lease.owner, changes)

    async def end(self, result_id: str, owner: str, ending: Ending) -> bool:
        """See Results."""
        made = {
            "status": ending.status.value,
            "processing_time": ending.processing_time,
            "frame_count": ending.frame_count,
            "sampled_frames": ending.sampled_frames,
            "ai_model": ending.ai_model,
            "keyframes": ending.keyframes,
            "cost_micro_usd": ending.cost_micro_usd,
            "fallback": ending.fallback,
            "error_message": ending.error_message,
        }
        return await self._changes_owned(result_id, owner, ended({**made, **FREE}, ending.now))

    async def cancel(self, result_id: str, now: datetime) -> ResultRecord | None:
        """See Results."""
        asked = {"result_id": result_id, **self._lasting()}
        changes = ended({"status": _CANCELLED}, now)

        async def cancel() -> Document | None:
            cancelled = await self._results.find_one_and_update(
                {**asked, "status": UNFINISHED}, changes, return_document=ReturnDocument.AFTER
            )
            # One that has ended stays as it is, so that it may be read a moment later.
            return cancelled or await self._results.find_one(asked)

        return self._seen(await self._link.run(cancel))

    async def cancel_all(self, user_id: str, now: datetime) -> list[ResultRecord]:
        """See Results."""
        asked = {"user_id": user_id, "status": UNFINISHED}
        changes = ended({"status": _CANCELLED}, now)

        async def cancel(session: Session) -> list[Document]:
            some = self._results.find(asked, {"_id": True}, session=session).hint(QUEUE)
            ids = {"_id": {"$in": [one["_id"] for one in await some.to_list()]}}
            await self._results.update_many(ids, changes, session=session)
            return await self._results.find(ids, session=session).to_list()

        return self._all_seen(await self._link.change(cancel))

    async def let_go(self, result_id: str, owner: str) -> None:
        """See Results."""
        asked = {"result_id": result_id, "lease_owner": owner, "status": _CANCELLED}
        await self._link.run(lambda: self._results.update_one(asked, {"$set": FREE}))

    async def leased(self, user_id: str, now: datetime) -> int:
        """See Results."""
        asked = {"user_id": user_id, "lease_until": {"$gt": now, **DATE}}
        return await self._link.run(lambda: self._results.count_documents(asked, hint=LEASES))

    async def take_up_expired(self, now: datetime, attempts: int, text: str) -> list[ResultRecord]:
        """See Results."""
        left = {"status": PROCESSING, "lease_until": {"$lte": now}, **self._lasting()}
        failed = ended({"status": ResultStatus.FAILED.value, "error_message": text, **FREE}, now)
        waits = {"$set": {"status": QUEUED, "frames_done": 0, "updated_at": now, **FREE}}

        async def find(session: Session | None) -> list[Document]:
            some = self._results.find(left, {"attempts": True}, session=session)
            return await some.hint(QUEUE).to_list()

        async def take_up(session: Session, found: list[Document]) -> list[Document]:
            for is_last, changes in ((True, failed), (False, waits)):
                ids = [one["_id"] for one in found if (one["attempts"] >= attempts) is is_last]
                await self._results.update_many({"_id": {"$in": ids}}, changes, session=session)
            ids = [one["_id"] for one in found]
            return await self._results.find({"_id": {"$in": ids}}, session=session).to_list()

        return self._all_seen(await self._link.seek_turn(find, take_up, []))

    async def claim_notice(self, now: datetime, until: datetime) -> ResultRecord | None:
        """See Results."""
        due = {"notify_at": {"$lte": now, **DATE}, **self._lasting()}
        changes = {"$set": {"notify_at": until}, "$inc": {"notify_attempts": 1}}
        taken = await self._link.run(
            lambda: self._results.find_one_and_update(
                due,
                changes,
                sort=NOTICES,
                hint=NOTICES,
                return_document=ReturnDocument.AFTER,
            )
        )
        return self._seen(taken)

    async def end_notice(self, result_id: str, again_at: datetime | None = None) -> None:
        """See Results."""
        asked, changes = {"result_id": result_id}, {"$set": {"notify_at": again_at}}
        await self._link.run(lambda: self._results.update_one(asked, changes))

    async def workload(self) -> Workload:
        """See Results."""
        unfinished = {"status": UNFINISHED, **self._lasting()}
        count = {"_id": "$status", "count": {"$sum": 1}, "left_mpx": {"$sum": _LEFT_MPX}}
        alone = {"max_keyframes": None}
        done = {"status": ResultStatus.COMPLETED.value, **alone, **self._lasting()}
        pace = {"size_mpx": True, "processing_time": True}

        async def both() -> tuple[Sequence[Document], Sequence[Document]]:
            left = await self._results.aggregate(
                [{"$match": unfinished}, {"$group": count}], hint=dict(QUEUE)
            )
            last = self._results.find(done, pace).sort(LAST_DONE[1:]).hint(LAST_DONE)
            return await left.to_list(), await last.limit(_PACE_OF).to_list()

        return _workload(*await self._link.run(both))

    def _lasting(self) -> Document:
        return {"created_at": {"$gt": self._horizon().results}}

    def _seen(self, document: Document | None) -> ResultRecord | None:
        return None if document is None else as_seen(DOCUMENTS.record(document), self._horizon())

    def _all_seen(self, documents: Sequence[Document]) -> list[ResultRecord]:
        horizon = self._horizon()
        return [as_seen(DOCUMENTS.record(document), horizon) for document in documents]

    async def _changes_owned(self, result_id: str, owner: str, changes: Any) -> bool:
        asked = {
            "result_id": result_id,
            "lease_owner": owner,
            "status": PROCESSING,
            **self._lasting(),
        }
        changed = await self._link.run(lambda: self._results.update_one(asked, changes))
        return changed.matched_count > 0

    async def _next(
        self, lasting: Document, bounds: RunningBounds, session: Session | None
    ) -> Document | None:
        """The queued result whose turn it is, if it has its photos."""
        with_photos = {
            "$or": [{"created_at": {"$gt": self._horizon().photos}}, {"has_photos": False}]
        }
        running = await self._running(lasting, session)
        if sum(running.values()) >= bounds.in_all:
            return None
        for number in sorted({0, *running.values()}):
            if number >= bounds.per_user:
                return None
            same = [user for user, count in running.items() if count == number]
            users = {"$in": same} if number else {"$nin": list(running)}
            waiting = {"status": QUEUED, **lasting, "user_id": users, **with_photos}
            first = self._results.find(waiting, {"started_at": True}, session=session)
            found = await first.sort(QUEUE[1:3]).hint(QUEUE).limit(1).to_list()
            if found:
                return found[0]
        return None

    async def _running(self, lasting: Document, session: Session | None) -> dict[str, int]:
        """How many results of each user are under way."""
        count = {"_id": "$user_id", "running": {"$sum": 1}}
        under_way = await self._results.aggregate(
            [{"$match": {"status": PROCESSING, **lasting}}, {"$group": count}],
            session=session,
            hint=dict(QUEUE),
        )
        return {one["_id"]: one["running"] for one in await under_way.to_list()}


def ended(changes: Document, now: datetime) -> list[Document]:
    """The update of a result that is not worked on any more; its owner's server is to be told."""
    # Literally: in this kind of update, texts that begin with a dollar sign are names of fields.
    literal: Document = {name: {"$literal": value} for name, value in changes.items()}
    notice = {"$cond": [{"$eq": [{"$type": "$webhook_url"}, "string"]}, now, None]}
    return [{"$set": {**literal, "completed_at": now, "updated_at": now, "notify_at": notice}}]


def _workload(left: Sequence[Document], last: Sequence[Document]) -> Workload:
    counts = {one["_id"]: one["count"] for one in left}
    return Workload(
        queued=counts.get(QUEUED, 0),
        processing=counts.get(PROCESSING, 0),
        left_mpx=sum(one["left_mpx"] for one in left),
        done_mpx=sum(one["size_mpx"] for one in last),
        done_s=sum(one["processing_time"] or 0 for one in last),
    )


def _held(lease: Lease) -> Document:
    return {"lease_owner": lease.owner, "lease_until": lease.until, "updated_at": lease.now}
