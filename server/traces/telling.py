"""Spans as they are begun and ended here: with no more in them than logs may say."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from typing import Final, TypeAlias

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    format_span_id,
    format_trace_id,
    set_span_in_context,
)

from media.clock import Clock
from server.logs import pseudonym
from server.traces.traces import NoTrace
from server.traces.videos import CHOSEN, context_of

Facts: TypeAlias = Mapping[str, str | int | float | bool]
NS: Final = 1_000_000_000
SERVER_ERROR: Final = 500
SCOPE: Final = "hair-tryon"
NO_FACTS: Final[Facts] = MappingProxyType({})
_SCOPE: Final = InstrumentationScope(SCOPE)
_ERROR: Final = Status(StatusCode.ERROR)
_UNSET: Final = Status(StatusCode.UNSET)


class Telling:
    """Makes an application's own spans, and hands contexts on by hand: nothing is global, and
    nothing depends on who calls."""

    def __init__(
        self, tracer: Tracer, resource: Resource, queue: SpanProcessor, clock: Clock
    ) -> None:
        self._tracer = tracer
        self._resource = resource
        self._queue = queue
        self._clock = clock
        self._ids = RandomIdGenerator()

    def begin(
        self,
        name: str,
        parent: Context | None = None,
        facts: Facts | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> Span:
        """A span that goes on; without a parent the first of a trace."""
        return self._tracer.start_span(name, parent or Context(), kind, attributes=facts)

    def past(
        self,
        name: str,
        parent: SpanContext | None,
        span_ns: tuple[int, int],
        facts: Facts = NO_FACTS,
        *,
        context: SpanContext | None = None,
        is_error: bool = False,
    ) -> SpanContext:
        """A span that is over, from its begin to its end; ``context`` is its own, if it has one
        already. Made by hand, which costs a tenth of what the tracer's take."""
        context = context or self._inside(parent)
        span = ReadableSpan(
            name,
            context,
            parent,
            self._resource,
            facts,
            status=_ERROR if is_error else _UNSET,
            start_time=span_ns[0],
            end_time=max(span_ns),
            instrumentation_scope=_SCOPE,
        )
        self._queue.on_end(span)
        return context

    @property
    def now_ns(self) -> int:
        """The time of day, as spans have it."""
        return ns_of(self._clock.utc_now())

    @property
    def epoch_ns(self) -> int:
        """What is to be added to the monotonic clock for the time of day."""
        return self.now_ns - int(self._clock.monotonic() * NS)

    def _inside(self, parent: SpanContext | None) -> SpanContext:
        trace_id = self._ids.generate_trace_id() if parent is None else parent.trace_id
        return SpanContext(
            trace_id, self._ids.generate_span_id(), is_remote=False, trace_flags=CHOSEN
        )

    @contextmanager
    def going_on(self, span: Span) -> Iterator["SpanTrace"]:
        """The span, until the block is left; what is raised is named by its type alone, since its
        text may say more."""
        try:
            yield SpanTrace(self, span)
        except BaseException as error:
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
        finally:
            span.end()


class SpanTrace:
    """See Trace."""

    def __init__(self, telling: Telling, span: Span) -> None:
        self._telling = telling
        self._span = span
        self.names: Mapping[str, str] = names_of(span.get_span_context())

    @property
    def traceparent(self) -> str:
        """See Trace."""
        return parent_of(self._span.get_span_context())

    def answered(self, status: int, user: str | None) -> None:
        """See Trace."""
        self._span.set_attribute("http.response.status_code", status)
        if user is not None:
            self._span.set_attribute("user_id", user)
        if status >= SERVER_ERROR:
            self._span.set_status(StatusCode.ERROR)

    def leads_to(self, result_id: str) -> None:
        """See Trace."""
        self._span.set_attribute("result_id", pseudonym(result_id))
        self._span.add_link(context_of(result_id))

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """See Trace."""
        with self._telling.going_on(self._telling.begin(name, inside(self._span))):
            yield


class NamedTrace(NoTrace):
    """A trace of others that is gone on with here in name alone."""

    def __init__(self, context: SpanContext) -> None:
        self.names = names_of(context)
        self.traceparent = parent_of(context)


def ns_of(moment: datetime) -> int:
    """A moment as spans have it."""
    return int(moment.timestamp() * NS)


def inside(span: Span) -> Context:
    """Where a span's parts belong."""
    return set_span_in_context(span, Context())


def names_of(context: SpanContext) -> Mapping[str, str]:
    """What log lines say of a trace."""
    return {"trace_id": format_trace_id(context.trace_id)}


def parent_of(context: SpanContext) -> str:
    """What others are told who go on with it (W3C Trace Context, version 00)."""
    names = format_trace_id(context.trace_id), format_span_id(context.span_id)
    return f"00-{'-'.join(names)}-{context.trace_flags:02x}"
