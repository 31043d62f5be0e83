"""Live sessions in SQLite: the statements, and rows as records."""

import sqlite3
from datetime import datetime
from typing import Any

import orjson

from storage.database import SessionOwnedByOther
from storage.records import SessionRecord, SessionStatus
from storage.sqlite_moments import from_ms, to_ms

_SAVE = """
    INSERT INTO sessions (
        session_id, user_id, style_image_data, color_image_data, look, connected_at,
        last_activity, frames_processed, average_latency_ms, dropped_frames, status,
        created_at, updated_at
    ) VALUES (
        :session_id, :user_id, :style_image_data, :color_image_data, :look, :connected_at,
        :last_activity, :frames_processed, :average_latency_ms, :dropped_frames, :status,
        :created_at, :updated_at
    )
    ON CONFLICT (session_id) DO UPDATE SET
        style_image_data = excluded.style_image_data,
        color_image_data = excluded.color_image_data,
        look = excluded.look,
        connected_at = excluded.connected_at,
        last_activity = excluded.last_activity,
        frames_processed = excluded.frames_processed,
        average_latency_ms = excluded.average_latency_ms,
        dropped_frames = excluded.dropped_frames,
        status = excluded.status,
        updated_at = excluded.updated_at
    WHERE sessions.user_id = excluded.user_id
"""
_GET = "SELECT * FROM sessions WHERE session_id = ?"
_TIME_OUT = "UPDATE sessions SET status = ?, updated_at = ? WHERE status = ?"


def save(connection: sqlite3.Connection, row: dict[str, Any]) -> None:
    # One statement, hence atomic: it changes no row exactly if the row is another user's.
    if connection.execute(_SAVE, row).rowcount == 0:
        raise SessionOwnedByOther


def time_out_active(connection: sqlite3.Connection, now: datetime) -> int:
    """See Database.time_out_active_sessions."""
    values = (SessionStatus.TIMEOUT, to_ms(now), SessionStatus.ACTIVE)
    return connection.execute(_TIME_OUT, values).rowcount


def get(connection: sqlite3.Connection, session_id: str) -> SessionRecord | None:
    row = connection.execute(_GET, (session_id,)).fetchone()
    return _record_of(row) if row is not None else None


def row_of(record: SessionRecord) -> dict[str, Any]:
    look = orjson.dumps(dict(record.look)).decode() if record.look is not None else None
    return {
        "session_id": record.session_id,
        "user_id": record.user_id,
        "style_image_data": record.style_image_data,
        "color_image_data": record.color_image_data,
        "look": look,
        "connected_at": to_ms(record.connected_at),
        "last_activity": to_ms(record.last_activity),
        "frames_processed": record.frames_processed,
        "average_latency_ms": record.average_latency_ms,
        "dropped_frames": record.dropped_frames,
        "status": record.status,
        "created_at": to_ms(record.created_at),
        "updated_at": to_ms(record.updated_at),
    }


def _record_of(row: sqlite3.Row) -> SessionRecord:
    return SessionRecord(
        session_id=row["session_id"],
        user_id=row["user_id"],
        style_image_data=row["style_image_data"],
        color_image_data=row["color_image_data"],
        look=orjson.loads(row["look"]) if row["look"] is not None else None,
        connected_at=from_ms(row["connected_at"]),
        last_activity=from_ms(row["last_activity"]),
        frames_processed=row["frames_processed"],
        average_latency_ms=row["average_latency_ms"],
        dropped_frames=row["dropped_frames"],
        status=SessionStatus(row["status"]),
        created_at=from_ms(row["created_at"]),
        updated_at=from_ms(row["updated_at"]),
    )
