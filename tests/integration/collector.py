"""A collector of OpenTelemetry's, as far as it takes traces: by HTTP, and read by its own types."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue


@dataclass(frozen=True, slots=True)
class ToldSpan:
    """A span as it came; ids in hex, ``links`` are the traces that it links to."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    facts: Mapping[str, Any]
    links: tuple[str, ...]
    is_error: bool
    start_ns: int
    end_ns: int
    resource: Mapping[str, Any]


class Collector:
    """Keeps what it is told, and answers with ``status``."""

    def __init__(self) -> None:
        self.spans: list[ToldSpan] = []
        self.bodies: list[bytes] = []
        self.headers: list[Mapping[str, str]] = []
        self.status = 200
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        """``POST /v1/traces``."""
        body = await request.read()
        self.bodies.append(body)
        self.headers.append(request.headers)
        if self.status == 200:
            self.spans.extend(_read(body))
        answer = ExportTraceServiceResponse().SerializeToString()
        return web.Response(status=self.status, body=answer, content_type="application/x-protobuf")

    def named(self, name: str) -> list[ToldSpan]:
        """The spans of this name."""
        return [span for span in self.spans if span.name == name]

    def parts_of(self, span: ToldSpan) -> list[ToldSpan]:
        """The spans within it, in the order of their beginning."""
        within = [
            one
            for one in self.spans
            if (one.trace_id, one.parent_id) == (span.trace_id, span.span_id)
        ]
        return sorted(within, key=lambda one: one.start_ns)


def _read(body: bytes) -> list[ToldSpan]:
    told = ExportTraceServiceRequest.FromString(body)
    return [
        ToldSpan(
            name=span.name,
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            facts=_facts(span.attributes),
            links=tuple(link.trace_id.hex() for link in span.links),
            is_error=span.status.code == span.status.STATUS_CODE_ERROR,
            start_ns=span.start_time_unix_nano,
            end_ns=span.end_time_unix_nano,
            resource=_facts(of_one.resource.attributes),
        )
        for of_one in told.resource_spans
        for of_scope in of_one.scope_spans
        for span in of_scope.spans
    ]


def _facts(attributes: Any) -> Mapping[str, Any]:
    pairs: list[KeyValue] = list(attributes)
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "") for pair in pairs}


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    told = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", told.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    told.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield told
    await runner.cleanup()
