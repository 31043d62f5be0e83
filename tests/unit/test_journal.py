"""The journal: merged writes, the last one always, and a database that fails now and then."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from media.clock import SystemClock
from server import journal as journal_module
from server.journal import SessionJournal
from storage.errors import StorageFailed
from storage.records import SessionRecord, SessionStatus
from tests.fakes import PATIENCE_S

_MOMENT = datetime(2024, 1, 1, tzinfo=UTC)
_RECORD = SessionRecord(
    session_id="s1",
    user_id="u1",
    style_image_data=None,
    color_image_data=None,
    look=None,
    connected_at=_MOMENT,
    last_activity=_MOMENT,
    frames_processed=0,
    average_latency_ms=0.0,
    dropped_frames=0,
    status=SessionStatus.ACTIVE,
    created_at=_MOMENT,
    updated_at=_MOMENT,
)


class _Sessions:
    """Remembers what was saved; fails or waits on demand."""

    def __init__(self) -> None:
        self.saved: list[SessionRecord] = []
        self.failures = 0
        self.attempts = 0
        self.erased = False
        self.free = asyncio.Event()
        self.free.set()

    async def begin(self, record: SessionRecord) -> None:
        """See Database."""
        self.saved.append(record)

    async def save(self, record: SessionRecord) -> bool:
        """See Database."""
        self.attempts += 1
        await self.free.wait()
        if self.failures:
            self.failures -= 1
            raise StorageFailed("TEST")
        self.saved.append(record)
        return not self.erased

    async def get(self, session_id: str) -> SessionRecord | None:
        """See Database."""
        return next((record for record in self.saved if record.session_id == session_id), None)

    async def of_user(
        self, user_id: str, limit: int, after: SessionRecord | None = None
    ) -> list[SessionRecord]:
        """See Database."""
        return []

    async def time_out_silent(self, now: datetime, since: datetime) -> int:
        """See Database."""
        return 0

    async def remove(self, session_id: str, user_id: str) -> None:
        """See Database."""
        self.saved = [one for one in self.saved if one.session_id != session_id]

    async def remove_expired(self, limit: int) -> int:
        """See Database."""
        return 0

    async def close(self) -> None:
        """See Database."""


@pytest.fixture
async def sessions() -> _Sessions:
    return _Sessions()


@pytest.fixture
async def journal(sessions: _Sessions) -> SessionJournal:
    return SessionJournal(sessions, SystemClock(), interval_s=0.01)


def _record(frames: int, session_id: str = "s1") -> SessionRecord:
    return replace(_RECORD, session_id=session_id, frames_processed=frames)


async def test_notes_are_merged(sessions: _Sessions, journal: SessionJournal) -> None:
    """Of many notes about a session only the newest is written, and only once."""
    for frames in range(5):
        journal.note(_record(frames))
    journal.note(_record(7, "s2"))
    await journal.flush()
    await journal.flush()
    assert sessions.saved == [_record(4), _record(7, "s2")]


async def test_last_record_is_written_at_once(sessions: _Sessions, journal: SessionJournal) -> None:
    """The last record is written without waiting, and no earlier one after it."""
    journal.note(_record(1))
    await journal.save(_record(2))
    await journal.flush()
    assert sessions.saved == [_record(2)]


async def test_last_record_comes_last(sessions: _Sessions, journal: SessionJournal) -> None:
    """A write under way cannot overwrite the last record, however slow it is."""
    sessions.free.clear()
    journal.note(_record(1))
    flushing = asyncio.create_task(journal.flush())
    await asyncio.sleep(0)
    saving = asyncio.create_task(journal.save(_record(2)))
    await asyncio.sleep(0)
    sessions.free.set()
    await asyncio.gather(flushing, saving)
    await journal.flush()
    assert sessions.saved == [_record(1), _record(2)]


async def test_failed_write_is_made_later(sessions: _Sessions, journal: SessionJournal) -> None:
    """After a failure the rest of a round is not tried; the next begins with the others."""
    sessions.failures = 1
    journal.note(_record(1))
    journal.note(_record(2, "s2"))
    await journal.flush()
    assert sessions.saved == []
    await journal.flush()
    assert sessions.saved == [_record(2, "s2"), _record(1)]


async def test_reconnecting_costs_no_more_writes(
    sessions: _Sessions, journal: SessionJournal
) -> None:
    """A session that ends again and again is written once in an interval, and at the end."""
    slow = SessionJournal(sessions, SystemClock(), interval_s=60.0)
    await slow.claim(_record(0))
    for frames in range(1, 50):
        await slow.save(_record(frames))
    assert sessions.saved == [_record(0)]
    await slow.flush()
    assert sessions.saved == [_record(0), _record(49)]


async def test_what_goes_on_elsewhere_is_written_now(sessions: _Sessions) -> None:
    """Though one was just written; not where that has just failed, since it would be waited for."""
    slow = SessionJournal(sessions, SystemClock(), interval_s=60.0)
    await slow.claim(_record(0))
    slow.note(_record(1))
    await slow.settle("s1")
    await slow.settle("s1")
    assert sessions.saved == [_record(0), _record(1)]
    sessions.failures = 1
    slow.note(_record(2))
    for _ in range(3):
        await slow.settle("s1")
    assert sessions.attempts == 2
    assert slow.pending("s1") == _record(2)


async def test_what_is_handed_over_is_not_written_again(sessions: _Sessions) -> None:
    """It is tried also where writing has just failed; who goes on gets what is not written."""
    slow = SessionJournal(sessions, SystemClock(), interval_s=60.0)
    sessions.failures = 3
    for session_id in ("s1", "s2"):
        await slow.save(_record(1, session_id))
        assert await slow.hand_over(session_id) == _record(1, session_id)
        slow.note(_record(2, session_id))
    assert await slow.hand_over("s2") is None
    assert sessions.saved == [_record(2, "s2")]
    assert await slow.hand_over("s1") is None
    await slow.flush()
    assert sessions.saved == [_record(2, "s2"), _record(2)]


async def test_who_goes_on_elsewhere_does_not_wait_for_a_round(
    sessions: _Sessions, journal: SessionJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that hangs in the database, and fails then, does not bring back what was handed over."""
    monkeypatch.setattr(journal_module, "HAND_OVER_S", 0.0)
    sessions.failures = 1
    sessions.free.clear()
    journal.note(_record(1))
    round_ = asyncio.create_task(journal.flush())
    await asyncio.sleep(0)
    assert await journal.hand_over("s1") == _record(1)
    sessions.free.set()
    await round_
    await journal.flush()
    assert sessions.saved == []


