"""A video's trace follows from its name, wherever it is told of."""

import uuid
from dataclasses import replace
from datetime import timedelta

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import format_trace_id

from server.settings import Settings
from server.traces.spans import SpanTraces
from server.traces.telling import Telling
from server.traces.videos import context_of, is_chosen
from tests.fakes import ManualClock
from tests.integration.records import NOW, RESULT

NAMES = [str(uuid.UUID(int=number)) for number in range(1000)]


def test_all_processes_tell_of_the_same_trace() -> None:
    """Each video has its own, which does not show its name."""
    assert context_of(NAMES[0]) == context_of(NAMES[0])
    assert len({context_of(name).trace_id for name in NAMES}) == len(NAMES)
    assert context_of(NAMES[0]).is_valid
    assert format_trace_id(context_of(NAMES[0]).trace_id) not in NAMES[0].replace("-", "")


def test_a_share_of_the_videos_is_chosen() -> None:
    """About as large as it is meant to be, all of them or none; a larger one has the smaller in
    it."""
    contexts = [context_of(name) for name in NAMES]
    assert all(is_chosen(context, 1.0) for context in contexts)
    assert not any(is_chosen(context, 0.0) for context in contexts)
    few, more = ([is_chosen(context, share) for context in contexts] for share in (0.1, 0.5))
    assert 50 < sum(few) < 150
    assert 400 < sum(more) < 600
    assert all(chosen for chosen, before in zip(more, few, strict=True) if before)


class Ended(SpanProcessor):
    """Spans that have ended."""

    def __init__(self) -> None:
        self.names = list[str]()

    def on_end(self, span: ReadableSpan) -> None:
        """See SpanProcessor."""
        self.names.append(span.name)


def test_a_video_is_queued_until_it_is_begun_first() -> None:
    """Until it is begun again it was worked on, too, also where that was handed back."""
    ended, provider = Ended(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(ended)
    telling = Telling(provider.get_tracer("test"), Resource({}), ended, ManualClock())
    traces = SpanTraces(telling, Settings(_env_file=None))
    first = replace(RESULT, attempts=1, started_at=NOW, updated_at=NOW)
    handed_back = replace(first, updated_at=NOW + timedelta(seconds=9))
    for record in (first, handed_back, replace(handed_back, attempts=2)):
        with traces.attempt(record):
            pass
    assert ended.names == ["queued", "attempt", "attempt", "attempt"]
