"""Tiers, and who is in which, in MongoDB."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from storage.aliases import Aliases, alias_range
from storage.mongo.client import Collection, Document, Session
from storage.mongo.documents import Documents
from storage.mongo.link import MongoLink
from storage.tiers import AT_FIRST, TierName, TierRecord, UserTierRecord

_TIERS: Final = Documents.of(TierRecord)
_USERS: Final = Documents.of(UserTierRecord)


class MongoTiers:
    """See Tiers."""

    def __init__(self, link: MongoLink, aliases: Aliases) -> None:
        self._link = link
        self._aliases = aliases
        self._tiers = link.collection("tiers")
        self._users = link.collection("user_tiers")

    async def get(self, tier: TierName) -> TierRecord:
        """See Tiers."""
        found = await self._link.run(lambda: self._tiers.find_one({"tier": tier.value}))
        return AT_FIRST[tier] if found is None else _TIERS.record(found)

    async def put(self, record: TierRecord) -> None:
        """See Tiers."""
        await self._replace(self._tiers, "tier", _TIERS.document(record))

    async def of_user(self, user_id: str) -> UserTierRecord | None:
        """See Tiers."""
        names = self._aliases.names(user_id)
        asked = {"user_id": {"$in": names}}
        found = await self._link.run(lambda: self._users.find(asked).to_list())
        if not found:
            return None
        first = min(found, key=lambda one: names.index(one["user_id"]))
        return replace(_USERS.record(first), user_id=user_id)

    async def give(self, record: UserTierRecord) -> None:
        """See Tiers."""
        await self._replace(self._users, "user_id", _USERS.document(record))

    async def forget(self, erased_before: str) -> None:
        """See Tiers."""
        first, last = alias_range(erased_before)
        erased = {"user_id": {"$gte": first, "$lt": last}}
        await self._link.run(lambda: self._users.delete_many(erased))

    async def _replace(self, collection: Collection, key: str, document: Document) -> None:
        asked = {key: document[key]}
        await self._link.run(lambda: collection.replace_one(asked, document, upsert=True))


async def erase_tier(
    link: MongoLink, user_id: str, aliases: Sequence[str], session: Session
) -> None:
    """What a user was given, in the caller's transaction; it is known on under the first alias."""
    users, mine = link.collection("user_tiers"), {"user_id": user_id}
    given = await users.find_one_and_delete(mine, {"_id": False}, session=session)
    for alias in aliases[:1]:
        if given is not None:
            outliving = {**given, "user_id": alias}
            await users.replace_one({"user_id": alias}, outliving, upsert=True, session=session)
