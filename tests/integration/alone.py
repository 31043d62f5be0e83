"""The service on a machine without a network: ``python -m tests.integration.alone DATA_DIR``.

To be run in a network namespace of its own. Prints as JSON what the service answered and said,
and what was tried to reach.
"""

import asyncio
import fcntl
import json
import socket
import struct
import sys
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession

from tests.integration.client import Caller
from tests.integration.haircuts import API, Haircuts
from tests.integration.process import ExecutedProcess
from tests.integration.videos import Videos
from tests.pictures import jpeg, portrait

COPPER: Final = {"color": "copper"}
_SET_FLAGS: Final = 0x8914
_UP: Final = 0x1
_COUNTERS: Final = {"Ip": "OutNoRoutes", "Udp": "OutDatagrams"}
"""What the kernel counts of whoever wants to leave the machine, and of questions for names."""


def tried() -> dict[str, int]:
    """How often it was tried to reach something, by all processes of the namespace together."""
    lines = Path("/proc/net/snmp").read_text().splitlines()
    tables = {
        names.split()[0].rstrip(":"): dict(zip(names.split(), values.split(), strict=True))
        for names, values in zip(lines[::2], lines[1::2], strict=True)
    }
    counted = {table: int(tables[table][name]) for table, name in _COUNTERS.items()}
    of_ipv6 = dict(line.split() for line in Path("/proc/net/snmp6").read_text().splitlines())
    return counted | {"Ip6": int(of_ipv6["Ip6OutNoRoutes"])}


def bring_up_loopback() -> None:
    """In a new namespace it is down."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))


async def answers(url: str) -> dict[str, Any]:
    """What comes of a photo, another haircut, a live frame and a film."""
    photo = jpeg(portrait())
    async with ClientSession() as http:
        haircuts, caller, videos = Haircuts(http, url), Caller(http, url), Videos(http, url)
        look = json.dumps(COPPER)
        made_by = [await haircuts.made_by(photo, look=look, engine=it) for it in ("local", "cloud")]
        live = await caller.join()
        await live.ask("set_look", look=COPPER)
        frame = await live.process("f1", photo)
        await caller.close()
        film = await videos.ended(await videos.ordered(await videos.upload()))
        async with http.get(f"{url}{API}/health") as health:
            status = (await health.json())["status"]
    return {"photos": made_by, "frame": frame["type"], "film": film["status"], "health": status}


async def _run(data_dir: Path) -> dict[str, Any]:
    server = ExecutedProcess(data_dir)
    await server.start()
    try:
        answered = await answers(server.url)
    finally:
        code = await server.stop()
    said = server.output.splitlines()
    return {"answers": answered, "code": code, "tried": tried(), "said": said}


def main() -> None:
    """Once."""
    bring_up_loopback()
    sys.stdout.write(json.dumps(asyncio.run(_run(Path(sys.argv[1])))))


if __name__ == "__main__":
    main()
