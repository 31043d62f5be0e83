"""A person's records, deleted from MongoDB."""

from dataclasses import dataclass, fields
from datetime import datetime

from storage.aliases import Aliases
from storage.mongo.client import Document, Session
from storage.mongo.link import MongoLink
from storage.mongo.loose import erase_loose
from storage.mongo.removal import ResultRemoval, not_leased
from storage.mongo.spending import erase_usages
from storage.mongo.styles import find_styles, remove_styles
from storage.mongo.tiers import erase_tier
from storage.mongo.uploads import NEEDED, remove_uploads
from storage.results import Erased
from storage.spending import month_of


@dataclass(frozen=True, slots=True)
class _Found:
    """What there is to be deleted."""

    coming: list[Document]
    coming_styles: list[Document]
    consents: list[Document]
    tiers: list[Document]
    usages: list[Document]
    bookings: list[Document]
    sessions: list[Document]
    uploads: list[Document]
    results: list[Document]
    styles: list[Document]
    loose: list[Document]

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    @property
    def counts(self) -> Erased:
        """How many records it is."""
        return Erased(len(self.sessions), len(self.uploads), len(self.results), len(self.styles))


async def erase(
    link: MongoLink, user_id: str, limit: int, *, now: datetime, due: datetime, aliases: Aliases
) -> tuple[Erased, list[str]]:
    """See Database.erase."""
    month = month_of(now)
    its_aliases = aliases.of(user_id, month)

    async def find(session: Session | None) -> _Found | None:
        return await _find(link, user_id, limit, now, session) if limit > 0 else None

    async def delete(session: Session, found: _Found) -> tuple[Erased, list[str]]:
        for name in ("coming_consents", "coming_styles"):
            await link.collection(name).delete_many({"user_id": user_id}, session=session)
        await erase_tier(link, user_id, its_aliases, session)
        await erase_usages(link, user_id, month, its_aliases, session)
        await _delete(link, found, due, session)
        paths = await erase_loose(link.collection("loose"), user_id, limit, due, session)
        return found.counts, paths

    return await link.seek_turn(find, delete, (Erased(), []))


async def _find(
    link: MongoLink, user_id: str, limit: int, now: datetime, session: Session | None
) -> _Found:
    sessions, uploads = link.collection("sessions"), link.collection("uploads")
    mine = {"user_id": user_id}

    async def one(name: str) -> list[Document]:
        found = link.collection(name).find(mine, {"_id": True}, session=session)
        return await found.limit(1).to_list()

    some = sessions.find(mine, {"_id": True}, session=session).limit(limit)
    films = uploads.find(mine, NEEDED, session=session).limit(limit)
    results = await ResultRemoval(link).find({**mine, **not_leased(now)}, limit, session)
    return _Found(
        # In this order: what comes between two readings is found by the second.
        await one("coming_consents"),
        await one("coming_styles"),
        await one("consents"),
        await one("user_tiers"),
        await one("usages"),
        await one("bookings"),
        await some.to_list(),
        await films.to_list(),
        results,
        await find_styles(link, mine, limit, session),
        await one("loose"),
    )


async def _delete(link: MongoLink, found: _Found, due: datetime, session: Session) -> None:
    for name, some in (("consents", found.consents), ("sessions", found.sessions)):
        ids = {"_id": {"$in": [one["_id"] for one in some]}}
        await link.collection(name).delete_many(ids, session=session)
    await remove_uploads(link, found.uploads, due, session)
    await ResultRemoval(link).remove(found.results, due, session)
    await remove_styles(link, found.styles, due, session)
