"""Programs of the system that tests need: the browser, the TURN server, the gateway."""

import asyncio
import os
import shutil
import socket
import ssl

import pytest


def find_program(name: str, package: str) -> str:
    """Its path. Skips the test where there is none, except in CI: there it fails."""
    path = shutil.which(name)
    if path is None:
        reason = f"{name} is not installed (apt-get install {package})"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def free_port() -> int:
    """That nobody listens at, on this machine's loopback address."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port: int = chosen.getsockname()[1]
        return port


async def answering(
    process: asyncio.subprocess.Process, port: int, within_s: float, tls: ssl.SSLContext | None
) -> None:
    """Return when the program takes connections at its port, by TLS if that is given."""
    async with asyncio.timeout(within_s):
        while True:
            assert process.returncode is None, "it has ended"
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return


async def end(process: asyncio.subprocess.Process, within_s: float) -> None:
    """Ask it to end, and make it."""
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(within_s):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
