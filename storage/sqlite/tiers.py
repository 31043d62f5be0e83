"""Tiers, and who is in which, in SQLite."""

from typing import Any, Final

from storage.fields import R
from storage.sqlite.rows import Run, Table
from storage.tiers import AT_FIRST, TierName, TierRecord, UserTierRecord

_TIERS: Final = Table.of("tiers", TierRecord)
_USERS: Final = Table.of("user_tiers", UserTierRecord)


class SqliteTiers:
    """See Tiers."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def get(self, tier: TierName) -> TierRecord:
        """See Tiers."""
        found = await self._found(_TIERS, "tier", tier.value)
        return found or AT_FIRST[tier]

    async def put(self, record: TierRecord) -> None:
        """See Tiers."""
        await self._replace(_TIERS, _TIERS.row(record))

    async def of_user(self, user_id: str) -> UserTierRecord | None:
        """See Tiers."""
        return await self._found(_USERS, "user_id", user_id)

    async def give(self, record: UserTierRecord) -> None:
        """See Tiers."""
        await self._replace(_USERS, _USERS.row(record))

    async def _found(self, table: Table[R], key: str, value: str) -> R | None:
        statement = f"SELECT * FROM {table.name} WHERE {key} = :value"
        found = await self._run(lambda it: table.records(it, statement, {"value": value}))
        return found[0] if found else None

    async def _replace(self, table: Table[Any], row: dict[str, Any]) -> None:
        statement = table.insertion.replace("INSERT", "INSERT OR REPLACE", 1)
        await self._run(lambda it: it.execute(statement, row).rowcount)
