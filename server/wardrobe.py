"""What one session wears: its look, where it comes from, and where its photos are kept."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from media.codec import PictureError, decode_photo, encode_jpeg
from media.frame import Picture
from media.payload import payload_bytes
from processing.engine import Engine, Engines, PhotoError
from processing.fair import Share
from processing.look import Look, LookError, LookValues, parse_values
from processing.pipeline import FramePipeline
from server.errors import ClientError, ErrorCode, picture_fault
from server.metrics.caches import Kept
from server.notice import PHOTO_TTL_S
from server.services import Services
from storage.cache import CacheKind, cache_key
from storage.errors import StorageError
from storage.records import SessionRecord

STYLE, COLOR_PHOTO = "style", "color_photo"
"""A look's fields that are photos."""
CACHE_WAIT_S = 0.05
"""A cache that takes longer is not waited for by a live session."""
PHOTO_QUALITY = 92
"""A kept photo is only looked at by engines; above this nothing is gained."""

log = structlog.get_logger(__name__)


def check_values(engines: Engines, values: LookValues) -> None:
    """Whether there are such an engine and such shades. Raises ClientError (INVALID_LOOK)."""
    try:
        engine = engines.get(values.engine or engines.default).name
        Look(engine).with_values(values, engine)
    except LookError as error:
        raise ClientError(ErrorCode.INVALID_LOOK, str(error)) from None


