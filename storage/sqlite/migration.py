"""How a SQLite database gets from its schema to the one that there is now."""

import sqlite3
from collections.abc import Sequence

from storage.errors import StorageNewer
from storage.sqlite.rows import transaction


def migrate(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]]) -> None:
    """Apply the migrations that the database has not seen, in order, each in a transaction.

    Raises StorageNewer if the database has seen more of them than there are.
    """
    version = _schema_version(connection)
    if version > len(migrations):
        raise StorageNewer(f"schema version {version}, known up to {len(migrations)}")
    for number in range(version + 1, len(migrations) + 1):
        with transaction(connection):
            # Another process may have been faster: only now nobody else can write.
            if _schema_version(connection) < number:
                for statement in migrations[number - 1]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")


def _schema_version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
