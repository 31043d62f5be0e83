"""Everything that is kept of a user, as a ZIP that is made while it is sent."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from server.documents import Documents
from server.export_data import data_json
from server.export_index import IndexPage
from server.export_places import photo_place, result_place, style_place, upload_place
from server.services import Services
from server.zip_stream import Content, ZipStream
from storage.addresses import name_of
from storage.cache import Cache
from storage.errors import FileDamaged, FileMissing, StorageError
from storage.files import Files
from storage.records import SessionRecord

Members: TypeAlias = AsyncGenerator[tuple[str, Content], None]
"""Where each comes in the ZIP, and what it holds."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Export:
    """The files and photos, then the records that tell of them; all is read as it is sent."""

    _documents: Documents
    _files: Files
    _cache: Cache
    _places: set[str] = field(default_factory=set)
    """Of the files and photos that are in the ZIP, each as a whole."""

    @classmethod
    def of(cls, user_id: str, services: Services) -> "Export":
        """What there is of the user."""
        documents = Documents(user_id, services.clock.utc_now(), services.database)
        return cls(documents, services.files, services.cache)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The ZIP's bytes, in order, at most a megabyte at once; none is kept once it was given.

        A file that is deleted meanwhile, or damaged, is left out or ends there, and is said not to
        be in it. Raises StorageError.
        """
        made = ZipStream(self._documents.made_at)
        async with aclosing(self._members()) as members:
            async for place, content in members:
                async with aclosing(self._added(made, place, content)) as pieces:
                    async for piece in pieces:
                        yield piece
        async with aclosing(made.end()) as pieces:
            async for piece in pieces:
                yield piece

    async def _added(
        self, made: ZipStream, place: str, content: Content
    ) -> AsyncGenerator[bytes, None]:
        try:
            async with aclosing(made.add(place, content)) as pieces:
                async for piece in pieces:
                    yield piece
            self._places.add(place)
        except (FileMissing, FileDamaged):
            log.warning("file not exported")

    async def _members(self) -> Members:
        for some in (self._uploads(), self._results(), self._styles(), self._photos()):
            async with aclosing(some) as members:
                async for member in members:
                    yield member
        yield "data.json", data_json(self._documents)
        yield "index.html", IndexPage(self._documents, self._places).pieces()

    async def _uploads(self) -> Members:
        async with aclosing(self._documents.uploads()) as pages:
            async for page in pages:
                for upload in page:
                    yield upload_place(upload), self._file(upload.file_path)

    async def _results(self) -> Members:
        async with aclosing(self._documents.results()) as pages:
            async for page in pages:
                for result in page:
                    for path in result.files:
                        yield result_place(result, path), self._file(path)

    async def _styles(self) -> Members:
        async with aclosing(self._documents.styles()) as pages:
            async for page in pages:
                for style in page:
                    yield style_place(style), self._file(style.file_path)

    async def _file(self, path: str) -> Content:
        file = await self._files.open(name_of(path))
        async with aclosing(file.read()) as pieces:
            async for piece in pieces:
                yield piece

    async def _photos(self) -> Members:
        """The photos that live sessions wear, from the cache, which may have forgotten them."""
        async with aclosing(self._documents.sessions()) as pages:
            async for page in pages:
                for session in page:
                    for kind in ("style", "color"):
                        if photo := await self._photo(session, kind):
                            yield photo_place(session, kind), _whole(photo)

    async def _photo(self, session: SessionRecord, kind: str) -> bytes | None:
        key: str | None = getattr(session, f"{kind}_image_data")
        with suppress(StorageError):
            return await self._cache.get(key) if key else None
        return None


async def _whole(data: bytes) -> Content:
    yield data
