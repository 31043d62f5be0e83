"""A person's records, deleted from SQLite, and what is left of them in its files."""

import sqlite3
from datetime import datetime
from typing import Final

from storage.aliases import Aliases
from storage.errors import StorageFailed
from storage.moments import to_ms
from storage.results import Erased
from storage.spending import month_of
from storage.sqlite.consents import erase_consent
from storage.sqlite.filed import remove_filed
from storage.sqlite.loose import erase_loose
from storage.sqlite.results import remove_results
from storage.sqlite.rows import transaction
from storage.sqlite.spending import erase_usages
from storage.sqlite.styles import erase_styles
from storage.sqlite.tiers import erase_tier

_SESSIONS: Final = """
    DELETE FROM sessions WHERE session_id IN (
        SELECT session_id FROM sessions WHERE user_id = ? LIMIT ?
    )
"""
_UPLOADS: Final = """
    DELETE FROM uploads WHERE upload_id IN (
        SELECT upload_id FROM uploads WHERE user_id = :user_id LIMIT :limit
    )
    RETURNING user_id, file_path
"""
_RESULTS: Final = """
    SELECT result_id FROM results
    WHERE user_id = ? AND (lease_until IS NULL OR lease_until <= ?) LIMIT ?
"""


def erase(
    connection: sqlite3.Connection,
    user_id: str,
    limit: int,
    *,
    now: datetime,
    due: datetime,
    aliases: Aliases,
) -> tuple[Erased, list[str]]:
    """See Database.erase."""
    some, now_ms, due_ms = (user_id, limit), to_ms(now), to_ms(due)
    month = month_of(now)
    its_aliases = aliases.of(user_id, month)
    with transaction(connection):
        erase_consent(connection, user_id)
        erase_usages(connection, user_id, month, its_aliases)
        erase_tier(connection, user_id, its_aliases)
        sessions = connection.execute(_SESSIONS, some).rowcount
        values = {"user_id": user_id, "limit": limit}
        uploads = remove_filed(connection, _UPLOADS, values, due_ms)
        styles = erase_styles(connection, user_id, limit, due_ms)
        found = connection.execute(_RESULTS, (user_id, now_ms, limit)).fetchall()
        remove_results(connection, [row["result_id"] for row in found], due_ms)
        paths = erase_loose(connection, user_id, limit, due_ms)
    return Erased(sessions, len(uploads), len(found), len(styles)), paths


def scrub(connection: sqlite3.Connection) -> None:
    """Bring the log into the file, where what was deleted is overwritten, and empty it.

    Raises StorageFailed while another process still reads from the log, which is not waited for.
    """
    patience_ms = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        is_busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {patience_ms}")
    if is_busy:
        raise StorageFailed("log in use")
