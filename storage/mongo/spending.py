"""What users' months cost, in MongoDB: turns are taken, so that no two book the same money."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pymongo import ReturnDocument

from storage.aliases import Aliases, alias_range
from storage.errors import BudgetSpent, UserBudgetSpent
from storage.mongo.client import Collection, Document, Session
from storage.mongo.documents import Documents
from storage.mongo.link import MongoLink
from storage.spending import Booking, SpendingBounds, UsageRecord, month_of

_USAGES: Final = Documents.of(UsageRecord)
_SPENT: Final = "spent_micro_usd"
_VIDEOS: Final = "videos"


class MongoSpending:
    """See Spending."""

    def __init__(self, link: MongoLink, aliases: Aliases) -> None:
        self._link = link
        self._aliases = aliases
        self._usages = link.collection("usages")
        self._months = link.collection("months")
        self._bookings = link.collection("bookings")

    async def book(self, booking: Booking, bounds: SpendingBounds) -> None:
        """See Spending."""
        month, amount = month_of(booking.booked_at), booking.amount_micro_usd
        names = self._aliases.names(booking.user_id, month)
        document = {
            "_id": booking.booking_id,
            "user_id": booking.user_id,
            "month": month,
            "amount_micro_usd": amount,
            "booked_at": booking.booked_at,
        }

        async def book(session: Session) -> None:
            await self._bookings.insert_one(document, session=session)
            await self._spend_users(booking.user_id, month, amount, session)
            of_user = await _usage(self._usages, booking.user_id, names, month, session)
            if of_user.spent_micro_usd > bounds.per_user_micro_usd:
                raise UserBudgetSpent
            if await self._spend(month, amount, session) > bounds.in_all_micro_usd:
                raise BudgetSpent

        await self._link.take_turn(book)

    async def settle(self, booking_id: str, cost_micro_usd: int) -> bool:
        """See Spending."""
        if cost_micro_usd < 0:
            raise ValueError("cost_micro_usd: negative")

        async def settle(session: Session) -> bool:
            booked = await self._bookings.find_one_and_delete({"_id": booking_id}, session=session)
            if booked is None:
                return False
            more = cost_micro_usd - booked["amount_micro_usd"]
            if booked["user_id"] is not None:
                await self._spend_users(booked["user_id"], booked["month"], more, session)
            await self._spend(booked["month"], more, session)
            return True

        return await self._link.take_turn(settle)

    async def usage(self, user_id: str, month: str) -> UsageRecord:
        """See Spending."""
        names = self._aliases.names(user_id, month)
        return await self._link.run(lambda: _usage(self._usages, user_id, names, month, None))

    async def usages(self, user_id: str) -> list[UsageRecord]:
        """See Spending."""
        mine = {"user_id": {"$in": self._aliases.names(user_id)}}
        found = await self._link.run(lambda: self._usages.find(mine).to_list())
        months = sorted({one["month"] for one in found}, reverse=True)
        return [
            _summed(user_id, month, [one for one in found if one["month"] == month])
            for month in months
        ]

    async def in_all(self, month: str) -> int:
        """See Spending."""
        found = await self._link.run(lambda: self._months.find_one({"_id": month}))
        return 0 if found is None else int(found[_SPENT])

    async def forget(self, booked_until: datetime, before: str, erased_before: str) -> None:
        """See Spending."""
        old, earlier = {"booked_at": {"$lte": booked_until}}, {"month": {"$lt": before}}
        await self._link.run(lambda: self._bookings.delete_many(old))
        await self._link.run(lambda: self._usages.delete_many(earlier))
        first, last = alias_range(erased_before)
        erased = {"user_id": {"$gte": first, "$lt": last}}
        await self._link.run(lambda: self._usages.delete_many(erased))

    async def _spend(self, month: str, micro_usd: int, session: Session) -> int:
        return await _added(self._months, {"_id": month}, {_SPENT: micro_usd}, session, _SPENT)

    async def _spend_users(self, user_id: str, month: str, micro_usd: int, session: Session) -> int:
        more = {_SPENT: micro_usd, _VIDEOS: 0}
        mine = {"user_id": user_id, "month": month}
        return await _added(self._usages, mine, more, session, _SPENT)


async def count_video(
    link: MongoLink, user_id: str, names: Sequence[str], month: str, session: Session
) -> int:
    """One more of the user's films in this month, in the caller's transaction; how many by then,
    under all of these names."""
    usages, mine = link.collection("usages"), {"user_id": user_id, "month": month}
    await _added(usages, mine, {_SPENT: 0, _VIDEOS: 1}, session, _VIDEOS)
    return (await _usage(usages, user_id, names, month, session)).videos


async def erase_usages(
    link: MongoLink, user_id: str, month: str, aliases: Sequence[str], session: Session
) -> None:
    """A user's months, in the caller's transaction; what they have cost stays spent, and what was
    used in this one counts on under the first alias."""
    usages, bookings = link.collection("usages"), link.collection("bookings")
    mine = {"user_id": user_id}
    for alias in aliases[:1]:
        this_month, renamed = {**mine, "month": month}, {"$set": {"user_id": alias}}
        await bookings.update_many(this_month, renamed, session=session)
        if (used := await usages.find_one(this_month, session=session)) is not None:
            more = {_SPENT: used[_SPENT], _VIDEOS: used[_VIDEOS]}
            outliving = {"user_id": alias, "month": month}
            await _added(usages, outliving, more, session, _SPENT)
    await bookings.update_many(mine, {"$set": {"user_id": None}}, session=session)
    await usages.delete_many(mine, session=session)


async def _usage(
    usages: Collection, user_id: str, names: Sequence[str], month: str, session: Session | None
) -> UsageRecord:
    asked = {"user_id": {"$in": list(names)}, "month": month}
    return _summed(user_id, month, await usages.find(asked, session=session).to_list())


def _summed(user_id: str, month: str, found: Sequence[Document]) -> UsageRecord:
    used = [_USAGES.record(one) for one in found]
    videos, spent = sum(one.videos for one in used), sum(one.spent_micro_usd for one in used)
    return UsageRecord(user_id, month, videos, spent)


async def _added(
    collection: Collection, asked: Document, more: Document, session: Session, name: str
) -> int:
    """This field, when so much more of each was added to the document that is asked for."""
    after = await collection.find_one_and_update(
        asked,
        {"$inc": more},
        upsert=True,
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    return int((after or {})[name])
