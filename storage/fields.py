"""Fields of records: how each is written, and read again from what may have been damaged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType
from typing import Any, Generic, TypeAlias, TypeVar, get_args, get_type_hints

import orjson

from storage.errors import StorageFailed

R = TypeVar("R")
Read: TypeAlias = Callable[[Any], Any]
"""Makes a field's value of what a database holds; raises what Fields.record translates."""


@dataclass(frozen=True, slots=True)
class Fields(Generic[R]):
    """The fields of records of one kind, by their names."""

    kind: type[R]
    readers: Mapping[str, Read]

    @classmethod
    def of(cls, kind: type[R], own: Mapping[type, Read]) -> "Fields[R]":
        """``own`` reads the types that this database holds in its own way."""
        hints = get_type_hints(kind)
        return cls(kind, {name: _reader(hint, own) for name, hint in hints.items()})

    def record(self, held: Mapping[str, Any]) -> R:
        """The record in these values; what else is among them does not count.

        Raises StorageFailed where they make none.
        """
        try:
            values = {name: read(held.get(name)) for name, read in self.readers.items()}
            return self.kind(**values)
        except (TypeError, ValueError, OverflowError) as error:
            # The message may quote what a user has sent.
            raise StorageFailed(type(error).__name__) from None


def written(value: Any) -> Any:
    """A field's value as every database holds it. Raises TypeError for what is no JSON value."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return orjson.dumps(dict(value)).decode()
    return value


def exact(value: Any, *kinds: type) -> Any:
    """Raises TypeError unless the value is of one of the kinds. True is no number."""
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise TypeError
    return value


def _reader(hint: Any, own: Mapping[type, Read]) -> Read:
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    if NoneType not in get_args(hint):
        return _plain_reader(hint, own)
    read = _plain_reader(kinds[0], own)
    return lambda value: None if value is None else read(value)


def _plain_reader(kind: Any, own: Mapping[type, Read]) -> Read:
    if getattr(kind, "__origin__", None) is Mapping:
        return _mapping
    if kind in own:
        return own[kind]
    if issubclass(kind, StrEnum):
        return lambda value: kind(exact(value, str))
    if kind is float:
        return lambda value: float(exact(value, int, float))
    if kind is int:
        # A wide number may come as a kind of its own.
        return lambda value: int(exact(value, int))
    return lambda value: exact(value, kind)


def _mapping(value: Any) -> dict[str, Any]:
    mapping: dict[str, Any] = exact(orjson.loads(exact(value, str)), dict)
    return mapping
