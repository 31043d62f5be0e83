"""Idempotency keys in SQLite: what was added under a user's key is found, and not added again."""

import sqlite3
from typing import Any

from storage.database import KeyReused
from storage.sqlite_rows import R, Table


def added_before(
    connection: sqlite3.Connection, table: Table[R], row: dict[str, Any]
) -> sqlite3.Row | None:
    """The row that the same request added. Raises KeyReused if another request did."""
    if row["idempotency_key"] is None:
        return None
    statement = f"SELECT * FROM {table.name} WHERE user_id = ? AND idempotency_key = ?"
    found = connection.execute(statement, (row["user_id"], row["idempotency_key"])).fetchone()
    if found is None:
        return None
    if found["request_digest"] != row["request_digest"]:
        raise KeyReused
    earlier: sqlite3.Row = found
    return earlier
