"""When a session's document is worth writing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.document import SIGN_OF_LIFE, SessionDocument
from storage.records import SessionRecord, SessionStatus

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
IDLE = SessionRecord(
    session_id="s1",
    user_id="u1",
    style_image_data=None,
    color_image_data=None,
    look=None,
    connected_at=BEGUN,
    last_activity=BEGUN,
    frames_processed=0,
    average_latency_ms=0.0,
    dropped_frames=0,
    status=SessionStatus.ACTIVE,
    created_at=BEGUN,
    updated_at=BEGUN,
)


def after(seconds: float) -> SessionRecord:
    return replace(IDLE, updated_at=BEGUN + timedelta(seconds=seconds))


@pytest.fixture
def document() -> SessionDocument:
    """One whose first record was news."""
    document = SessionDocument("s1", "u1", BEGUN)
    assert document.is_news(IDLE)
    return document


def test_a_client_that_does_nothing_is_written_now_and_then(document: SessionDocument) -> None:
    """As a sign of life; it counts from the last one."""
    life_s = SIGN_OF_LIFE.total_seconds()
    news = [at_s for at_s in range(int(3 * life_s)) if document.is_news(after(at_s))]
    assert news == [life_s, 2 * life_s]


def test_what_has_changed_is_written(document: SessionDocument) -> None:
    """Each time."""
    for frames in (1, 2):
        assert document.is_news(replace(after(frames), frames_processed=frames))
    assert document.is_news(after(3))


def test_a_clock_set_back_silences_nobody(document: SessionDocument) -> None:
    """The sign of life does not wait until it is as late again."""
    assert document.is_news(after(-3600))
    assert not document.is_news(after(-3599))
