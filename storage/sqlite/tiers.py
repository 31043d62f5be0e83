"""Tiers, and who is in which, in SQLite."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from storage.aliases import Aliases, alias_range
from storage.fields import R
from storage.sqlite.rows import Run, Table
from storage.tiers import AT_FIRST, TierName, TierRecord, UserTierRecord

_TIERS: Final = Table.of("tiers", TierRecord)
_USERS: Final = Table.of("user_tiers", UserTierRecord)
_FORGET: Final = "DELETE FROM user_tiers WHERE user_id >= ? AND user_id < ?"
_RENAME: Final = """
    INSERT OR REPLACE INTO user_tiers SELECT ?, tier, given_at FROM user_tiers WHERE user_id = ?
"""
_ERASE: Final = "DELETE FROM user_tiers WHERE user_id = ?"


class SqliteTiers:
    """See Tiers."""

    def __init__(self, run: Run, aliases: Aliases) -> None:
        self._run = run
        self._aliases = aliases

    async def get(self, tier: TierName) -> TierRecord:
        """See Tiers."""
        found = await self._found(_TIERS, "tier", tier.value)
        return found or AT_FIRST[tier]

    async def put(self, record: TierRecord) -> None:
        """See Tiers."""
        await self._replace(_TIERS, _TIERS.row(record))

    async def of_user(self, user_id: str) -> UserTierRecord | None:
        """See Tiers."""
        for name in self._aliases.names(user_id):
            if (found := await self._found(_USERS, "user_id", name)) is not None:
                return replace(found, user_id=user_id)
        return None

    async def give(self, record: UserTierRecord) -> None:
        """See Tiers."""
        await self._replace(_USERS, _USERS.row(record))

    async def forget(self, erased_before: str) -> None:
        """See Tiers."""
        some = alias_range(erased_before)
        await self._run(lambda it: it.execute(_FORGET, some).rowcount)

    async def _found(self, table: Table[R], key: str, value: str) -> R | None:
        statement = f"SELECT * FROM {table.name} WHERE {key} = :value"
        found = await self._run(lambda it: table.records(it, statement, {"value": value}))
        return found[0] if found else None

    async def _replace(self, table: Table[Any], row: dict[str, Any]) -> None:
        statement = table.insertion.replace("INSERT", "INSERT OR REPLACE", 1)
        await self._run(lambda it: it.execute(statement, row).rowcount)


def erase_tier(connection: sqlite3.Connection, user_id: str, aliases: Sequence[str]) -> None:
    """What a user was given, in the caller's transaction; it is known on under the first alias."""
    for alias in aliases[:1]:
        connection.execute(_RENAME, (alias, user_id))
    connection.execute(_ERASE, (user_id,))
