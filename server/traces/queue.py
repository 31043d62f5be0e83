"""Spans on their way to the collector: sent by a thread, and given up where too many wait."""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from server.metrics.spans import SpanEnd, SpanMeters

MOST: Final = 4096
"""So many may wait; each holds about two kilobytes."""
BATCH: Final = 512
"""So many are sent at once at most, and without waiting any longer."""

log = structlog.get_logger(__name__)


class SpanQueue(SpanProcessor):
    """Whoever ends a span goes on at once. Not the library's own, which counts nothing that it
    gives up, and may take half a minute to stop."""

    def __init__(self, exporter: SpanExporter, meters: SpanMeters, wait_s: float) -> None:
        """A span waits for others no longer than ``wait_s``."""
        self._exporter = exporter
        self._meters = meters
        self._wait_s = wait_s
        self._waiting: deque[ReadableSpan] = deque(maxlen=MOST)
        self._changed = threading.Condition()
        self._is_closing = False
        self._is_failing = False
        # A daemon: a collector that hangs keeps no process from ending.
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    def on_end(self, span: ReadableSpan) -> None:
        """Take a span that has ended, if there is room for it."""
        with self._changed:
            has_room = not self._is_closing and len(self._waiting) < MOST
            if has_room:
                self._waiting.append(span)
                if len(self._waiting) == BATCH:
                    self._changed.notify()
        if not has_room:
            self._meters.ended(SpanEnd.DROPPED, 1)

    async def close(self, timeout_s: float) -> None:
        """Send what waits, but no longer than that; the rest is given up."""
        await asyncio.to_thread(self._stop, timeout_s)

    def _stop(self, timeout_s: float) -> None:
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join(timeout_s)
        self._meters.ended(SpanEnd.DROPPED, len(self._taken(MOST)))
        self._exporter.shutdown()

    def _run(self) -> None:
        while batch := self._next():
            self._send(batch)

    def _next(self) -> Sequence[ReadableSpan]:
        """What is to be sent now; nothing when it is time to stop."""
        while True:
            with self._changed:
                self._changed.wait_for(self._is_due, self._wait_s)
                is_closing = self._is_closing
            if (batch := self._taken(BATCH)) or is_closing:
                return batch

    def _is_due(self) -> bool:
        return self._is_closing or len(self._waiting) >= BATCH

    def _taken(self, most: int) -> Sequence[ReadableSpan]:
        with self._changed:
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def _send(self, batch: Sequence[ReadableSpan]) -> None:
        try:
            is_sent = self._exporter.export(batch) is SpanExportResult.SUCCESS
        except Exception:
            log.exception("spans cannot be sent")
            is_sent = False
        self._meters.ended(SpanEnd.SENT if is_sent else SpanEnd.FAILED, len(batch))
        if is_sent == self._is_failing:  # said once, and not of each batch
            self._is_failing = not is_sent
            tell = log.info if is_sent else log.warning
            tell("spans are sent again" if is_sent else "the collector takes no spans")
