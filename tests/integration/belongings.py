"""Everything that a user can leave with the service, and a search for it."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from redis.asyncio import Redis

from storage.addresses import name_of
from storage.spending import MICRO, Booking, SpendingBounds
from storage.tiers import TierName, UserTierRecord
from tests import pictures
from tests.films import Recipe, film
from tests.integration.client import LiveClient, text_of
from tests.integration.records import CONSENT, NOW, STYLE, add_consent, add_style
from tests.integration.service import Service
from tests.integration.videos import Videos

MARK = b"these-very-bytes"


@dataclass(frozen=True, slots=True)
class Belongings:
    """What a user has there."""

    user_id: str
    live: LiveClient
    film: bytes
    upload_id: str
    result_id: str


async def leave(service: Service, user_id: str) -> Belongings:
    """A live session that wears a photo, an upload, a result that was made with a photo, a style, a
    consent, a tier, and money put aside."""
    videos = Videos(service.caller.http, service.caller.url)
    live = await service.caller.join(f"session-{user_id}", user_id)
    photo = pictures.jpeg(pictures.portrait())
    assert (await live.ask("set_style_image", image_data=text_of(photo)))["type"] == "style_set"
    # What a player passes over, and nobody else has.
    data = film(Recipe()) + b"\x00\x00\x00\x28free" + MARK + user_id.encode().ljust(16, b".")
    upload_id = await videos.upload(data, user_id)
    files = {"style_image": photo}
    result_id = await videos.ordered(upload_id, user_id=user_id, files=files)
    document = await videos.ended(result_id, user_id)
    assert document["status"] == "completed"
    await _leave_style(service, user_id)
    await add_consent(service.services.database, replace(CONSENT, user_id=user_id))
    booking = Booking(booking_id=result_id, user_id=user_id, amount_micro_usd=40_000, booked_at=NOW)
    await service.services.database.spending.book(booking, SpendingBounds(MICRO, MICRO))
    await service.services.database.tiers.give(UserTierRecord(user_id, TierName.PREMIUM, NOW))
    await service.services.journal.flush()
    return Belongings(user_id, live, data, upload_id, result_id)


async def _leave_style(service: Service, user_id: str) -> None:
    path, now = f"/uploads/style_of_{user_id}.jpg", service.services.clock.utc_now()
    style = replace(STYLE, style_id=f"style-{user_id}", user_id=user_id, file_path=path)
    await service.services.files.write(name_of(path), MARK + user_id.encode())
    await add_style(service.services.database, replace(style, created_at=now))


async def found_of(service: Service, user_id: str) -> set[str]:
    """Where something of the user is found: ``database``, ``files`` (their film's bytes, behind
    the encryption), ``disk`` (the same, as they lie there), ``cache``."""
    found = set[str]()
    settings, files = service.services.settings, service.services.files
    folder = settings.data_dir
    mark = MARK + user_id.encode()
    for path, data in await asyncio.to_thread(_contents, folder):
        if user_id.encode() in data:
            found.add("database" if "sqlite3" in path.name else "disk")
        if mark in data:
            found.add("disk")
    if uri := settings.mongodb_uri.get_secret_value():
        found |= await asyncio.to_thread(_in_collections, uri, user_id)
    async for page in files.names():
        for name, _ in page:
            if mark in await files.read(name, 10**9):
                found.add("files")
    if any(user_id in key for key in await _keys(service)):
        found.add("cache")
    return found


async def _keys(service: Service) -> list[str]:
    """The keys of all that the cache holds."""
    if url := service.services.settings.redis_url.get_secret_value():
        async with Redis.from_url(url) as redis:
            return [str(key) for key in await redis.keys()]
    return list(service.services.cache._entries)  # type: ignore[attr-defined]


def _in_collections(uri: str, user_id: str) -> set[str]:
    """Whether any document of any collection has the user's id in it."""
    with MongoClient[dict[str, Any]](uri) as client:
        database = client.get_default_database()
        for name in database.list_collection_names():
            if any(user_id in repr(document) for document in database[name].find()):
                return {"database"}
    return set()


def _contents(folder: Path) -> list[tuple[Path, bytes]]:
    # The index of the database's log holds no content.
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != "-shm"]
    return [(path, path.read_bytes()) for path in paths]
