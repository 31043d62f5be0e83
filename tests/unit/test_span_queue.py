"""Spans on their way out: nobody waits for them, and none is lost without being counted."""

import threading
from collections.abc import Iterator, Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from prometheus_client import CollectorRegistry

from server.metrics.spans import SpanMeters
from server.traces.queue import BATCH, MOST, SpanQueue
from tests.integration.service import eventually

SPAN = ReadableSpan("one")
SOON_S = 0.01


class Exporter(SpanExporter):
    """Sends when it may."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.batches: list[int] = []
        self.is_shut_down = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See SpanExporter."""
        self.batches.append(len(spans))
        self.may.wait()
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """See SpanExporter."""
        self.is_shut_down = True


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    made = Exporter()
    yield made
    made.may.set()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def counts(registry: CollectorRegistry) -> list[float | None]:
    """How many were sent, and how many dropped."""
    name = "hair_tryon_spans_total"
    return [registry.get_sample_value(name, {"outcome": one}) for one in ("sent", "dropped")]


async def test_what_waits_is_sent_together(exporter: Exporter, registry: CollectorRegistry) -> None:
    """And all of it before the end."""
    exporter.may.set()
    spans = SpanQueue(exporter, SpanMeters(registry), 60.0)
    for _ in range(BATCH + 3):
        spans.on_end(SPAN)
    await spans.close(20.0)
    assert exporter.batches == [BATCH, 3]
    assert counts(registry) == [BATCH + 3, 0]
    assert exporter.is_shut_down


async def test_who_ends_a_span_never_waits(exporter: Exporter, registry: CollectorRegistry) -> None:
    """While the collector hangs, as many wait as may; those beyond are dropped, and counted."""
    spans = SpanQueue(exporter, SpanMeters(registry), SOON_S)
    spans.on_end(SPAN)
    await eventually(lambda: exporter.batches == [1])
    for _ in range(MOST + 2):
        spans.on_end(SPAN)
    assert counts(registry) == [0, 2]
    await spans.close(SOON_S)
    assert counts(registry) == [0, MOST + 2]
    spans.on_end(SPAN)
    assert counts(registry) == [0, MOST + 3]
