"""Whose files are these? Paths that MongoDB knows of."""

from collections.abc import Sequence
from typing import Final

from storage.mongo.client import Document, Session
from storage.mongo.link import MongoLink

PATHS: Final = ("result_video_path", "thumbnail_path", "style_image_path", "color_image_path")
"""The fields of a result that name files."""


async def known(link: MongoLink, paths: Sequence[str]) -> set[str]:
    """See Database.known."""
    among = {"$in": list(paths)}
    loose = link.collection("loose")

    async def find(session: Session) -> set[str]:
        # Of one moment: a file may become loose, or be recorded, while it is looked for.
        found = await loose.find({"_id": among}, {"_id": True}, session=session).to_list()
        return {one["_id"] for one in found} | await named(link, paths, session)

    return await link.at_once(find) if paths else set()


async def named(link: MongoLink, paths: Sequence[str], session: Session) -> set[str]:
    """Those of the paths that a record names, over or not."""
    asked, among = set(paths), {"$in": list(paths)}
    by_file: Document = {"file_path": among}
    uploads = link.collection("uploads").find(by_file, {"file_path": True}, session=session)
    styles = link.collection("styles").find(by_file, {"file_path": True}, session=session)
    results = link.collection("results").find(
        {"$or": [{name: among} for name in PATHS]}, dict.fromkeys(PATHS, True), session=session
    )
    found = await uploads.to_list() + await styles.to_list() + await results.to_list()
    return {value for one in found for value in one.values() if value in asked}
