"""The queue of results in SQLite: each change is one transaction, so that no two processes do the
same work."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from storage.moments import to_ms
from storage.results import (
    Ending,
    Lease,
    ResultRecord,
    RunningBounds,
    Workload,
    as_seen,
)
from storage.retention import NowHorizon
from storage.sqlite.rows import Run, Table, transaction

TABLE: Final = Table.of("results", ResultRecord)
GET: Final = "SELECT * FROM results WHERE result_id = :result_id AND created_at > :over"
_PACE_OF: Final = 20
"""So many of the last results tell how fast they are made."""

_CLAIM: Final = """
    UPDATE results SET status = 'processing', lease_owner = :owner, lease_until = :until,
        attempts = attempts + 1, frames_done = 0, started_at = coalesce(started_at, :now),
        updated_at = :now
    WHERE result_id = (
        SELECT waiting.result_id FROM results AS waiting
        LEFT JOIN (
            SELECT user_id, count(*) AS running FROM results
            WHERE status = 'processing' AND created_at > :over GROUP BY user_id
        ) AS busy ON busy.user_id = waiting.user_id
        WHERE waiting.status = 'queued' AND waiting.created_at > :over
            AND (waiting.created_at > :photos
                OR coalesce(waiting.style_image_path, waiting.color_image_path) IS NULL)
            AND coalesce(busy.running, 0) < :per_user
            AND (
                SELECT count(*) FROM results WHERE status = 'processing' AND created_at > :over
            ) < :in_all
        ORDER BY coalesce(busy.running, 0), waiting.created_at, waiting.result_id LIMIT 1
    )
    RETURNING *
"""
_OWNED: Final = """
    result_id = :result_id AND lease_owner = :owner AND status = 'processing' AND created_at > :over
"""
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
        keyframes = :keyframes, cost_micro_usd = :cost_micro_usd, fallback = :fallback,
        error_message = :error_message, {_ENDED}
    WHERE {_OWNED}
"""
_CANCEL: Final = f"""
    UPDATE results SET status = 'cancelled', completed_at = :now, updated_at = :now,
        notify_at = {_NOTICE_DUE}
    WHERE status IN ('queued', 'processing') AND
"""
_LET_GO: Final = """
    UPDATE results SET lease_owner = NULL, lease_until = NULL
    WHERE result_id = :result_id AND lease_owner = :owner AND status = 'cancelled'
"""
_LEASED: Final = "SELECT count(*) FROM results WHERE user_id = ? AND lease_until > ?"
_FAIL_EXPIRED: Final = f"""
    UPDATE results SET status = 'failed', error_message = :text, {_ENDED}
    WHERE status = 'processing' AND lease_until <= :now AND created_at > :over
        AND attempts >= :attempts
    RETURNING *
"""
_QUEUE_EXPIRED: Final = """
    UPDATE results SET status = 'queued', lease_owner = NULL, lease_until = NULL, frames_done = 0,
        updated_at = :now
    WHERE status = 'processing' AND lease_until <= :now AND created_at > :over
    RETURNING *
"""
_CLAIM_NOTICE: Final = """
    UPDATE results SET notify_at = :until, notify_attempts = notify_attempts + 1
    WHERE result_id = (
        SELECT result_id FROM results WHERE notify_at <= :now AND created_at > :over
        ORDER BY notify_at LIMIT 1
    )
    RETURNING *
"""
_END_NOTICE: Final = "UPDATE results SET notify_at = :again WHERE result_id = :result_id"
_LEFT: Final = """
    SELECT count(*) FILTER (WHERE status = 'queued') AS queued,
        count(*) FILTER (WHERE status = 'processing') AS processing,
        coalesce(sum(size_mpx * (1.0 - min(1.0, frames_done * 1.0 / max(1, frames_total)))), 0)
            AS left_mpx
    FROM results WHERE status IN ('queued', 'processing') AND created_at > :over
"""
_DONE: Final = f"""
    SELECT coalesce(sum(size_mpx), 0) AS done_mpx, coalesce(sum(processing_time), 0) AS done_s
    FROM (
        SELECT size_mpx, processing_time FROM results
        WHERE status = 'completed' AND created_at > :over AND max_keyframes IS NULL
        ORDER BY completed_at DESC LIMIT {_PACE_OF}
    )
"""


