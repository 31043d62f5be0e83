"""Results that were made before: the same order again need not be worked on again.

Report section 12.3. The cache only says which result it may be; the database says what it is, and
whether it is there.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import orjson

from server.metrics.caches import Kept
from server.services import Services
from server.version import VERSION
from storage.cache import cache_key
from storage.errors import StorageError
from storage.results import ResultRecord, ResultStatus
from storage.tiers import TierRecord

RESULT_CACHE: Final = "X-Result-Cache"
"""``hit`` in an answer says that the result was there already."""

_OF_USE: Final = (ResultStatus.QUEUED, ResultStatus.PROCESSING, ResultStatus.COMPLETED)


class ResultCache:
    """Knows results by the user and by all that they are made from."""

    def __init__(self, services: Services) -> None:
        settings = services.settings
        self._cache = services.cache
        self._meters = services.meters.caches
        self._results = services.database.results
        self._networks = settings.networks
        self._models = settings.cloud_models, settings.cloud_versions
        self._ttl_s = min(settings.keep_uploads_s, settings.keep_results_s)

    async def find(
        self, wanted: ResultRecord, photos: Mapping[str, bytes], tier: TierRecord | None
    ) -> ResultRecord | None:
        """The user's result of what is wanted, which is completed or being made; None if there is
        none. ``photos`` holds the files of the wanted one, ``tier`` is the user's. Raises
        StorageError of the database."""
        found = await self._find(wanted, photos, tier)
        self._meters.looked(Kept.RESULTS, was_there=found is not None)
        return found

    async def _find(
        self, wanted: ResultRecord, photos: Mapping[str, bytes], tier: TierRecord | None
    ) -> ResultRecord | None:
        try:
            result_id = await self._cache.get(self._key(wanted, photos, tier))
        except StorageError:
            return None
        known = result_id and await self._results.get(result_id.decode(errors="replace"))
        return known if known and _is_as(known, wanted) else None

    async def remember(
        self, made: ResultRecord, photos: Mapping[str, bytes], tier: TierRecord | None
    ) -> None:
        """This is the result to be found, if it is ever completed. See ``find``."""
        key = self._key(made, photos, tier)
        with suppress(StorageError):
            await self._cache.set(key, made.result_id.encode(), self._ttl_s)
            # Its user may have been erased in between, who must not be named here any more.
            if await self._results.get(made.result_id) is None:
                await self._cache.delete(key)

    def _key(
        self, record: ResultRecord, photos: Mapping[str, bytes], tier: TierRecord | None
    ) -> str:
        """From everything that changes a result, and nothing else."""
        source = {
            "upload": record.upload_id,
            "look": dict(record.look),
            "style": _digest(photos, record.style_image_path),
            "color": _digest(photos, record.color_image_path),
            "rate": record.sampling_rate,
            "stabilize": record.stabilize,
            "cloud": self._of_cloud(record, tier),
            "networks": self._networks,
            "version": VERSION,
        }
        style_hash = hashlib.sha256(orjson.dumps(source, option=orjson.OPT_SORT_KEYS)).hexdigest()
        return cache_key("result", record.user_id, style_hash)

    def _of_cloud(self, record: ResultRecord, tier: TierRecord | None) -> list[object] | None:
        """What changes a result where the cloud has a part in it."""
        if record.max_keyframes is None:
            return None
        quality = None if tier is None else tier.quality.value
        return [record.haircut, record.max_keyframes, quality, self._models]


def _digest(photos: Mapping[str, bytes], path: str | None) -> str | None:
    return None if path is None else hashlib.sha256(photos[path]).hexdigest()


def _is_as(known: ResultRecord, wanted: ResultRecord) -> bool:
    """Whether it is what the cache says, and of use: a cache that others write to is not trusted
    with whose result is given to whom. What the cloud did not do this time, or did in part, it may
    do the next."""
    same = ("user_id", "upload_id", "look", "sampling_rate", "stabilize", "haircut",
            "max_keyframes")  # fmt: skip
    return (
        known.status in _OF_USE
        and known.fallback is None
        and all(getattr(known, name) == getattr(wanted, name) for name in same)
    )
