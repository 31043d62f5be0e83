"""Traces from the service's start to its stop."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from media.clock import Clock
from server.metrics.spans import SpanMeters
from server.settings import Settings
from server.traces.traces import NO_TRACES, Traces
from server.version import SERVICE_NAME, VERSION

SEND_S: Final = 5.0
"""A batch that the collector does not take in this time, however often it is sent, is given up."""
WAIT_S: Final = 2.0
"""A span waits for others no longer than this."""
CLOSE_S: Final = 1.0
"""When the service stops, what is not sent by then is given up."""
PATH: Final = "/v1/traces"
"""Where OTLP has traces."""


@asynccontextmanager
async def opened_traces(
    settings: Settings, clock: Clock, meters: SpanMeters
) -> AsyncIterator[Traces]:
    """Those of a service that has a collector; else nobody listens, and neither tracer nor
    exporter is loaded."""
    if not settings.otlp_endpoint:
        yield NO_TRACES
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    from server.traces.queue import SpanQueue
    from server.traces.spans import SpanTraces
    from server.traces.telling import SCOPE, Telling

    exporter = OTLPSpanExporter(
        f"{settings.otlp_endpoint}{PATH}", headers=settings.otlp_header_values, timeout=SEND_S
    )
    queue = SpanQueue(exporter, meters, WAIT_S)
    resource = Resource(
        {
            "service.name": SERVICE_NAME,
            "service.version": VERSION,
            "service.instance.id": uuid.uuid4().hex,
        }
    )
    # Handed in, and nobody's but this application's. What is traced is chosen before it is begun.
    provider = TracerProvider(ALWAYS_ON, resource, shutdown_on_exit=False)
    provider.add_span_processor(queue)
    telling = Telling(provider.get_tracer(SCOPE), resource, queue, clock)
    try:
        yield SpanTraces(telling, settings)
    finally:
        await queue.close(CLOSE_S)
