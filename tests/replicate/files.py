"""Files that were sent to the stand-in, to be inputs of predictions."""

import re
from dataclasses import dataclass
from typing import Any

_NAME = re.compile(rb'filename="([^"]*)"')
_TYPE = re.compile(rb"content-type: ([^\r]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it was sent."""

    id: str
    name: str
    content_type: str
    data: bytes


class StoredFiles:
    """All that were ever sent, and those that are not deleted."""

    def __init__(self) -> None:
        self.were: list[StoredFile] = []
        self.kept: dict[str, StoredFile] = {}

    def add(self, name: str, content_type: str, data: bytes) -> StoredFile:
        """Keep a file."""
        stored = StoredFile(f"f{len(self.were) + 1:04}", name, content_type, data)
        self.were.append(stored)
        self.kept[stored.id] = stored
        return stored

    def get(self, id_: str) -> StoredFile:
        """Raises KeyError."""
        return self.kept[id_]

    def delete(self, id_: str) -> None:
        """Raises KeyError."""
        del self.kept[id_]

    def describe(self, stored: StoredFile, base_url: str) -> dict[str, Any]:
        """The file object of the API."""
        return {
            "id": stored.id,
            "name": stored.name,
            "content_type": stored.content_type,
            "size": len(stored.data),
            "etag": stored.id,
            "checksums": {},
            "metadata": {},
            "created_at": "2026-01-01T00:00:00Z",
            "expires_at": "2026-01-02T00:00:00Z",
            "urls": {"get": f"{base_url}/v1/files/{stored.id}"},
        }


def read_form(content_type: str, body: bytes) -> tuple[str, str, bytes]:
    """Name, type and bytes of the first file in a form that was read already."""
    boundary = content_type.partition("boundary=")[2].encode()
    head, _, rest = body.split(b"--" + boundary)[1].partition(b"\r\n\r\n")
    name, kind = _NAME.search(head), _TYPE.search(head)
    assert name
    assert kind
    return name[1].decode(), kind[1].decode(), rest.removesuffix(b"\r\n")
