"""Uploads are shown to a real ClamAV, which knows one film that does harm."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.scanner import MalwareFound, MalwareScanner
from storage.errors import StorageFailed
from tests.films import Recipe, film
from tests.integration.programs import find_program
from tests.integration.service import StartService, eventually
from tests.integration.test_upload import form, kept, post, refusal

HARMFUL = film(Recipe(frames=7))
START_S = 20.0


@pytest.fixture
async def clamd(tmp_path: Path) -> AsyncIterator[str]:
    """The daemon's address. It knows one file, by its hash."""
    program = find_program("clamd", "clamav-daemon")
    folder = tmp_path / "clamav"
    folder.mkdir()
    digest = hashlib.md5(HARMFUL).hexdigest()
    (folder / "test.hdb").write_text(f"{digest}:{len(HARMFUL)}:Test.Film\n")
    config, socket = tmp_path / "clamd.conf", tmp_path / "clamd.sock"
    config.write_text(
        f"LocalSocket {socket}\nDatabaseDirectory {folder}\nForeground yes\nUser root\n"
        "StreamMaxLength 1M\n"
    )
    process = await asyncio.create_subprocess_exec(
        program, "-c", str(config), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await eventually(socket.exists, START_S)
        yield f"unix:{socket}"
    finally:
        process.terminate()
        await process.wait()


async def test_what_does_harm_is_not_kept(start_service: StartService, clamd: str) -> None:
    """422, and nothing stays of it; other films are kept as ever."""
    service = await start_service(clamd=clamd)
    assert await refusal(await post(service, form(HARMFUL))) == (422, "MALWARE_FOUND")
    assert kept(service) == []
    assert (await post(service, form(film()))).status == 200


async def test_what_nobody_looked_at_is_not_kept(start_service: StartService) -> None:
    """503, so that the client comes again when the daemon is back."""
    service = await start_service(clamd="tcp:127.0.0.1:1")
    assert await refusal(await post(service, form(film()))) == (503, "STORAGE_UNAVAILABLE")
    assert kept(service) == []


async def test_a_daemon_that_has_seen_enough(clamd: str, tmp_path: Path) -> None:
    """It hangs up in the middle of a large file: that is no answer to build upon."""
    large = tmp_path / "large"
    large.write_bytes(b"a" * 8_000_000)
    with pytest.raises(StorageFailed):
        await MalwareScanner(clamd).scan(large)


async def test_a_daemon_by_tcp(tmp_path: Path) -> None:
    """On another machine; what it says is understood, and what it does not say is a failure."""
    answers = [b"stream: OK\0", b"stream: Test.Film FOUND\0", b"", b"gibberish\0"]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(10) == b"zINSTREAM\0"
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            await reader.readexactly(size)
        writer.write(answers.pop(0))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        scanner = MalwareScanner(f"tcp:127.0.0.1:{server.sockets[0].getsockname()[1]}")
        path = tmp_path / "film"
        path.write_bytes(HARMFUL)
        await scanner.scan(path)
        with pytest.raises(MalwareFound):
            await scanner.scan(path)
        for _ in range(2):
            with pytest.raises(StorageFailed):
                await scanner.scan(path)
