"""What is told of requests, frames and videos while they are worked on; and nobody who listens."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol, TypeAlias

from aiohttp import web

from media.frame import EncodedFrame
from processing.pipeline import Processed
from processing.watch import UNWATCHED, Watch
from storage.results import ResultRecord

TRACEPARENT: Final = "traceparent"
"""The header of W3C's Trace Context; what stands in ``tracestate`` is of no use here."""
FrameWatch: TypeAlias = Watch[EncodedFrame, Processed]


class Trace(Protocol):
    """A request, or an attempt at a video, as far as it is told of."""

    @property
    def names(self) -> Mapping[str, str]:
        """What log lines say of it: its ``trace_id``, if it has one."""
        ...

    @property
    def traceparent(self) -> str:
        """The header for whoever goes on with it; empty if it is none."""
        ...

    def answered(self, status: int, user: str | None) -> None:
        """A request's answer; ``user`` is a pseudonym."""
        ...

    def leads_to(self, result_id: str) -> None:
        """A video was ordered, which has a trace of its own."""
        ...

    def step(self, name: str) -> AbstractContextManager[None]:
        """A part of the work, for the length of the block."""
        ...


class Traces(Protocol):
    """Tells of what is done. Nothing of it waits for anybody."""

    def request(
        self, request: web.Request, endpoint: str | None, request_id: str
    ) -> AbstractContextManager[Trace]:
        """A request at this address of the table, until it is over."""
        ...

    def frames(self, session_id: str, transport: str) -> FrameWatch:
        """Looks at a session's frames."""
        ...

    def attempt(self, record: ResultRecord) -> AbstractContextManager[Trace]:
        """Somebody has taken a video up, and works on it for the length of the block."""
        ...

    def video_ended(self, record: ResultRecord, status: str) -> None:
        """Nothing more is done for this video."""
        ...


class NoTrace:
    """Nobody listens."""

    names: Mapping[str, str] = {}
    traceparent = ""

    def answered(self, status: int, user: str | None) -> None:
        """See Trace."""

    def leads_to(self, result_id: str) -> None:
        """See Trace."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """See Trace."""
        return nullcontext()


class NoTraces:
    """Nobody listens to any."""

    def request(
        self, request: web.Request, endpoint: str | None, request_id: str
    ) -> AbstractContextManager[Trace]:
        """See Traces."""
        return nullcontext(UNTRACED)

    def frames(self, session_id: str, transport: str) -> FrameWatch:
        """See Traces."""
        return UNWATCHED

    def attempt(self, record: ResultRecord) -> AbstractContextManager[Trace]:
        """See Traces."""
        return nullcontext(UNTRACED)

    def video_ended(self, record: ResultRecord, status: str) -> None:
        """See Traces."""


UNTRACED: Final = NoTrace()
NO_TRACES: Final = NoTraces()
TRACES = web.AppKey("traces", Traces)
TRACE = web.RequestKey("trace", Trace)
