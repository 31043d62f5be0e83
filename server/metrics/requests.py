"""Meters of requests. Labels are what the table of contents says, and never what was sent."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

NO_ENDPOINT: Final = "none"
"""There is no such address."""
OTHER_METHOD: Final = "other"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""A document takes milliseconds, a photo from the cloud a minute."""


def known_method(method: str) -> str:
    """The method, if it is one that there is."""
    return method if method in _METHODS else OTHER_METHOD


class RequestMeters:
    """How many requests there were, how they were answered, and how soon."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "hair_tryon_requests_total",
            "Requests, by how they were answered",
            ["method", "endpoint", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "hair_tryon_request_seconds",
            "From a request's head to that of its answer",
            ["method", "endpoint"],
            buckets=_BUCKETS_S,
            registry=registry,
        )

    def answered(self, method: str, endpoint: str | None, status: int, seconds: float) -> None:
        """An answer begins; ``endpoint`` is the address as the table has it."""
        known = known_method(method)
        place = endpoint or NO_ENDPOINT
        self._requests.labels(known, place, str(status)).inc()
        self._seconds.labels(known, place).observe(seconds)
