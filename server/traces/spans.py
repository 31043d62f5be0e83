"""Traces as spans of OpenTelemetry."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from server.doors.addresses import is_of, peer_of
from server.instances.marks import ARRIVED
from server.logs import pseudonym
from server.metrics.requests import known_method
from server.settings import Settings
from server.traces.frames import FrameSpans
from server.traces.telling import Facts, NamedTrace, Telling, inside, ns_of
from server.traces.traces import TRACEPARENT, UNTRACED, FrameWatch, Trace
from server.traces.videos import context_of, is_chosen
from storage.results import ResultRecord, ResultStatus


class SpanTraces:
    """See Traces."""

    def __init__(self, telling: Telling, settings: Settings) -> None:
        self._telling = telling
        self._networks = settings.traced_networks
        self._share = settings.trace_share
        self._frames = settings.trace_frames

    @contextmanager
    def request(
        self, request: web.Request, endpoint: str | None, request_id: str
    ) -> Iterator[Trace]:
        """See Traces."""
        parent = self._parent(request)
        if parent is not None and not parent.trace_flags.sampled:
            yield NamedTrace(parent)
            return
        if parent is None and not self._chooses(request):
            yield UNTRACED
            return
        method = known_method(request.method)
        facts = {"http.request.method": method, "request_id": request_id}
        if endpoint is not None:
            facts["http.route"] = endpoint
        context = None if parent is None else inside(NonRecordingSpan(parent))
        name = f"{method} {endpoint}" if endpoint else method
        span = self._telling.begin(name, context, facts, SpanKind.SERVER)
        with self._telling.going_on(span) as trace:
            yield trace

    def frames(self, session_id: str, transport: str) -> FrameWatch:
        """See Traces."""
        facts = {"session_id": pseudonym(session_id), "transport": transport}
        return FrameSpans(self._telling, self._frames, facts)

    @contextmanager
    def attempt(self, record: ResultRecord) -> Iterator[Trace]:
        """See Traces."""
        context = context_of(record.result_id)
        if not is_chosen(context, self._share):
            yield UNTRACED
            return
        # Who takes it up first notes both at once. What came in between later was no waiting alone.
        if record.started_at == record.updated_at:
            self._telling.past("queued", context, (ns_of(record.created_at), self._telling.now_ns))
        facts: Facts = {"result_id": pseudonym(record.result_id), "attempt": record.attempts}
        within = inside(NonRecordingSpan(context))
        span = self._telling.begin("attempt", within, facts, SpanKind.CONSUMER)
        with self._telling.going_on(span) as trace:
            yield trace

    def video_ended(self, record: ResultRecord, status: str) -> None:
        """See Traces. Whoever ends it tells of the whole, which began in another process."""
        context = context_of(record.result_id)
        if not is_chosen(context, self._share):
            return
        facts: Facts = {
            "result_id": pseudonym(record.result_id),
            "outcome": status,
            "attempts": record.attempts,
            "frames": record.frames_total,
        }
        span_ns = ns_of(record.created_at), self._telling.now_ns
        is_error = status == ResultStatus.FAILED
        self._telling.past("video", None, span_ns, facts, context=context, is_error=is_error)

    def _chooses(self, request: web.Request) -> bool:
        """For what another instance has passed on, that has chosen."""
        return ARRIVED not in request and random.random() < self._share  # noqa: S311  (no secret)

    def _parent(self, request: web.Request) -> SpanContext | None:
        """The trace that another instance, or a gateway, has begun, if it is one of those that are
        believed: with it anybody could have as much traced as they like, and put it among what
        others did."""
        told = request.headers.getall(TRACEPARENT, ())
        is_believed = ARRIVED in request or is_of(self._networks, peer_of(request))
        if len(told) != 1 or not is_believed:
            return None
        read = TraceContextTextMapPropagator().extract({TRACEPARENT: told[0]}, Context())
        parent = get_current_span(read).get_span_context()
        return parent if parent.is_valid else None
