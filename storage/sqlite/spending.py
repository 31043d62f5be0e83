"""What users' months cost, in SQLite."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from storage.aliases import Aliases, alias_range
from storage.errors import BudgetSpent, UserBudgetSpent
from storage.moments import to_ms
from storage.spending import Booking, SpendingBounds, UsageRecord, month_of
from storage.sqlite.rows import Run, Table, transaction

_USAGES: Final = Table.of("usages", UsageRecord)
_BOOK: Final = """
    INSERT INTO bookings VALUES (:booking_id, :user_id, :month, :amount_micro_usd, :booked_at)
"""
_TAKE: Final = "DELETE FROM bookings WHERE booking_id = ? RETURNING *"
_SPEND: Final = """
    INSERT INTO months VALUES (:month, :micro_usd)
    ON CONFLICT DO UPDATE SET spent_micro_usd = spent_micro_usd + :micro_usd
    RETURNING spent_micro_usd
"""
_SPEND_USERS: Final = """
    INSERT INTO usages (user_id, month, spent_micro_usd) VALUES (:user_id, :month, :micro_usd)
    ON CONFLICT DO UPDATE SET spent_micro_usd = spent_micro_usd + :micro_usd
    RETURNING spent_micro_usd
"""
_COUNT: Final = """
    INSERT INTO usages (user_id, month, videos) VALUES (:user_id, :month, 1)
    ON CONFLICT DO UPDATE SET videos = videos + 1
    RETURNING videos
"""
_SUM: Final = """
    SELECT :user_id AS user_id, month, sum(videos) AS videos,
        sum(spent_micro_usd) AS spent_micro_usd
    FROM usages WHERE user_id IN (SELECT value FROM json_each(:names))
"""
_USAGE: Final = f"{_SUM} AND month = :month GROUP BY month"
_ALL: Final = f"{_SUM} GROUP BY month ORDER BY month DESC"
_IN_ALL: Final = "SELECT spent_micro_usd FROM months WHERE month = ?"
_FORGET: Final = (
    "DELETE FROM bookings WHERE booked_at <= :until",
    "DELETE FROM usages WHERE month < :before",
    "DELETE FROM usages WHERE user_id >= :first AND user_id < :last",
)
_RENAME: Final = (
    """
    INSERT INTO usages SELECT :alias, month, videos, spent_micro_usd FROM usages
    WHERE user_id = :user_id AND month = :month
    ON CONFLICT DO UPDATE SET videos = videos + excluded.videos,
        spent_micro_usd = spent_micro_usd + excluded.spent_micro_usd
    """,
    "UPDATE bookings SET user_id = :alias WHERE user_id = :user_id AND month = :month",
)
_ERASE: Final = (
    "UPDATE bookings SET user_id = NULL WHERE user_id = :user_id",
    "DELETE FROM usages WHERE user_id = :user_id",
)


class SqliteSpending:
    """See Spending."""

    def __init__(self, run: Run, aliases: Aliases) -> None:
        self._run = run
        self._aliases = aliases

    async def book(self, booking: Booking, bounds: SpendingBounds) -> None:
        """See Spending."""
        month = month_of(booking.booked_at)
        names = self._aliases.names(booking.user_id, month)
        row = {
            "booking_id": booking.booking_id,
            "user_id": booking.user_id,
            "month": month,
            "amount_micro_usd": booking.amount_micro_usd,
            "booked_at": to_ms(booking.booked_at),
        }

        def book(connection: sqlite3.Connection) -> None:
            with transaction(connection):
                connection.execute(_BOOK, row)
                spent = {**row, "micro_usd": booking.amount_micro_usd}
                _added(connection, _SPEND_USERS, spent)
                of_user = _usage(connection, booking.user_id, names, month)
                if of_user.spent_micro_usd > bounds.per_user_micro_usd:
                    raise UserBudgetSpent
                if _added(connection, _SPEND, spent) > bounds.in_all_micro_usd:
                    raise BudgetSpent

        await self._run(book)

    async def settle(self, booking_id: str, cost_micro_usd: int) -> bool:
        """See Spending."""
        if cost_micro_usd < 0:
            raise ValueError("cost_micro_usd: negative")

        def settle(connection: sqlite3.Connection) -> bool:
            with transaction(connection):
                found = connection.execute(_TAKE, (booking_id,)).fetchall()
                for booked in found:
                    more = cost_micro_usd - booked["amount_micro_usd"]
                    spent = {**dict(booked), "micro_usd": more}
                    if booked["user_id"] is not None:
                        _added(connection, _SPEND_USERS, spent)
                    _added(connection, _SPEND, spent)
            return bool(found)

        return await self._run(settle)

    async def usage(self, user_id: str, month: str) -> UsageRecord:
        """See Spending."""
        names = self._aliases.names(user_id, month)
        return await self._run(lambda it: _usage(it, user_id, names, month))

    async def usages(self, user_id: str) -> list[UsageRecord]:
        """See Spending."""
        values = {"user_id": user_id, "names": _json(self._aliases.names(user_id))}
        return await self._run(lambda it: _USAGES.records(it, _ALL, values))

    async def in_all(self, month: str) -> int:
        """See Spending."""
        found = await self._run(lambda it: it.execute(_IN_ALL, (month,)).fetchone())
        return found["spent_micro_usd"] if found else 0

    async def forget(self, booked_until: datetime, before: str, erased_before: str) -> None:
        """See Spending."""
        first, last = alias_range(erased_before)
        values = {"until": to_ms(booked_until), "before": before, "first": first, "last": last}

        def forget(connection: sqlite3.Connection) -> None:
            with transaction(connection):
                for statement in _FORGET:
                    connection.execute(statement, values)

        await self._run(forget)


def count_video(
    connection: sqlite3.Connection, user_id: str, names: Sequence[str], month: str
) -> int:
    """One more of the user's films in this month, in the caller's transaction; how many by then,
    under all of these names."""
    _added(connection, _COUNT, {"user_id": user_id, "month": month})
    return _usage(connection, user_id, names, month).videos


def erase_usages(
    connection: sqlite3.Connection, user_id: str, month: str, aliases: Sequence[str]
) -> None:
    """A user's months, in the caller's transaction; what they have cost stays spent, and what was
    used in this one counts on under the first alias."""
    values = {"user_id": user_id, "month": month}
    for alias in aliases[:1]:
        for statement in _RENAME:
            connection.execute(statement, {**values, "alias": alias})
    for statement in _ERASE:
        connection.execute(statement, values)


def _usage(
    connection: sqlite3.Connection, user_id: str, names: Sequence[str], month: str
) -> UsageRecord:
    values = {"user_id": user_id, "names": _json(names), "month": month}
    found = _USAGES.records(connection, _USAGE, values)
    return found[0] if found else UsageRecord(user_id, month)


def _json(names: Sequence[str]) -> str:
    return orjson.dumps(list(names)).decode()


def _added(connection: sqlite3.Connection, statement: str, values: dict[str, Any]) -> int:
    """What there is by then."""
    # All rows, since what is written is only committed when none is left.
    (number,) = connection.execute(statement, values).fetchall()[0]
    return int(number)
