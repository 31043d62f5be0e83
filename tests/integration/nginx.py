"""A real nginx that runs the gateway's own configuration (deploy/nginx), on free loopback ports."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.deploy_check.gateway import arguments, lay_out
from tests.integration.programs import answering, end, find_program, free_port

HOST = "127.0.0.1"
START_S, STOP_S = 20.0, 10.0


@dataclass(frozen=True, slots=True)
class Nginx:
    """A running gateway: its addresses, and what it writes into its log."""

    url: str
    plain_url: str
    log: Path


@asynccontextmanager
async def nginx(folder: Path, *service_urls: str) -> AsyncIterator[Nginx]:
    """A gateway of its own before these instances, for the length of the block."""
    path = find_program("nginx", "nginx-light")
    plain, secure = free_port(), free_port()
    instances = [urlsplit(url).netloc for url in service_urls]
    lay_out(folder, instances, f"{HOST}:{plain}", f"{HOST}:{secure}")
    process = await asyncio.create_subprocess_exec(path, *arguments(folder))
    try:
        await answering(process, secure, START_S, _trusting())
        yield Nginx(f"https://{HOST}:{secure}", f"http://{HOST}:{plain}", folder / "access.log")
    finally:
        await end(process, STOP_S)


def _trusting() -> ssl.SSLContext:
    """Takes its certificate as it is."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
