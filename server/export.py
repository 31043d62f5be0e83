"""Everything that is kept of a user, as a ZIP that is made while it is sent."""

import asyncio
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

import orjson
import structlog

from server.export_index import Documents, index_page
from server.services import Services
from storage.addresses import name_of
from storage.cache import Cache
from storage.errors import FileDamaged, FileMissing, StorageError
from storage.files import Files
from storage.results import Cursor, ResultRecord

PAGE: Final = 100

log = structlog.get_logger(__name__)
_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@dataclass(slots=True)
class Export:
    """The documents, and the files and photos that belong to them."""

    documents: Documents
    _files: Files
    _cache: Cache
    _sink: "_Sink" = field(init=False)
    _zip: zipfile.ZipFile = field(init=False)

    def __post_init__(self) -> None:
        self._sink = _Sink()
        # Films and photos are compressed already.
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_STORED)

    @classmethod
    async def of(cls, user_id: str, services: Services) -> "Export":
        """What there is of the user now. Raises StorageError."""
        database = services.database
        documents = Documents(
            user_id,
            services.clock.utc_now(),
            await database.sessions.of_user(user_id),
            await database.uploads.of_user(user_id),
            await _results(services, user_id),
        )
        return cls(documents, services.files, services.cache)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The ZIP's bytes, in order; none is kept once it was given.

        A file that is deleted meanwhile, or damaged, is left out or ends there, and is said not to
        be kept. Raises StorageError.
        """
        places = dict[str, str | None]()
        for path, place in self._planned().items():
            async for data in self._file(path, place, places):
                yield data
        async for data in self._photos(places):
            yield data
        page = await asyncio.to_thread(index_page, self.documents, places)
        data = await asyncio.to_thread(_as_json, self.documents)
        for name, content in (("data.json", data), ("index.html", page)):
            self._zip.writestr(self._member(name), content)
        self._zip.close()
        yield self._sink.take()

    def _planned(self) -> dict[str, str]:
        """Where in the ZIP the file at each path comes."""
        planned = dict[str, str]()
        for upload in self.documents.uploads:
            name = "".join(one if one in _LETTERS else "_" for one in upload.filename)
            planned[upload.file_path] = f"uploads/{upload.upload_id}/{name.lstrip('.') or 'video'}"
        for result in self.documents.results:
            for path in result.paths:
                kind, _, rest = PurePosixPath(path).name.partition("_")
                planned[path] = f"results/{result.result_id}/{kind}{PurePosixPath(rest).suffix}"
        return planned

    async def _file(
        self, path: str, place: str, places: dict[str, str | None]
    ) -> AsyncIterator[bytes]:
        """A file's part of the ZIP; where it is, or None, is noted in ``places``."""
        places[path] = None
        try:
            stored = await self._files.open(name_of(path))
            with self._zip.open(self._member(place), "w", force_zip64=True) as member:
                async with aclosing(stored.read()) as pieces:
                    async for piece in pieces:
                        member.write(piece)
                        yield self._sink.take()
            places[path] = place
        except (FileMissing, FileDamaged):
            log.warning("file not exported")
        yield self._sink.take()

    async def _photos(self, places: dict[str, str | None]) -> AsyncIterator[bytes]:
        """The photos that live sessions wear, from the cache, which may have forgotten them."""
        for session in self.documents.sessions:
            for kind in ("style", "color"):
                key = getattr(session, f"{kind}_image_data")
                data = await self._cached(key) if key else None
                if data is not None:
                    place = f"sessions/{session.session_id}/{kind}.jpg"
                    self._zip.writestr(self._member(place), data)
                    places[key] = place
                    yield self._sink.take()

    async def _cached(self, key: str) -> bytes | None:
        try:
            return await self._cache.get(key)
        except StorageError:
            return None

    def _member(self, name: str) -> zipfile.ZipInfo:
        return zipfile.ZipInfo(name, self.documents.made_at.timetuple()[:6])


async def _results(services: Services, user_id: str) -> list[ResultRecord]:
    found, after = list[ResultRecord](), None
    while True:
        page, _ = await services.database.results.history(user_id, PAGE, after=after)
        found += page
        if len(page) < PAGE:
            return found
        after = Cursor.behind(page[-1])


def _as_json(documents: Documents) -> bytes:
    return orjson.dumps(documents, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z, default=dict)


class _Sink:
    """What a ZIP is written to, and taken from at once: it cannot be gone back in."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes, /) -> int:
        """Take in some bytes."""
        self._data += data
        return len(data)

    def flush(self) -> None:
        """There is nothing behind this."""

    def close(self) -> None:
        """There is nothing behind this."""

    def take(self) -> bytes:
        """Hand out what was written since."""
        data, self._data = bytes(self._data), bytearray()
        return data
