"""Records as rows: a column for each field, under its name.

Moments are whole milliseconds since 1970, as fine as dates elsewhere; mappings are JSON.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import NoneType
from typing import Any, Generic, Protocol, TypeAlias, TypeVar, get_args, get_type_hints

import orjson

from storage.errors import StorageFailed
from storage.moments import from_ms, to_ms

R = TypeVar("R")


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


_Read: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """A table of records of one kind."""

    name: str
    kind: type[R]
    readers: Mapping[str, _Read]

    @classmethod
    def of(cls, name: str, kind: type[R]) -> "Table[R]":
        """The table of that name, with a column for each field of the kind."""
        hints = get_type_hints(kind)
        readers = {field: _reader(hint) for field, hint in hints.items()}
        return cls(name, kind, readers)

    @property
    def insertion(self) -> str:
        """The statement that inserts a row."""
        values = ", ".join(f":{name}" for name in self.readers)
        return f"INSERT INTO {self.name} ({', '.join(self.readers)}) VALUES ({values})"

    def row(self, record: R) -> dict[str, Any]:
        """The record's values by column. Raises TypeError for what is no JSON value."""
        return {name: _written(getattr(record, name)) for name in self.readers}

    def records(
        self, connection: sqlite3.Connection, statement: str, values: Mapping[str, Any]
    ) -> list[R]:
        """What a statement finds, read on the connection's thread. Raises as ``record``."""
        return [self.record(row) for row in connection.execute(statement, values).fetchall()]

    def record(self, row: sqlite3.Row) -> R:
        """The record in a row of all columns. Raises StorageFailed where it holds none."""
        try:
            values = {
                name: None if row[name] is None else read(row[name])
                for name, read in self.readers.items()
            }
            return self.kind(**values)
        except (ValueError, OverflowError) as error:
            # The message may quote what a user has sent.
            raise StorageFailed(type(error).__name__) from None


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_ms(value)
    if isinstance(value, Mapping):
        return orjson.dumps(dict(value)).decode()
    return value


def _reader(hint: Any) -> _Read:
    """What makes a field's value of what is in the row."""
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    is_optional = NoneType in get_args(hint)
    kind = kinds[0] if is_optional else hint
    if kind is datetime:
        return from_ms
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind
    if getattr(kind, "__origin__", None) is Mapping:
        return orjson.loads
    if kind is bool:
        return bool
    return _same


def _same(value: Any) -> Any:
    return value
