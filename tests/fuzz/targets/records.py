"""Records as databases hold them, when what they hold is damaged."""

import json
from datetime import UTC
from typing import Any, Final

from hypothesis import strategies as st

from storage.errors import StorageFailed
from storage.mongo.documents import Documents
from storage.sqlite.rows import Table
from tests.fuzz.target import Target
from tests.fuzz.targets.live import TREES
from tests.integration.records import RECORD, RESULT, UPLOAD

_MOMENTS = st.datetimes() | st.datetimes(timezones=st.just(UTC))
VALUES = TREES | st.binary(max_size=9) | _MOMENTS | TREES.map(json.dumps) | st.just(10**30)


def _held(record: Any) -> list[tuple[Any, dict[str, Any]]]:
    """How either database reads such records, and how it holds this one."""
    table, documents = Table.of("any", type(record)), Documents.of(type(record))
    return [
        (table.fields, table.row(record)),
        (documents.fields, dict(documents.document(record))),
    ]


HELD: Final = [held for record in (RECORD, UPLOAD, RESULT) for held in _held(record)]


@st.composite
def _damaged(draw: st.DrawFn) -> tuple[int, dict[str, Any]]:
    """Some of the values are others, or gone."""
    which = draw(st.sampled_from(range(len(HELD))))
    good = HELD[which][1]
    names = st.sampled_from(sorted(good))
    others = draw(st.dictionaries(names, VALUES, max_size=3))
    gone = draw(st.sets(names, max_size=1))
    return which, {name: one for name, one in {**good, **others}.items() if name not in gone}


def _read(held: Any) -> None:
    which, values = held
    HELD[which][0].record(values)


TARGETS: Final = (Target("records", _damaged(), _read, (StorageFailed,)),)
