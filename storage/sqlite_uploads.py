"""Uploads in SQLite: the statements, and rows as records."""

import sqlite3
from typing import Any

from storage.records import UploadRecord, UploadStatus
from storage.sqlite_moments import from_ms, to_ms

_ADD = """
    INSERT INTO uploads (
        upload_id, user_id, filename, file_path, file_size, duration, frame_count, format, status,
        created_at, updated_at
    ) VALUES (
        :upload_id, :user_id, :filename, :file_path, :file_size, :duration, :frame_count, :format,
        :status, :created_at, :updated_at
    )
"""
_GET = "SELECT * FROM uploads WHERE upload_id = ?"


def add(connection: sqlite3.Connection, row: dict[str, Any]) -> None:
    """See Database.add_upload."""
    connection.execute(_ADD, row)


def get(connection: sqlite3.Connection, upload_id: str) -> UploadRecord | None:
    """See Database.get_upload."""
    row = connection.execute(_GET, (upload_id,)).fetchone()
    return _record_of(row) if row is not None else None


def row_of(record: UploadRecord) -> dict[str, Any]:
    """A record as a row."""
    return {
        "upload_id": record.upload_id,
        "user_id": record.user_id,
        "filename": record.filename,
        "file_path": record.file_path,
        "file_size": record.file_size,
        "duration": record.duration,
        "frame_count": record.frame_count,
        "format": record.format,
        "status": record.status,
        "created_at": to_ms(record.created_at),
        "updated_at": to_ms(record.updated_at),
    }


def _record_of(row: sqlite3.Row) -> UploadRecord:
    return UploadRecord(
        upload_id=row["upload_id"],
        user_id=row["user_id"],
        filename=row["filename"],
        file_path=row["file_path"],
        file_size=row["file_size"],
        duration=row["duration"],
        frame_count=row["frame_count"],
        format=row["format"],
        status=UploadStatus(row["status"]),
        created_at=from_ms(row["created_at"]),
        updated_at=from_ms(row["updated_at"]),
    )