class Wardrobe:
    """Changes a session's look, one change at a time, and hands it to the pipeline.

    Photos are scaled down and coded anew before they are kept: that bounds them and strips
    their metadata. The cache may forget them; the look that is worn does not depend on it.
    """

    def __init__(
        self, user_id: str, services: Services, pipeline: FramePipeline, share: Share
    ) -> None:
        self._user_id = user_id
        self._pipeline = pipeline
        self._engines = services.engines
        self._pool = services.pool
        self._share = share
        self._cache = services.cache
        self._settings = services.settings
        self._meters = services.meters.caches
        self._lock = asyncio.Lock()
        self.look: Look | None = None
        self.style_key: str | None = None
        self.color_key: str | None = None
        self._useless = frozenset[str]()
        """The photos of the look in which its engine, which is not the one that accepted them,
        finds nothing."""

    @property
    def usable(self) -> Look:
        """The look, empty if none is worn, without photos that are of no use to its engine."""
        look = self._base()
        return replace(
            look,
            style=None if STYLE in self._useless else look.style,
            color_photo=None if COLOR_PHOTO in self._useless else look.color_photo,
        )

    @property
    def applied(self) -> tuple[str, ...]:
        """What the engine will in fact apply of the look."""
        if self.look is None or self.look.is_empty:
            return ()
        usable = self.usable
        return self._engines.get(usable.engine).applies(usable)

    async def set_values(self, values: LookValues) -> None:
        """Replace the values; photos stay, but a colour takes a colour photo's place.

        Raises ClientError (INVALID_LOOK) for an unknown engine or shade.
        """
        async with self._lock:
            try:
                engine = self._engines.get(values.engine or self._engines.default).name
                look = self._base().with_values(values, engine)
            except LookError as error:
                raise ClientError(ErrorCode.INVALID_LOOK, str(error)) from None
            if engine != self._base().engine:
                self._useless = await self._useless_in(look)
            self._wear(look)
            if self.look is not None and self.look.color_photo is None:
                await self._replace_color_key(None)

    async def set_style(self, payload: str) -> None:
        """Take over a style photo. Raises ClientError for what is no picture, or has no hair."""
        await self._set_style(partial(payload_bytes, payload))

    async def set_style_photo(self, data: bytes) -> None:
        """The same of a photo that is a file."""
        await self._set_style(lambda: data)

    async def _set_style(self, load: Callable[[], bytes]) -> None:
        async with self._lock:
            photo, jpeg = await self._read_photo(load)
            self._useless -= {STYLE}
            self._wear(self._base().with_style(photo))
            await self._replace_style_key(await self._keep("style", jpeg))

    async def set_color_photo(self, payload: str) -> None:
        """Take over a colour photo. Raises ClientError for what is no picture, or has no hair."""
        async with self._lock:
            photo, jpeg = await self._read_photo(partial(payload_bytes, payload))
            self._useless -= {COLOR_PHOTO}
            self._wear(self._base().with_color_photo(photo))
            await self._replace_color_key(await self._keep("color", jpeg))

    async def clear(self) -> None:
        """Wear nothing and forget the photos."""
        async with self._lock:
            self._wear(None)
            await self._replace_style_key(None)
            await self._replace_color_key(None)

    async def restore(self, record: SessionRecord) -> None:
        """Wear again what an earlier connection of the session wore, as far as it is kept."""
        async with self._lock:
            style, self.style_key = await self._fetch(record.style_image_data)
            photo, self.color_key = await self._fetch(record.color_image_data)
            if record.look is None:
                return
            try:
                values = parse_values(dict(record.look))
                engine = self._engines.get(values.engine or self._engines.default).name
                look = Look(engine).with_values(values, engine)
            except LookError:
                return  # kept by a version that knew other engines or shades
            look = look.with_style(style) if style is not None else look
            look = look.with_color_photo(photo) if photo is not None else look
            self._useless = await self._useless_in(look)
            self._wear(look)

    def take_off(self) -> None:
        """Let go of look and photos, which are large, when the session has ended."""
        self._wear(None)

    def _base(self) -> Look:
        return self.look or Look(self._engines.default)

    def _wear(self, look: Look | None) -> None:
        self._pipeline.wear(look)
        self.look = look

    async def _useless_in(self, look: Look) -> frozenset[str]:
        """The photos of a look in which its engine finds nothing to take over."""
        if look.style is None and look.color_photo is None:
            return frozenset()
        engine = self._engines.get(look.engine)
        async with self._pool.long_turn(self._share) as turn:
            return await turn.run(_useless, engine, look)

    async def _read_photo(self, load: Callable[[], bytes]) -> tuple[Picture, bytes]:
        limits, engine = self._settings, self._engines.get(self._base().engine)

        def read() -> tuple[Picture, bytes]:
            photo = decode_photo(load(), limits.max_picture_px, limits.photo_side_px)
            engine.check_photo(photo)
            return photo, encode_jpeg(photo, PHOTO_QUALITY)

        try:
            return await self._on_worker(read)
        except Exception as error:
            code, text = picture_fault(error, "Failed to process the photo")
            if code is ErrorCode.PROCESSING_FAILED:
                log.exception("photo failed")
            raise ClientError(code, text) from None

    async def _on_worker(self, call: Callable[[], tuple[Picture, bytes]]) -> tuple[Picture, bytes]:
        async with self._pool.long_turn(self._share) as turn:
            return await turn.run(call)

    async def _replace_style_key(self, key: str | None) -> None:
        earlier, self.style_key = self.style_key, key
        await self._forget(earlier)

    async def _replace_color_key(self, key: str | None) -> None:
        earlier, self.color_key = self.color_key, key
        await self._forget(earlier)

    async def _keep(self, kind: CacheKind, jpeg: bytes) -> str | None:
        key = cache_key(kind, self._user_id, str(uuid.uuid4()))
        try:
            await _soon(self._cache.set(key, jpeg, PHOTO_TTL_S))
        except StorageError as error:
            log.debug("photo not kept", reason=str(error))
            return None
        return key

    async def _fetch(self, key: str | None) -> tuple[Picture | None, str | None]:
        if key is None:
            return None, None
        try:
            jpeg = await self._cache.get(key)
        except StorageError as error:
            log.debug("photo not fetched", reason=str(error))
            jpeg = None
        self._meters.looked(Kept.PHOTOS, was_there=jpeg is not None)
        if jpeg is None:
            return None, None
        side_px, max_px = self._settings.photo_side_px, self._settings.max_picture_px
        try:
            async with self._pool.long_turn(self._share) as turn:
                return await turn.run(decode_photo, jpeg, max_px, side_px), key
        except PictureError as error:
            log.warning("kept photo cannot be used", reason=str(error))
            return None, None

    async def _forget(self, key: str | None) -> None:
        try:
            if key:
                await _soon(self._cache.delete(key))
        except StorageError as error:
            log.debug("photo not forgotten", reason=str(error))


async def _soon(call: Coroutine[Any, Any, None]) -> None:
    """The call is done, or, if it takes long, goes on by itself: see Cache. Frames wait behind
    whoever waits here."""
    with suppress(TimeoutError):
        async with asyncio.timeout(CACHE_WAIT_S):
            await call


def _useless(engine: Engine, look: Look) -> frozenset[str]:
    found = set()
    for part, photo in ((STYLE, look.style), (COLOR_PHOTO, look.color_photo)):
        try:
            if photo is not None:
                engine.check_photo(photo)
        except PhotoError:
            found.add(part)
        except Exception:
            log.exception("photo failed")
            found.add(part)
    return frozenset(found)
