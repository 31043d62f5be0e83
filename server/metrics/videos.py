"""Meters of films."""

import asyncio
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from storage.database import Results
from storage.errors import StorageError
from storage.results import ResultStatus

ASKED_S: Final = 2.0
"""Who reads meters does not wait longer for a database."""
_BUCKETS_S: Final = (2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_ENDS: Final = (ResultStatus.COMPLETED, ResultStatus.FAILED, ResultStatus.CANCELLED)


class VideoMeters:
    """Films that were ended by this process, and those that wait, of all of them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._videos = Counter(
            "hair_tryon_videos_processed_total",
            "Films that were ended here, by how",
            ["status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "hair_tryon_video_seconds",
            "Time of films that were completed",
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self._jobs = Gauge(
            "hair_tryon_jobs", "Films in the database, by their state", ["state"], registry=registry
        )
        for status in _ENDS:  # a rate needs the zero before the first
            self._videos.labels(status)

    def ended(self, status: ResultStatus, seconds: float | None = None) -> None:
        """A film has ended; ``seconds`` is the time of one that was made."""
        self._videos.labels(status).inc()
        if seconds is not None:
            self._seconds.observe(seconds)

    async def ask(self, results: Results) -> None:
        """Find out how many there are to do. Where the database does not answer nothing is said."""
        try:
            async with asyncio.timeout(ASKED_S):
                load = await results.workload()
        except (StorageError, TimeoutError):
            self._jobs.clear()
            return
        self._jobs.labels(ResultStatus.QUEUED).set(load.queued)
        self._jobs.labels(ResultStatus.PROCESSING).set(load.processing)
