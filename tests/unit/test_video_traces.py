"""A video's trace follows from its name, wherever it is told of."""

import uuid

from opentelemetry.trace import format_trace_id

from server.traces.videos import context_of, is_chosen

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
