"""Results in SQLite: what there is, and what is removed."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from storage.aliases import Aliases
from storage.errors import QueueFull, UploadGone, UserQueueFull, VideosSpent
from storage.moments import to_ms
from storage.results import Cursor, QueueBounds, ResultRecord, VideoQuota
from storage.retention import FORGOTTEN, NowHorizon
from storage.spending import month_of
from storage.sqlite.keys import added_before
from storage.sqlite.loose import free_loose, settle_loose
from storage.sqlite.queue import GET, TABLE, SqliteQueue
from storage.sqlite.rows import Run, transaction
from storage.sqlite.spending import count_video

_BY_PATH: Final = """
    SELECT * FROM results
    WHERE (result_video_path = :path OR thumbnail_path = :path) AND created_at > :over
"""
_UPLOAD: Final = "SELECT 1 FROM uploads WHERE upload_id = ? AND created_at > ?"
_UNFINISHED: Final = """
    SELECT count(*), count(*) FILTER (WHERE user_id = ?) FROM results
    WHERE status IN ('queued', 'processing') AND created_at > ?
"""
_OF_USER: Final = "user_id = :user_id AND created_at > :over"
_HISTORY: Final = f"""
    SELECT * FROM results WHERE {_OF_USER}
    ORDER BY created_at DESC, result_id LIMIT :limit OFFSET :offset
"""
_HISTORY_AFTER: Final = f"""
    SELECT * FROM results
    WHERE {_OF_USER} AND created_at <= :then AND (created_at < :then OR result_id > :behind)
    ORDER BY created_at DESC, result_id LIMIT :limit OFFSET :offset
"""
_TALLY: Final = """
    SELECT coalesce((SELECT results FROM tallies WHERE user_id = :user_id), 0)
        - (SELECT count(*) FROM results WHERE user_id = :user_id AND created_at <= :over)
"""
_PAGE: Final = """
    SELECT * FROM results WHERE result_id > :after AND created_at > :over
    ORDER BY result_id LIMIT :limit
"""
_FREE: Final = "(lease_until IS NULL OR lease_until <= :now)"
_OVER: Final = f"""
    SELECT result_id FROM results WHERE created_at <= :over AND {_FREE}
    ORDER BY created_at LIMIT :limit
"""
_FORGET: Final = """
    UPDATE results SET created_at = :forgotten, status = 'cancelled'
    WHERE result_id = :result_id AND lease_until > :now
"""
_REMOVE: Final = "DELETE FROM results WHERE result_id = ? RETURNING *"
_OLD_PHOTOS: Final = """
    SELECT result_id, user_id, style_image_path, color_image_path FROM results
    WHERE (style_image_path IS NOT NULL OR color_image_path IS NOT NULL)
        AND created_at <= :photos AND status != 'processing'
    ORDER BY created_at LIMIT :limit
"""
_TAKE_PHOTOS: Final = """
    UPDATE results SET style_image_path = NULL, color_image_path = NULL WHERE result_id = ?
"""
_FAIL_QUEUED: Final = """
    UPDATE results SET status = 'failed', error_message = :text, completed_at = :now,
        updated_at = :now, notify_at = CASE WHEN webhook_url IS NULL THEN NULL ELSE :now END
    WHERE result_id = :result_id AND status = 'queued'
