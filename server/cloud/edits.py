"""Edits that were made before: the same of the same photo need not be paid again (section 12.3)."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Final, TypeAlias
from weakref import WeakValueDictionary

import orjson

from media.clock import Clock
from media.codec import PictureError, decode_photo
from media.frame import Picture
from media.photo import encode_photo
from processing.cloud.edit import Edit
from processing.cloud.faults import CloudFault
from processing.cloud.model import CloudModel
from processing.cloud.output_picture import MOST_PX
from processing.unbroken import unbroken
from server.background import at_work
from server.cloud.allowance import Allowance
from server.insisting import insist
from server.metrics.caches import CacheMeters, Kept
from storage.cache import Cache, cache_key
from storage.errors import StorageError

KEPT_S: Final = 3600.0
"""As long as Replicate keeps it, and as style and colour photos are kept (section 6.4)."""
QUALITY: Final = 95
LOOK_S: Final = 0.2
"""So often it is looked whether another server has made it."""
MARK_S: Final = 15.0
"""A server that says nothing for so long makes it no more."""
RENEW_S: Final = 5.0
_MARK: Final = "-making"

Wait: TypeAlias = Callable[[], AbstractContextManager[None]]


class KnownEdits:
    """Pictures by their user and by all that they are made from, the photo's content included.
    What a cache has forgotten is made again."""

    def __init__(self, cache: Cache, clock: Clock, meters: CacheMeters) -> None:
        self._cache = cache
        self._clock = clock
        self._meters = meters
        self._makers = WeakValueDictionary[str, asyncio.Lock]()

    @asynccontextmanager
    async def alone(self, key: str, wait: Wait = nullcontext) -> AsyncIterator[None]:
        """To be held from before it is looked for until it is remembered: who wants the same at
        the same time, at any server with the same cache, finds it then. A server that holds it and
        dies is waited for a moment, and so is a cache that goes away while somebody waits. Who has
        to wait is in ``wait`` meanwhile."""
        mark = _Mark(self._cache, self._clock, key, uuid.uuid4().bytes)
        async with self._turn(key, wait):
            try:
                with suppress(StorageError):
                    await mark.set(wait)
                async with at_work(mark.keep()):
                    yield
            finally:
                with suppress(StorageError):
                    await unbroken(mark.remove())

    @asynccontextmanager
    async def _turn(self, key: str, wait: Wait) -> AsyncIterator[None]:
        """At this server."""
        maker = self._makers.setdefault(key, asyncio.Lock())
        with wait() if maker.locked() else nullcontext():
            await maker.acquire()
        try:
            yield
        finally:
            maker.release()

    async def find(self, key: str) -> Picture | None:
        """What the model made of the same, BGR; None if it is not known."""
        found = await self._found(key)
        self._meters.looked(Kept.EDITS, was_there=found is not None)
        return found

    async def _found(self, key: str) -> Picture | None:
        with suppress(StorageError, PictureError):
            if jpeg := await self._cache.get(key):
                return await asyncio.to_thread(decode_photo, jpeg, MOST_PX)
        return None

    async def has_any(self, user_id: str) -> bool:
        """Whether some of the user's may be known."""
        with suppress(StorageError):
            return await self._cache.get(_any_key(user_id)) is not None
        return False

    async def remember(self, key: str, picture: Picture, allowance: Allowance) -> None:
        """For an hour, or until the user does not agree any more. Raises CloudFault for one who
        does not now."""
        jpeg = await asyncio.to_thread(encode_photo, picture, "jpeg", QUALITY)
        with suppress(StorageError):
            await self._cache.set(key, jpeg, KEPT_S)
            await self._cache.set(_any_key(allowance.user_id), b"1", KEPT_S)
        try:
            # Whoever withdraws from now on finds what is kept.
            await allowance.check()
        except CloudFault:
            with suppress(StorageError):
                await self._cache.delete(key)
                await self._cache.delete(_any_key(allowance.user_id))
            raise


@dataclass(frozen=True, slots=True)
class _Mark:
    """That an edit is being made by this owner."""

    cache: Cache
    clock: Clock
    edit: str
    owner: bytes

    @property
    def key(self) -> str:
        return f"{self.edit}{_MARK}"

    async def set(self, wait: Wait) -> None:
        """As soon as there is no other owner's. Where the edit is there by then it needs none: that
        of a server that could not remove it is left to end. Raises StorageError."""
        if not await self._is_over():
            with wait():
                while not await self._is_surely_over():  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_S)

    async def keep(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(RENEW_S)
            with suppress(StorageError):
                await self._is_mine()

    async def remove(self) -> None:
        await self.cache.let_go(self.key, self.owner)

    async def _is_over(self) -> bool:
        return await self._is_mine() or await self.cache.get(self.edit) is not None

    async def _is_surely_over(self) -> bool:
        """One look of hundreds that fails does not tell that nobody makes it any more."""
        return await insist(self._is_over, self.clock, within_s=MARK_S, pause_s=LOOK_S)

    async def _is_mine(self) -> bool:
        return await self.cache.hold(self.key, self.owner, MARK_S)


def edit_key(user_id: str, model: CloudModel, edit: Edit) -> str:
    """What an edit of the user's is known by."""
    said = {
        part.value: value if isinstance(value, str) else hashlib.sha256(value).hexdigest()
        for part, value in edit.values.items()
    }
    source = {"model": [model.ref, model.version], "quality": edit.quality, "edit": said}
    digest = hashlib.sha256(orjson.dumps(source, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return cache_key("edit", user_id, digest)


def _any_key(user_id: str) -> str:
    return cache_key("edit", user_id, "any")
