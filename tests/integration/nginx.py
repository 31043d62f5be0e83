"""A real nginx that runs the gateway's own configuration (deploy/nginx), on free loopback ports."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.deploy_check.gateway import arguments, lay_out
from tests.integration.mongod import free_port
from tests.integration.programs import find_program

HOST = "127.0.0.1"
START_S, STOP_S = 20.0, 10.0


@dataclass(frozen=True, slots=True)
class Nginx:
    """A running gateway: its addresses, and what it writes into its log."""

    url: str
    plain_url: str
    log: Path


@asynccontextmanager
async def nginx(folder: Path, service_url: str) -> AsyncIterator[Nginx]:
    """A gateway of its own before this service, for the length of the block."""
    path = find_program("nginx", "nginx-light")
    plain, secure = free_port(), free_port()
    lay_out(folder, urlsplit(service_url).netloc, f"{HOST}:{plain}", f"{HOST}:{secure}")
    process = await asyncio.create_subprocess_exec(path, *arguments(folder))
    try:
        await _answers(secure, process)
        yield Nginx(f"https://{HOST}:{secure}", f"http://{HOST}:{plain}", folder / "access.log")
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _answers(port: int, process: asyncio.subprocess.Process) -> None:
    """It shakes hands by TLS."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    async with asyncio.timeout(START_S):
        while True:
            assert process.returncode is None, "nginx has ended"
            try:
                _, writer = await asyncio.open_connection(HOST, port, ssl=trusting)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return
