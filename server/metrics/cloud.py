"""Meters of the cloud. Labels are models' and reasons' names, of which there are few."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from processing.cloud.faults import FallbackReason

MADE: Final = "made"
LEFT: Final = "left"
"""Nobody waited for it."""
_BUCKETS_S: Final = (1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 300, 600)
"""A model takes five seconds to a minute, or two where it has to be loaded first."""
_MICRO: Final = 1_000_000


class CloudMeters:
    """Edits, their time and their money, and what was made here in their place."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._edits = Counter(
            "hair_tryon_cloud_edits_total",
            "Edits ordered at the cloud, by how they ended",
            ["model", "outcome"],
            registry=registry,
        )
        self._seconds = Histogram(
            "hair_tryon_cloud_edit_seconds",
            "Time of edits that were made, all waiting there included",
            ["model"],
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self._spent = Counter(
            "hair_tryon_cloud_spent_usd_total",
            "Price of edits that have or may have been billed",
            ["model"],
            registry=registry,
        )
        self._fallbacks = Counter(
            "hair_tryon_cloud_fallbacks_total",
            "Pictures made here in the place of the cloud, by why",
            ["reason"],
            registry=registry,
        )
        for reason in FallbackReason:  # a rate needs the zero before the first
            self._fallbacks.labels(reason)

    def made(self, model: str, seconds: float, micro_usd: int) -> None:
        """An edit has ended well."""
        self._edits.labels(model, MADE).inc()
        self._seconds.labels(model).observe(seconds)
        self._spend(model, micro_usd)

    def failed(self, model: str, outcome: str, micro_usd: int) -> None:
        """Or not: ``outcome`` is a FallbackReason's value, or ``LEFT``."""
        self._edits.labels(model, outcome).inc()
        self._spend(model, micro_usd)

    def fell_back(self, reason: FallbackReason) -> None:
        """A picture is made here instead."""
        self._fallbacks.labels(reason).inc()

    def _spend(self, model: str, micro_usd: int) -> None:
        self._spent.labels(model).inc(micro_usd / _MICRO)
