"""Meters of traces themselves: they are given up rather than waited for."""

from enum import StrEnum
from typing import Final

from prometheus_client import CollectorRegistry, Counter


class SpanEnd(StrEnum):
    """What became of a span."""

    SENT = "sent"
    DROPPED = "dropped"
    """Too many waited, or it was time to stop."""
    FAILED = "failed"
    """The collector did not take it."""


_ENDS: Final = tuple(SpanEnd)


class SpanMeters:
    """Counted on whichever thread."""

    def __init__(self, registry: CollectorRegistry) -> None:
        spans = Counter(
            "hair_tryon_spans_total",
            "Spans of traces, by what became of them",
            ["outcome"],
            registry=registry,
        )
        # A rate needs the zero before the first.
        self._spans = {end: spans.labels(end) for end in _ENDS}

    def ended(self, end: SpanEnd, count: int) -> None:
        """So many ended so."""
        self._spans[end].inc(count)