class SqliteQueue:
    """Results as work to be done. See Results."""

    def __init__(self, run: Run, horizon: NowHorizon) -> None:
        self._run = run
        self._horizon = horizon

    async def claim(self, lease: Lease, bounds: RunningBounds) -> ResultRecord | None:
        """See Results."""
        bounded = {"in_all": bounds.in_all, "per_user": bounds.per_user}
        return await self._one(_CLAIM, {**_lease(lease), **bounded})

    async def renew(self, result_id: str, lease: Lease, frames_done: int) -> bool:
        """See Results."""
        progress = {"result_id": result_id, "frames_done": frames_done}
        return await self._changed(_RENEW, {**_lease(lease), **progress}) > 0

    async def give_back(self, result_id: str, lease: Lease) -> bool:
        """See Results."""
        return await self._changed(_GIVE_BACK, {**_lease(lease), "result_id": result_id}) > 0

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
            "keyframes": ending.keyframes,
            "cost_micro_usd": ending.cost_micro_usd,
            "fallback": ending.fallback,
            "error_message": ending.error_message,
        }
        return await self._changed(_END, values) > 0

    async def cancel(self, result_id: str, now: datetime) -> ResultRecord | None:
        """See Results."""
        values = self._bound({"result_id": result_id, "now": to_ms(now)})

        def cancelled(connection: sqlite3.Connection) -> list[ResultRecord]:
            with transaction(connection):
                connection.execute(
                    f"{_CANCEL} result_id = :result_id AND created_at > :over", values
                )
                return TABLE.records(connection, GET, values)

        return self._first(await self._run(cancelled))

    async def cancel_all(self, user_id: str, now: datetime) -> list[ResultRecord]:
        """See Results."""
        values = {"user_id": user_id, "now": to_ms(now)}
        statement = f"{_CANCEL} user_id = :user_id RETURNING *"
        return self._all_seen(await self._run(lambda it: TABLE.records(it, statement, values)))

    async def let_go(self, result_id: str, owner: str) -> None:
        """See Results."""
        await self._changed(_LET_GO, {"result_id": result_id, "owner": owner})

    async def leased(self, user_id: str, now: datetime) -> int:
        """See Results."""
        values = (user_id, to_ms(now))
        count: int = await self._run(lambda it: it.execute(_LEASED, values).fetchone()[0])
        return count

    async def take_up_expired(self, now: datetime, attempts: int, text: str) -> list[ResultRecord]:
        """See Results."""
        values = self._bound({"now": to_ms(now), "attempts": attempts, "text": text})

        def taken_up(connection: sqlite3.Connection) -> list[ResultRecord]:
            with transaction(connection):
                failed = TABLE.records(connection, _FAIL_EXPIRED, values)
                return failed + TABLE.records(connection, _QUEUE_EXPIRED, values)

        return self._all_seen(await self._run(taken_up))

    async def claim_notice(self, now: datetime, until: datetime) -> ResultRecord | None:
        """See Results."""
        return await self._one(_CLAIM_NOTICE, {"now": to_ms(now), "until": to_ms(until)})

    async def end_notice(self, result_id: str, again_at: datetime | None = None) -> None:
        """See Results."""
        again_ms = None if again_at is None else to_ms(again_at)
        await self._changed(_END_NOTICE, {"again": again_ms, "result_id": result_id})

    async def workload(self) -> Workload:
        """See Results."""
        values = self._bound({})

        def both(connection: sqlite3.Connection) -> dict[str, Any]:
            left = connection.execute(_LEFT, values).fetchone()
            done = connection.execute(_DONE, values).fetchone()
            return {**dict(left), **dict(done)}

        return Workload(**await self._run(both))

    def _over_ms(self) -> int:
        return to_ms(self._horizon().results)

    def _seen(self, record: ResultRecord) -> ResultRecord:
        return as_seen(record, self._horizon())

    def _all_seen(self, records: Sequence[ResultRecord]) -> list[ResultRecord]:
        horizon = self._horizon()
        return [as_seen(record, horizon) for record in records]

    def _first(self, records: Sequence[ResultRecord]) -> ResultRecord | None:
        return self._seen(records[0]) if records else None

    def _bound(self, values: dict[str, Any]) -> dict[str, Any]:
        horizon = self._horizon()
        return {**values, "over": to_ms(horizon.results), "photos": to_ms(horizon.photos)}

    async def _one(self, statement: str, values: dict[str, Any]) -> ResultRecord | None:
        bound = self._bound(values)
        # All rows, since what is written is only committed when none is left.
        return self._first(await self._run(lambda it: TABLE.records(it, statement, bound)))

    async def _changed(self, statement: str, values: dict[str, Any]) -> int:
        bound = self._bound(values)
        return await self._run(lambda it: it.execute(statement, bound).rowcount)


def _lease(lease: Lease) -> dict[str, Any]:
    return {"owner": lease.owner, "now": to_ms(lease.now), "until": to_ms(lease.until)}
