"""Tiers, and who is in which, in MongoDB."""

from typing import Final

from storage.mongo.client import Collection, Document
from storage.mongo.documents import Documents
from storage.mongo.link import MongoLink
from storage.tiers import AT_FIRST, TierName, TierRecord, UserTierRecord

_TIERS: Final = Documents.of(TierRecord)
_USERS: Final = Documents.of(UserTierRecord)


class MongoTiers:
    """See Tiers."""

    def __init__(self, link: MongoLink) -> None:
        self._link = link
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
        found = await self._link.run(lambda: self._users.find_one({"user_id": user_id}))
        return None if found is None else _USERS.record(found)

    async def give(self, record: UserTierRecord) -> None:
        """See Tiers."""
        await self._replace(self._users, "user_id", _USERS.document(record))

    async def _replace(self, collection: Collection, key: str, document: Document) -> None:
        asked = {key: document[key]}
        await self._link.run(lambda: collection.replace_one(asked, document, upsert=True))
