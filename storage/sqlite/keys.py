"""Idempotency keys in SQLite: what was added under a user's key is found, and not added again."""

import sqlite3
from typing import Any

from storage.errors import KeyReused
from storage.fields import R
from storage.sqlite.rows import Table


def added_before(
    connection: sqlite3.Connection, table: Table[R], row: dict[str, Any], over_ms: int
) -> sqlite3.Row | None:
    """The row that the same request added. Raises KeyReused if another request did.

    To be called in a transaction: of a row that is over, up to ``over_ms``, the key is taken.
    """
    key = (row["user_id"], row["idempotency_key"])
    if row["idempotency_key"] is None:
        return None
    mine = "user_id = ? AND idempotency_key = ?"
    free = f"UPDATE {table.name} SET idempotency_key = NULL WHERE {mine} AND created_at <= ?"
    connection.execute(free, (*key, over_ms))
    found = connection.execute(f"SELECT * FROM {table.name} WHERE {mine}", key).fetchone()
    if found is None:
        return None
    if found["request_digest"] != row["request_digest"]:
        raise KeyReused
    earlier: sqlite3.Row = found
    return earlier
