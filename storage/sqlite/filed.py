"""Rows that have a file each, in SQLite: it is kept with its row, and free when that is deleted."""

import sqlite3
from typing import Any

from storage.fields import R
from storage.sqlite.keys import added_before
from storage.sqlite.loose import free_loose, settle_loose
from storage.sqlite.rows import Table, transaction


def add_filed(
    connection: sqlite3.Connection, table: Table[R], row: dict[str, Any], over_ms: int
) -> sqlite3.Row | None:
    """Add the row, with its file that has come, in a transaction; or the row that the same request
    added before, and nothing is added. Raises KeyReused and DataErased."""
    with transaction(connection):
        earlier = added_before(connection, table, row, over_ms)
        if earlier is None:
            connection.execute(table.insertion, row)
            settle_loose(connection, [row["file_path"]])
    return earlier


def remove_filed(
    connection: sqlite3.Connection, statement: str, values: dict[str, Any], due_ms: int
) -> list[str]:
    """The paths of the rows that a statement deletes, which returns each one's user_id and
    file_path, in the caller's transaction."""
    rows = connection.execute(statement, values).fetchall()
    for row in rows:
        free_loose(connection, [row["file_path"]], row["user_id"], due_ms)
    return [row["file_path"] for row in rows]
