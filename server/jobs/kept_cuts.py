"""A film's keyframes as the cloud has cut them: kept with its job until that ends, so that what was
paid is not paid again when the job is handed back, or its worker dies."""

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from media.codec import PictureError, decode_photo
from media.frame import Picture
from media.photo import encode_photo
from processing.cloud.output_picture import MOST_PX
from server.stores import Stores
from storage.addresses import address_of, name_of
from storage.errors import StorageError
from storage.objects import GIVE_UP_S
from storage.results import ResultRecord

QUALITY: Final = 95
MOST_BYTES: Final = 32 * 1024 * 1024
"""No picture that is taken from the cloud is larger when it is coded."""
LEFT: Final = timedelta(days=1)
"""What is not forgotten with its job, since a process died or a storage was away, is swept then."""

log = structlog.get_logger(__name__)


def cut_paths(record: ResultRecord) -> list[str]:
    """Where a result's keyframes are kept, as many as it may have. Nobody guesses them who does not
    know the result's id."""
    return [
        address_of(f"cut_{_digest(f'{record.result_id}/{place}').hex()[:32]}.jpg")
        for place in range(record.max_keyframes or 0)
    ]


@dataclass(frozen=True, slots=True)
class KeptCut:
    """See Keep: one keyframe's. The file says first what it was made of."""

    stores: Stores
    user_id: str
    path: str
    until: datetime

    async def find(self, key: str, /) -> Picture | None:
        """See Keep."""
        made_of = _digest(key)
        with suppress(StorageError, PictureError, ValueError):
            kept = await self.stores.files.read(name_of(self.path), MOST_BYTES)
            if kept.startswith(made_of):
                return await asyncio.to_thread(decode_photo, kept[len(made_of) :], MOST_PX)
        return None

    async def keep(self, key: str, picture: Picture, /) -> None:
        """See Keep. Nobody breaks it off: a store that hangs is not waited for."""
        try:
            async with asyncio.timeout(GIVE_UP_S):
                jpeg = await asyncio.to_thread(encode_photo, picture, "jpeg", QUALITY)
                await self.stores.database.loose.note([self.path], self.user_id, self.until)
                await self.stores.files.write(name_of(self.path), _digest(key) + jpeg)
        except (StorageError, TimeoutError) as error:
            log.warning("a keyframe may be paid again", reason=str(error) or type(error).__name__)


@dataclass(frozen=True, slots=True)
class KeptCuts:
    """Those of a job. What is not forgotten before goes ``until`` then."""

    stores: Stores
    record: ResultRecord
    until: datetime

    def at(self, place: int) -> KeptCut:
        """Of the film's keyframes the one with this number, from none on."""
        path = cut_paths(self.record)[place]
        return KeptCut(self.stores, self.record.user_id, path, self.until)

    async def has_any(self) -> bool:
        """Whether some may be kept."""
        with suppress(StorageError):
            for path in cut_paths(self.record):
                if await self.stores.files.exists(name_of(path)):
                    return True
        return False

    async def forget(self) -> None:
        """The job has ended: no more is done for it."""
        await forget_cuts(self.stores, self.record)


async def forget_cuts(stores: Stores, record: ResultRecord) -> None:
    """What is kept of a result that has ended is removed."""
    if paths := cut_paths(record):
        await stores.keeper.withdraw(paths)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
