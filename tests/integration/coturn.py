"""A real TURN server: Debian's coturn on a free loopback port."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.integration.programs import answering, end, find_program, free_port

HOST, REALM, SECRET = "127.0.0.1", "hair.test", "a-shared-secret"
START_S, STOP_S = 10.0, 5.0
DEPLOYED: Final = Path(__file__).parents[2] / "deploy" / "coturn" / "turnserver.conf"
REACHED: Final = "127.0.0.3"
"""Where the service is, to which the deployed one leads."""


@dataclass(frozen=True, slots=True)
class Coturn:
    """A running server; ``log`` is what it prints."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        """As clients are told."""
        return f"turn:{HOST}:{self.port}?transport=udp"


def plain(folder: Path, port: int) -> list[str]:
    """One that leads anywhere."""
    return [
        "-n", f"--listening-ip={HOST}", f"--relay-ip={HOST}", f"--listening-port={port}",
        "--use-auth-secret", f"--realm={REALM}", "--no-tls", "--no-dtls", "--no-cli",
        "--log-file=stdout", f"--pidfile={folder / 'coturn.pid'}",
    ]  # fmt: skip


def deployed(folder: Path, port: int) -> list[str]:
    """One with the configuration of ``deploy/``, at addresses of this machine."""
    text, conf = DEPLOYED.read_text(encoding="utf-8"), folder / "turnserver.conf"
    changes = {
        "172.28.7.4": HOST,
        "172.28.7.3": REACHED,
        "=3478": f"={port}",
        "/tmp/turnserver.pid": str(folder / "coturn.pid"),
    }
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    conf.write_text(text, encoding="utf-8")
    return ["-c", str(conf)]


@asynccontextmanager
async def coturn(
    folder: Path, configured: Callable[[Path, int], list[str]] = plain
) -> AsyncIterator[Coturn]:
    """A server of its own, for the length of the block."""
    path, port, log = find_program("turnserver", "coturn"), free_port(), folder / "coturn.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            path, *configured(folder, port), f"--static-auth-secret={SECRET}",
            "--allow-loopback-peers", f"--userdb={folder / 'turndb'}",
            stdout=output, stderr=asyncio.subprocess.STDOUT, cwd=folder,
        )  # fmt: skip
    try:
        # It listens by TCP as well as by UDP.
        await answering(process, port, START_S, None)
        yield Coturn(port, log)
    finally:
        await end(process, STOP_S)