"""


class SqliteResults(SqliteQueue):
    """See Results."""

    def __init__(self, run: Run, horizon: NowHorizon, aliases: Aliases) -> None:
        super().__init__(run, horizon)
        self._aliases = aliases

    async def add(
        self, record: ResultRecord, bounds: QueueBounds, quota: VideoQuota | None = None
    ) -> ResultRecord:
        """See Results."""
        row, horizon = TABLE.row(record), self._horizon()
        over_ms, uploads_ms = to_ms(horizon.results), to_ms(horizon.uploads)
        names = self._aliases.names(record.user_id, month_of(record.created_at))

        def add(connection: sqlite3.Connection) -> sqlite3.Row | None:
            with transaction(connection):
                earlier = added_before(connection, TABLE, row, over_ms)
                if earlier is None:
                    if not connection.execute(_UPLOAD, (record.upload_id, uploads_ms)).fetchone():
                        raise UploadGone
                    _check_room(connection, record.user_id, bounds, over_ms)
                    if quota is not None:
                        _count(connection, record, names, quota)
                    connection.execute(TABLE.insertion, row)
                    settle_loose(connection, record.photos)
            return earlier

        earlier = await self._run(add)
        return record if earlier is None else self._seen(TABLE.record(earlier))

    async def get(self, result_id: str) -> ResultRecord | None:
        """See Results."""
        found = await self._all(GET, result_id=result_id)
        return found[0] if found else None

    async def by_path(self, path: str) -> ResultRecord | None:
        """See Results."""
        found = await self._all(_BY_PATH, path=path)
        return found[0] if found else None

    async def history(
        self, user_id: str, limit: int, offset: int = 0, after: Cursor | None = None
    ) -> tuple[list[ResultRecord], int]:
        """See Results."""
        values = {"user_id": user_id, "limit": limit, "offset": offset, "over": self._over_ms()}
        place = {} if after is None else {"then": to_ms(after.created_at), "behind": after.id}
        statement = _HISTORY if after is None else _HISTORY_AFTER

        def both(connection: sqlite3.Connection) -> tuple[list[ResultRecord], int]:
            found = TABLE.records(connection, statement, {**values, **place})
            return found, connection.execute(_TALLY, values).fetchone()[0]

        found, total = await self._run(both)
        return self._all_seen(found), total

    async def page(self, limit: int, after: str = "") -> list[ResultRecord]:
        """See Results."""
        return await self._all(_PAGE, limit=limit, after=after)

    async def delete(self, result_id: str, now: datetime, due: datetime) -> list[str]:
        """See Results."""
        values = {"result_id": result_id, "now": to_ms(now), "forgotten": to_ms(FORGOTTEN)}

        def delete(connection: sqlite3.Connection) -> list[str]:
            with transaction(connection):
                if connection.execute(_FORGET, values).rowcount:
                    return []
                return remove_results(connection, [result_id], to_ms(due))

        return await self._run(delete)

    async def remove_expired(self, limit: int, now: datetime, due: datetime) -> list[str]:
        """See Results."""
        values = {"over": self._over_ms(), "limit": limit, "now": to_ms(now)}

        def remove(connection: sqlite3.Connection) -> list[str]:
            with transaction(connection):
                ids = [row["result_id"] for row in connection.execute(_OVER, values).fetchall()]
                return remove_results(connection, ids, to_ms(due))

        return await self._run(remove)

    async def remove_photos(self, limit: int, now: datetime, due: datetime, text: str) -> list[str]:
        """See Results."""
        values = {"limit": limit, "photos": to_ms(self._horizon().photos)}

        def remove(connection: sqlite3.Connection) -> list[str]:
            paths = list[str]()
            with transaction(connection):
                for row in connection.execute(_OLD_PHOTOS, values).fetchall():
                    failing = {"result_id": row["result_id"], "now": to_ms(now), "text": text}
                    connection.execute(_FAIL_QUEUED, failing)
                    connection.execute(_TAKE_PHOTOS, (row["result_id"],))
                    photos = [path for path in tuple(row)[2:] if path is not None]
                    free_loose(connection, photos, row["user_id"], to_ms(due))
                    paths += photos
            return paths

        return await self._run(remove)

    async def _all(self, statement: str, **values: object) -> list[ResultRecord]:
        values["over"] = self._over_ms()
        return self._all_seen(await self._run(lambda it: TABLE.records(it, statement, values)))


def remove_results(
    connection: sqlite3.Connection, result_ids: Iterable[str], due_ms: int
) -> list[str]:
    """Delete results and note their files, in the caller's transaction; the paths."""
    free: list[str] = []
    for result_id in result_ids:
        for row in connection.execute(_REMOVE, (result_id,)).fetchall():
            record = TABLE.record(row)
            free_loose(connection, record.paths, record.user_id, due_ms)
            free += record.paths
    return free


def _count(
    connection: sqlite3.Connection, record: ResultRecord, names: Sequence[str], quota: VideoQuota
) -> None:
    number = count_video(connection, record.user_id, names, month_of(record.created_at))
    if quota.per_month is not None and number > quota.per_month:
        raise VideosSpent


def _check_room(
    connection: sqlite3.Connection, user_id: str, bounds: QueueBounds, over_ms: int
) -> None:
    in_all, of_user = connection.execute(_UNFINISHED, (user_id, over_ms)).fetchone()
    if of_user >= bounds.per_user:
        raise UserQueueFull
    if in_all >= bounds.in_all:
        raise QueueFull
