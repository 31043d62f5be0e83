"""A client that asks for much and reads nothing of it."""

import asyncio
from contextlib import aclosing

import pytest

from server.places import Places
from storage.files import KeptFile, Pieces
from storage.sealing import CHUNK_BYTES
from tests.integration.service import Service, eventually

MUCH_BYTES = 64 * CHUNK_BYTES
"""More than lies between two ends of a connection."""


async def check_let_go(
    service: Service, path: str, places: Places, monkeypatch: pytest.MonkeyPatch, *, leaves: bool
) -> None:
    """It holds no more than a few pieces, and its place no longer than the patience with it, or
    than until it leaves. No task goes on."""
    given, read, own, free = list[int](), KeptFile.read, asyncio.all_tasks(), places._free

    async def counted(file: KeptFile, *part: int) -> Pieces:
        async with aclosing(read(file, *part)) as pieces:
            async for piece in pieces:
                given.append(len(piece))
                yield piece

    monkeypatch.setattr(KeptFile, "read", counted)
    port = service.runner.addresses[0][1]
    _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    await eventually(lambda: len(given) > 1)
    assert places._free == free - 1
    if leaves:
        writer.transport.abort()
    await eventually(lambda: places._free == free)
    assert sum(given) < 3 * MUCH_BYTES // 4
    writer.transport.abort()
    await eventually(lambda: asyncio.all_tasks() == own)
