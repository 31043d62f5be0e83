"""Records as documents: a field for each field, under its name.

Moments are dates, which are as fine as a millisecond; mappings are JSON text, since names such as
``$ref``, ``a.b`` or the empty one mean something to MongoDB.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic

from storage.fields import Fields, R, written
from storage.mongo.client import Document


@dataclass(frozen=True, slots=True)
class Documents(Generic[R]):
    """Documents of records of one kind."""

    fields: Fields[R]

    @classmethod
    def of(cls, kind: type[R]) -> "Documents[R]":
        """With a field for each field of the kind."""
        return cls(Fields.of(kind, {}))

    def document(self, record: R) -> Document:
        """The record's values by field. Raises TypeError for what is no JSON value."""
        return {name: written(getattr(record, name)) for name in self.fields.readers}

    def record(self, document: Mapping[str, Any]) -> R:
        """The record in a document. Raises as Fields.record."""
        return self.fields.record(document)
