"""The part of an export that programs read: every field of every record."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Final

import orjson

from server.documents import Documents, Pages

_OPTIONS: Final = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z


async def data_json(documents: Documents) -> AsyncGenerator[bytes, None]:
    """A JSON object with a list of each kind of record, in pieces. Raises StorageError."""
    head = {"user_id": documents.user_id, "made_at": documents.made_at}
    yield orjson.dumps(head, option=_OPTIONS).removesuffix(b"\n}")
    kinds: dict[str, Pages[Any]] = {
        "consents": documents.consents(),
        "tiers": documents.tiers(),
        "usages": documents.usages(),
        "sessions": documents.sessions(),
        "uploads": documents.uploads(),
        "results": documents.results(),
        "styles": documents.styles(),
    }
    for name, pages in kinds.items():
        before = f',\n"{name}": [\n'.encode()
        async with aclosing(pages):
            async for page in pages:
                yield before + _joined(page)
                before = b",\n"
        yield b"]" if before == b",\n" else before + b"]"
    yield b"\n}\n"


def _joined(page: Sequence[Any]) -> bytes:
    return b",\n".join(orjson.dumps(record, option=_OPTIONS, default=dict) for record in page)