async def test_who_gives_up_waiting_is_the_last_to_wait(sessions: _Sessions) -> None:
    """While a round hangs in the database somebody waits for it as long as they may; others do not,
    and nothing is lost."""
    slow = SessionJournal(sessions, SystemClock(), interval_s=60.0)
    sessions.free.clear()
    slow.note(_record(0, "s2"))
    round_ = asyncio.create_task(slow.flush())
    await asyncio.sleep(0)
    slow.note(_record(0))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await slow.settle("s1")
    await slow.save(_record(1))
    assert slow.pending("s1") == _record(1)
    sessions.free.set()
    await round_
    await slow.flush()
    assert sessions.saved == [_record(0, "s2"), _record(1)]


async def test_a_new_session_waits_for_no_round(
    sessions: _Sessions, journal: SessionJournal
) -> None:
    """However long it takes to write the others."""
    sessions.free.clear()
    journal.note(_record(1))
    flushing = asyncio.create_task(journal.flush())
    await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE_S):
        await journal.claim(_record(0, "s2"))
    sessions.free.set()
    await flushing
    assert sessions.saved == [_record(0, "s2"), _record(1)]


async def test_a_session_that_goes_on_is_written_at_once(sessions: _Sessions) -> None:
    """Unless that was just done, or is about to be; what is not there any more is told of."""
    slow = SessionJournal(sessions, SystemClock(), interval_s=60.0)
    assert await slow.take_up(_record(1))
    assert await slow.take_up(_record(2))
    slow.note(_record(3, "s2"))
    assert await slow.take_up(_record(4, "s2"))
    assert sessions.saved == [_record(1)]
    sessions.erased = True
    assert not await slow.take_up(_record(5, "s3"))


