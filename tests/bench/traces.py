"""What looking at a frame costs: where nobody does, where others are chosen, and of one that is."""

import asyncio
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from prometheus_client import CollectorRegistry

from media.clock import SystemClock
from media.frame import EncodedFrame
from processing.pipeline import Processed
from processing.watch import UNWATCHED, Steps
from server.metrics.spans import SpanMeters
from server.traces.frames import FrameSpans
from server.traces.queue import SpanQueue
from server.traces.telling import SCOPE, Telling
from tests.bench.scenarios import Options
from tests.bench.table import table, verdict

ROUNDS: Final = 5
ASKED: Final = 200_000
TRACED: Final = 300
MOST_US: Final = 1.0
STAGES: Final = dict.fromkeys(
    ("decode", "head", "hair", "matte", "colour", "render", "encode"), 1.0
)


class _Nowhere(SpanExporter):
    """Takes all, and sends nothing."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See SpanExporter."""
        return SpanExportResult.SUCCESS


def traces(_: Options) -> str:
    """The best of five rounds, on the event loop, without what is sent on a thread of its own."""
    nobody_us = _best_us(UNWATCHED.wants, ASKED)
    others_us, traced_us = asyncio.run(_looked_at())
    rows = [
        ("nobody looks", f"{nobody_us:.3f}"),
        ("another frame is chosen", f"{others_us:.3f}"),
        ("a frame is traced, with 8 parts", f"{traced_us:.0f}"),
    ]
    claim = f"a frame that nobody looks at costs less than {MOST_US:g} microsecond"
    heads = ("frame", "microseconds")
    return "\n".join([table(heads, rows), verdict(nobody_us < MOST_US, claim)])


async def _looked_at() -> tuple[float, float]:
    """A frame that is not chosen, and one that is."""
    clock = SystemClock()
    queue = SpanQueue(_Nowhere(), SpanMeters(CollectorRegistry()), 0.01)
    tracer, resource = TracerProvider(shutdown_on_exit=False).get_tracer(SCOPE), Resource({})
    telling = Telling(tracer, resource, queue, clock)
    others_us = _best_us(FrameSpans(telling, 0.0, {}).wants, ASKED)
    now_s = clock.monotonic()
    frame, result = EncodedFrame("f", b"", now_s), Processed(b"", 1, STAGES)
    steps, spans = Steps(now_s, now_s, now_s, now_s), FrameSpans(telling, 1.0, {})
    traced_us = _best_us(lambda: spans.delivered(frame, result, steps), TRACED)
    await queue.close(1.0)
    return others_us, traced_us


def _best_us(call: Callable[[], object], count: int) -> float:
    return min(_round_us(call, count) for _ in range(ROUNDS))


def _round_us(call: Callable[[], object], count: int) -> float:
    """The median of ten parts of a round."""
    part, found = count // 10, []
    for _ in range(10):
        began_s = time.perf_counter()
        for _ in range(part):
            call()
        found.append((time.perf_counter() - began_s) / part * 1e6)
    return median(found)
