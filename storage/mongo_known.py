"""Whose files are these? Paths that MongoDB knows of."""

from collections.abc import Sequence

from storage.mongo_client import Session
from storage.mongo_link import MongoLink
from storage.mongo_removal import PATHS


async def known(link: MongoLink, paths: Sequence[str]) -> set[str]:
    """See Database.known."""
    asked, among = set(paths), {"$in": list(paths)}
    uploads, results, loose = (link.collection(name) for name in ("uploads", "results", "loose"))

    async def find(session: Session) -> set[str]:
        # Of one moment: a file may become loose, or be recorded, while it is looked for.
        found = [
            await uploads.find(
                {"file_path": among}, {"file_path": True}, session=session
            ).to_list(),
            await results.find(
                {"$or": [{name: among} for name in PATHS]},
                dict.fromkeys(PATHS, True),
                session=session,
            ).to_list(),
            await loose.find({"_id": among}, session=session).to_list(),
        ]
        return {value for some in found for one in some for value in one.values() if value in asked}

    return await link.at_once(find) if asked else set()