async def test_failing_database_is_not_asked_by_everyone(sessions: _Sessions) -> None:
    """While writes fail, sessions that end leave their records to the next round."""
    slow = SessionJournal(sessions, SystemClock(), interval_s=60.0)
    sessions.failures = 1
    for number in range(5):
        await slow.save(_record(1, f"s{number}"))
    assert sessions.saved == []
    await slow.flush()
    assert len(sessions.saved) == 5


async def test_failed_last_write_is_made_later(
    sessions: _Sessions, journal: SessionJournal
) -> None:
    """A last record that the database did not take is written with the next round."""
    sessions.failures = 1
    await journal.save(_record(1))
    assert sessions.saved == []
    await journal.flush()
    assert sessions.saved == [_record(1)]


async def test_newer_note_beats_a_failed_write(
    sessions: _Sessions, journal: SessionJournal
) -> None:
    """A record noted while an older one fails is the one that is written next."""
    sessions.failures = 1
    sessions.free.clear()
    journal.note(_record(1))
    flushing = asyncio.create_task(journal.flush())
    await asyncio.sleep(0)
    journal.note(_record(2))
    sessions.free.set()
    await flushing
    await journal.flush()
    assert sessions.saved == [_record(2)]


async def test_runs_in_rounds(sessions: _Sessions, journal: SessionJournal) -> None:
    """While it runs what is noted gets written, once a round, until it is cancelled."""
    running = asyncio.create_task(journal.run())
    for frames in range(100):
        journal.note(_record(frames))
    async with asyncio.timeout(2.0):
        while not sessions.saved:  # noqa: ASYNC110  (what is watched is no event)
            await asyncio.sleep(0.001)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert sessions.saved == [_record(99)]


async def test_cancelled_round_loses_nothing(sessions: _Sessions, journal: SessionJournal) -> None:
    """A round cut short by the stop leaves what it had not written to the last flush."""
    sessions.free.clear()
    for number in range(3):
        journal.note(_record(number, f"s{number}"))
    running = asyncio.create_task(journal.flush())
    await asyncio.sleep(0)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    sessions.free.set()
    await journal.flush()
    assert {record.session_id for record in sessions.saved} == {"s0", "s1", "s2"}


async def test_an_erased_session_is_told_of_once(
    sessions: _Sessions, journal: SessionJournal
) -> None:
    """Its document is not there any more when it is to be saved: nothing is left to write."""
    told: list[str] = []
    journal.when_erased(told.append)
    sessions.erased = True
    journal.note(_record(1))
    await journal.flush()
    await journal.flush()
    assert told == ["s1"]
    assert journal.pending("s1") is None


async def test_what_is_pending_of_a_user_is_forgotten(
    sessions: _Sessions, journal: SessionJournal
) -> None:
    """And of nobody else."""
    journal.note(_record(1))
    journal.note(replace(_record(1, "s2"), user_id="u2"))
    await journal.forget("u1")
    await journal.flush()
    assert [record.session_id for record in sessions.saved] == ["s2"]


async def test_of_what_is_dropped_nothing_stays(
    sessions: _Sessions, journal: SessionJournal
) -> None:
    """Neither what was written nor what was to be."""
    await journal.claim(_record(0))
    journal.note(_record(1))
    journal.note(_record(1, "s2"))
    await journal.drop(_record(1))
    await journal.flush()
    assert sessions.saved == [_record(1, "s2")]
