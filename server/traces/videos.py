"""A video's trace, which all processes know that work on it, one after the other."""

import hashlib
from typing import Final

from opentelemetry.trace import SpanContext, TraceFlags

TRACE_BYTES: Final = 16
SPAN_BYTES: Final = 8
CHOSEN: Final = TraceFlags(TraceFlags.SAMPLED)
_LOW: Final = 1 << 64
"""Traces are chosen by their lower half, as OpenTelemetry's own samplers do."""


def context_of(result_id: str) -> SpanContext:
    """Where a video's trace begins. It follows from the result's id, so that it need not be kept
    or handed on, and does not show it."""
    digest = hashlib.sha256(f"trace of {result_id}".encode()).digest()
    return SpanContext(
        int.from_bytes(digest[:TRACE_BYTES]),
        int.from_bytes(digest[TRACE_BYTES : TRACE_BYTES + SPAN_BYTES]),
        is_remote=True,
        trace_flags=CHOSEN,
    )


def is_chosen(context: SpanContext, share: float) -> bool:
    """Whether a video is one of this share: every process says the same."""
    return context.trace_id % _LOW < share * _LOW
