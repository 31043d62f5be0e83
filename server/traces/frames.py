"""Frames as spans: what happened to one is known, and told, when it is over."""

import random
from collections.abc import Iterator, Mapping
from typing import Final

from media.frame import DropCause, EncodedFrame
from processing.pipeline import Processed
from processing.watch import Steps
from server.traces.telling import NS, Facts, Telling

RENDER: Final = "render"
"""The engine's stages together."""


class FrameSpans:
    """A session's frames. See Watch."""

    def __init__(self, telling: Telling, share: float, facts: Facts) -> None:
        self._telling = telling
        self._share = share
        self._facts = facts

    def wants(self) -> bool:
        """See Watch."""
        return random.random() < self._share  # noqa: S311  (nobody gains by guessing it)

    def delivered(self, frame: EncodedFrame, result: Processed, steps: Steps) -> None:
        """See Watch."""
        told = self._told(frame, steps.sent_s, {"outcome": "delivered"})
        told.add("wait", frame.arrived_s, steps.started_s)
        for name, since_s, until_s in laid_out(result.stage_ms, steps.started_s):
            told.add(name, since_s, until_s)
        told.add("send", steps.handed_s, steps.sent_s)

    def dropped(self, frame: EncodedFrame, cause: DropCause, now_s: float) -> None:
        """See Watch."""
        told = self._told(frame, now_s, {"outcome": "dropped", "cause": cause.value})
        told.add("wait", frame.arrived_s, now_s)

    def failed(self, frame: EncodedFrame, error: Exception, steps: Steps) -> None:
        """See Watch."""
        facts = {"outcome": "failed", "error.type": type(error).__name__}
        told = self._told(frame, steps.sent_s, facts)
        told.add("wait", frame.arrived_s, steps.started_s)
        told.add("process", steps.started_s, steps.processed_s)
        told.add("send", steps.handed_s, steps.sent_s)

    def _told(self, frame: EncodedFrame, end_s: float, facts: Facts) -> "_ToldFrame":
        known = {**self._facts, **facts, "size_bytes": frame.size_bytes}
        return _ToldFrame(self._telling, known, frame.arrived_s, end_s)


class _ToldFrame:
    """A frame's span, to which its parts are added. Moments are of the monotonic clock."""

    def __init__(self, telling: Telling, facts: Facts, since_s: float, until_s: float) -> None:
        self._telling = telling
        self._epoch_ns = telling.epoch_ns
        span_ns = self._ns(since_s), self._ns(until_s)
        is_error = "error.type" in facts
        self._whole = telling.past("frame", None, span_ns, facts, is_error=is_error)

    def add(self, name: str, since_s: float, until_s: float) -> None:
        """A part of its time."""
        self._telling.past(name, self._whole, (self._ns(since_s), self._ns(until_s)))

    def _ns(self, moment_s: float) -> int:
        return self._epoch_ns + int(moment_s * NS)


def laid_out(stage_ms: Mapping[str, float], started_s: float) -> Iterator[tuple[str, float, float]]:
    """Each stage with its begin and end: they follow each other, in the order in which they are
    told. ``render`` is left out where the engine tells of its own stages."""
    has_own = len(stage_ms.keys() - {"decode", RENDER, "encode"}) > 0
    since_s = started_s
    for name, ms in stage_ms.items():
        if name == RENDER and has_own:
            continue
        yield name, since_s, since_s + ms / 1000.0
        since_s += ms / 1000.0
