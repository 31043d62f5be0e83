"""Records as documents: a field for each field, under its name.

Moments are dates, which are as fine as a millisecond; mappings are JSON text, since names such as
``$ref``, ``a.b`` or the empty one mean something to MongoDB.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType
from typing import Any, Generic, TypeAlias, TypeVar, get_args, get_type_hints

import orjson

from storage.errors import StorageFailed
from storage.mongo_client import Document

R = TypeVar("R")
_Read: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Documents(Generic[R]):
    """Documents of records of one kind."""

    kind: type[R]
    readers: Mapping[str, _Read]

    @classmethod
    def of(cls, kind: type[R]) -> "Documents[R]":
        """With a field for each field of the kind."""
        hints = get_type_hints(kind)
        return cls(kind, {name: _reader(hint) for name, hint in hints.items()})

    def document(self, record: R) -> Document:
        """The record's values by field. Raises TypeError for what is no JSON value."""
        return {name: _written(getattr(record, name)) for name in self.readers}

    def record(self, document: Mapping[str, Any]) -> R:
        """The record in a document; what else is in it does not count.

        Raises StorageFailed where it holds none.
        """
        try:
            values = {name: read(document.get(name)) for name, read in self.readers.items()}
            return self.kind(**values)
        except (TypeError, ValueError, OverflowError) as error:
            # The message may quote what a user has sent.
            raise StorageFailed(type(error).__name__) from None


def _written(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return orjson.dumps(dict(value)).decode()
    return value


def _reader(hint: Any) -> _Read:
    """What makes a field's value of what is in the document."""
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    if NoneType not in get_args(hint):
        return _plain_reader(hint)
    read = _plain_reader(kinds[0])
    return lambda value: None if value is None else read(value)


def _plain_reader(kind: Any) -> _Read:
    if getattr(kind, "__origin__", None) is Mapping:
        return _mapping
    if issubclass(kind, StrEnum):
        return lambda value: kind(_exact(value, str))
    if kind is float:
        return lambda value: float(_exact(value, int, float))
    if kind is int:
        # A wide number comes as a kind of its own.
        return lambda value: int(_exact(value, int))
    return lambda value: _exact(value, kind)


def _mapping(value: Any) -> dict[str, Any]:
    mapping: dict[str, Any] = _exact(orjson.loads(_exact(value, str)), dict)
    return mapping


def _exact(value: Any, *kinds: type) -> Any:
    """Raises TypeError unless the value is of one of the kinds. True is no number."""
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise TypeError
    return value
