"""How another instance is reached."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import uvloop

from media.clock import SystemClock
from server.instances import neighbours
from server.instances.addresses import UNIX
from server.instances.neighbours import InstanceSilent, Neighbours
from server.instances.seals import Seals
from storage.keyring import Keyring
from tests.integration.sealed import KEY


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[socket.socket]:
    """Listens where no more can wait to be taken."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(tmp_path / "full.sock"))
        listener.listen(0)
        with pytest.raises(BlockingIOError):  # noqa: PT012  (the last of them)
            while True:
                one = stack.enter_context(socket.socket(socket.AF_UNIX))
                one.setblocking(False)
                one.connect(listener.getsockname())
        yield listener


def test_who_is_crowded_is_not_gone(
    crowded: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again for a while; then the instance is one that does not answer. As uvloop has
    it, which serves."""
    asker = Neighbours(Seals(Keyring.of(KEY), SystemClock()), 60.0)
    address = f"{UNIX}{crowded.getsockname()}"

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n7")
        writer.close()

    async def ask() -> None:
        monkeypatch.setattr(neighbours, "CONNECT_S", 0.05)
        with pytest.raises(InstanceSilent):
            await asker.ask(address, "GET", "/", 10.0)
        monkeypatch.setattr(neighbours, "CONNECT_S", 10.0)
        asking = asyncio.create_task(asker.ask(address, "GET", "/", 10.0))
        await asyncio.sleep(0.05)
        async with await asyncio.start_unix_server(answer, sock=crowded):
            assert await asking == (200, b"7")

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(ask())
