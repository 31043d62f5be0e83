"""Results in SQLite: each change is one statement, so that no two processes do the same work."""

import sqlite3
from datetime import datetime
from typing import Any, Final

from storage.database import QueueFull, UserQueueFull
from storage.results import (
    Ending,
    Lease,
    QueueBounds,
    ResultRecord,
    RunningBounds,
    Workload,
)
from storage.sqlite_keys import added_before
from storage.sqlite_rows import Run, Table, to_ms, transaction

_TABLE: Final = Table.of("results", ResultRecord)
_PACE_OF: Final = 20
"""So many of the last results tell how fast they are made."""

_GET: Final = "SELECT * FROM results WHERE result_id = ?"
_UNFINISHED: Final = """
    SELECT count(*), count(*) FILTER (WHERE user_id = ?) FROM results
    WHERE status IN ('queued', 'processing')
"""
_HISTORY: Final = """
    SELECT * FROM results WHERE user_id = ? ORDER BY created_at DESC, result_id LIMIT ? OFFSET ?
"""
_COUNT: Final = "SELECT count(*) FROM results WHERE user_id = ?"
_CLAIM: Final = """
    UPDATE results SET status = 'processing', lease_owner = :owner, lease_until = :until,
        attempts = attempts + 1, frames_done = 0, started_at = coalesce(started_at, :now),
        updated_at = :now
    WHERE result_id = (
        SELECT waiting.result_id FROM results AS waiting
        LEFT JOIN (
            SELECT user_id, count(*) AS running FROM results WHERE status = 'processing'
            GROUP BY user_id
        ) AS busy ON busy.user_id = waiting.user_id
        WHERE waiting.status = 'queued' AND coalesce(busy.running, 0) < :per_user
            AND (SELECT count(*) FROM results WHERE status = 'processing') < :in_all
        ORDER BY coalesce(busy.running, 0), waiting.created_at, waiting.result_id LIMIT 1
    )
    RETURNING *
"""
_OWNED: Final = "result_id = :result_id AND lease_owner = :owner AND status = 'processing'"
_RENEW: Final = f"""
    UPDATE results SET lease_until = :until, frames_done = :frames_done, updated_at = :now
    WHERE {_OWNED}
"""
_GIVE_BACK: Final = f"""
    UPDATE results SET status = 'queued', lease_owner = NULL, lease_until = NULL, frames_done = 0,
        attempts = attempts - 1, updated_at = :now
    WHERE {_OWNED}
"""
_NOTICE_DUE: Final = "CASE WHEN webhook_url IS NULL THEN NULL ELSE :now END"
_ENDED: Final = f"""
    lease_owner = NULL, lease_until = NULL, completed_at = :now, updated_at = :now,
    notify_at = {_NOTICE_DUE}
"""
_END: Final = f"""
    UPDATE results SET status = :status, processing_time = :processing_time,
        frame_count = :frame_count, sampled_frames = :sampled_frames, ai_model = :ai_model,
        error_message = :error_message, {_ENDED}
    WHERE {_OWNED}
"""
_CANCEL: Final = f"""
    UPDATE results SET status = 'cancelled', {_ENDED}
    WHERE result_id = :result_id AND status IN ('queued', 'processing')
"""
_FAIL_EXPIRED: Final = f"""
    UPDATE results SET status = 'failed', error_message = :text, {_ENDED}
    WHERE status = 'processing' AND lease_until <= :now AND attempts >= :attempts
    RETURNING *
"""
_QUEUE_EXPIRED: Final = """
    UPDATE results SET status = 'queued', lease_owner = NULL, lease_until = NULL, frames_done = 0,
        updated_at = :now
    WHERE status = 'processing' AND lease_until <= :now
    RETURNING *
"""
_CLAIM_NOTICE: Final = """
    UPDATE results SET notify_at = :until, notify_attempts = notify_attempts + 1
    WHERE result_id = (
        SELECT result_id FROM results WHERE notify_at <= :now ORDER BY notify_at LIMIT 1
    )
    RETURNING *
"""
_END_NOTICE: Final = "UPDATE results SET notify_at = ? WHERE result_id = ?"
_DELETE: Final = "DELETE FROM results WHERE result_id = ?"
_LEFT: Final = """
    SELECT count(*) FILTER (WHERE status = 'queued') AS queued,
        count(*) FILTER (WHERE status = 'processing') AS processing,
        coalesce(sum(size_mpx * (1.0 - min(1.0, frames_done * 1.0 / max(1, frames_total)))), 0)
            AS left_mpx
    FROM results WHERE status IN ('queued', 'processing')
"""
_DONE: Final = f"""
    SELECT coalesce(sum(size_mpx), 0) AS done_mpx, coalesce(sum(processing_time), 0) AS done_s
    FROM (
        SELECT size_mpx, processing_time FROM results WHERE status = 'completed'
        ORDER BY completed_at DESC LIMIT {_PACE_OF}
    )
"""


