"""Meters of what is kept so that it need not be made or sent again."""

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter


class Kept(StrEnum):
    """What is looked for."""

    RESULTS = "results"
    """Films that were ordered before."""
    EDITS = "edits"
    """Pictures that the cloud made before."""
    PHOTOS = "photos"
    """Style and colour photos of sessions that are taken up again."""


class CacheMeters:
    """How often it was there."""

    def __init__(self, registry: CollectorRegistry) -> None:
        hits = Counter(
            "hair_tryon_cache_hits_total", "Found in a cache", ["cache"], registry=registry
        )
        misses = Counter(
            "hair_tryon_cache_misses_total",
            "Not found there, or not in time",
            ["cache"],
            registry=registry,
        )
        # A rate needs the zero before the first.
        self._hits = {kept: hits.labels(kept) for kept in Kept}
        self._misses = {kept: misses.labels(kept) for kept in Kept}

    def looked(self, kept: Kept, *, was_there: bool) -> None:
        """Something was looked for."""
        (self._hits if was_there else self._misses)[kept].inc()
