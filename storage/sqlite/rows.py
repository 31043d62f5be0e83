"""Records as rows: a column for each field, under its name.

Moments are whole milliseconds since 1970, as fine as dates elsewhere; mappings are JSON.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol

from storage.fields import Fields, R, exact, written
from storage.moments import from_ms, to_ms


class Run(Protocol):
    """Runs an operation on the connection, as a whole or not at all."""

    async def __call__(self, operation: Callable[[sqlite3.Connection], R]) -> R:
        """Return what it returns. Raises as Database says."""
        ...


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All statements or none, and no other process in between."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """A table of records of one kind."""

    name: str
    fields: Fields[R]

    @classmethod
    def of(cls, name: str, kind: type[R]) -> "Table[R]":
        """The table of that name, with a column for each field of the kind."""
        return cls(name, Fields.of(kind, {datetime: _moment, bool: _flag}))

    @property
    def columns(self) -> list[str]:
        """Their names, in order."""
        return list(self.fields.readers)

    @property
    def insertion(self) -> str:
        """The statement that inserts a row."""
        values = ", ".join(f":{name}" for name in self.columns)
        return f"INSERT INTO {self.name} ({', '.join(self.columns)}) VALUES ({values})"

    def row(self, record: R) -> dict[str, Any]:
        """The record's values by column. Raises TypeError for what is no JSON value."""
        return {name: _written(getattr(record, name)) for name in self.columns}

    def records(
        self, connection: sqlite3.Connection, statement: str, values: Mapping[str, Any]
    ) -> list[R]:
        """What a statement finds, read on the connection's thread. Raises as ``record``."""
        return [self.record(row) for row in connection.execute(statement, values).fetchall()]

    def record(self, row: sqlite3.Row) -> R:
        """The record in a row of all columns. Raises as Fields.record."""
        return self.fields.record(dict(row))


def _written(value: Any) -> Any:
    return to_ms(value) if isinstance(value, datetime) else written(value)


def _moment(value: Any) -> datetime:
    return from_ms(exact(value, int))


def _flag(value: Any) -> bool:
    """SQLite has only numbers."""
    return bool(exact(value, int))