class SqliteResults:
    """See Results."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def add(self, record: ResultRecord, bounds: QueueBounds) -> ResultRecord:
        """See Results."""
        row = _TABLE.row(record)
        earlier = await self._run(lambda connection: _add(connection, row, bounds))
        return record if earlier is None else _TABLE.record(earlier)

    async def get(self, result_id: str) -> ResultRecord | None:
        """See Results."""
        return await self._one(_GET, (result_id,))

    async def history(
        self, user_id: str, limit: int, offset: int
    ) -> tuple[list[ResultRecord], int]:
        """See Results."""

        def both(connection: sqlite3.Connection) -> tuple[list[sqlite3.Row], int]:
            total: int = connection.execute(_COUNT, (user_id,)).fetchone()[0]
            return connection.execute(_HISTORY, (user_id, limit, offset)).fetchall(), total

        rows, total = await self._run(both)
        return [_TABLE.record(row) for row in rows], total

    async def claim(self, lease: Lease, bounds: RunningBounds) -> ResultRecord | None:
        """See Results."""
        bounded = {"in_all": bounds.in_all, "per_user": bounds.per_user}
        return await self._one(_CLAIM, {**_lease(lease), **bounded})

    async def renew(self, result_id: str, lease: Lease, frames_done: int) -> bool:
        """See Results."""
        progress = {"result_id": result_id, "frames_done": frames_done}
        return await self._changes(_RENEW, {**_lease(lease), **progress})

    async def give_back(self, result_id: str, lease: Lease) -> bool:
        """See Results."""
        return await self._changes(_GIVE_BACK, {**_lease(lease), "result_id": result_id})

    async def end(self, result_id: str, owner: str, ending: Ending) -> bool:
        """See Results."""
        values = {
            "result_id": result_id,
            "owner": owner,
            "status": ending.status,
            "now": to_ms(ending.now),
            "processing_time": ending.processing_time,
            "frame_count": ending.frame_count,
            "sampled_frames": ending.sampled_frames,
            "ai_model": ending.ai_model,
            "error_message": ending.error_message,
        }
        return await self._changes(_END, values)

    async def cancel(self, result_id: str, now: datetime) -> ResultRecord | None:
        """See Results."""
        values = {"result_id": result_id, "now": to_ms(now)}

        def cancelled(connection: sqlite3.Connection) -> Any:
            with transaction(connection):
                connection.execute(_CANCEL, values)
                return connection.execute(_GET, (result_id,)).fetchone()

        row = await self._run(cancelled)
        return None if row is None else _TABLE.record(row)

    async def take_up_expired(self, now: datetime, attempts: int, text: str) -> list[ResultRecord]:
        """See Results."""
        values = {"now": to_ms(now), "attempts": attempts, "text": text}

        def taken_up(connection: sqlite3.Connection) -> list[sqlite3.Row]:
            with transaction(connection):
                failed = connection.execute(_FAIL_EXPIRED, values).fetchall()
                return failed + connection.execute(_QUEUE_EXPIRED, values).fetchall()

        return [_TABLE.record(row) for row in await self._run(taken_up)]

    async def claim_notice(self, now: datetime, until: datetime) -> ResultRecord | None:
        """See Results."""
        return await self._one(_CLAIM_NOTICE, {"now": to_ms(now), "until": to_ms(until)})

    async def end_notice(self, result_id: str, again_at: datetime | None = None) -> None:
        """See Results."""
        again_ms = None if again_at is None else to_ms(again_at)
        await self._changes(_END_NOTICE, (again_ms, result_id))

    async def delete(self, result_id: str) -> None:
        """See Results."""
        await self._changes(_DELETE, (result_id,))

    async def workload(self) -> Workload:
        """See Results."""

        def both(connection: sqlite3.Connection) -> dict[str, Any]:
            left, done = connection.execute(_LEFT).fetchone(), connection.execute(_DONE).fetchone()
            return {**dict(left), **dict(done)}

        return Workload(**await self._run(both))

    async def _one(self, statement: str, values: Any) -> ResultRecord | None:
        # All rows, since what is written is only committed when none is left.
        rows = await self._run(lambda it: it.execute(statement, values).fetchall())
        return _TABLE.record(rows[0]) if rows else None

    async def _changes(self, statement: str, values: Any) -> bool:
        changed = await self._run(lambda it: it.execute(statement, values).rowcount)
        return changed > 0


def _add(
    connection: sqlite3.Connection, row: dict[str, Any], bounds: QueueBounds
) -> sqlite3.Row | None:
    with transaction(connection):
        earlier = added_before(connection, _TABLE, row)
        if earlier is None:
            _check_room(connection, row["user_id"], bounds)
            connection.execute(_TABLE.insertion, row)
    return earlier


def _check_room(connection: sqlite3.Connection, user_id: str, bounds: QueueBounds) -> None:
    in_all, of_user = connection.execute(_UNFINISHED, (user_id,)).fetchone()
    if of_user >= bounds.per_user:
        raise UserQueueFull
    if in_all >= bounds.in_all:
        raise QueueFull


def _lease(lease: Lease) -> dict[str, Any]:
    return {"owner": lease.owner, "now": to_ms(lease.now), "until": to_ms(lease.until)}
