"""All attacks at once, round after round, and what the server holds in between."""

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
from aiohttp import ClientConnectionError, ClientSession, TCPConnector

from tests.fuzz.find import Finds
from tests.fuzz.service.calls import Calls
from tests.fuzz.service.files import Films, Photos
from tests.fuzz.service.framing import Framing
from tests.fuzz.service.ground import API, Attack, Ground, repeat
from tests.fuzz.service.live import Messages
from tests.fuzz.service.process import FuzzedServer
from tests.fuzz.service.rest import Rest
from tests.fuzz.service.vitals import Vitals, growth, vitals_of
from tests.fuzz.service.wire import Wire

ATTACKS: Final[Mapping[str, Callable[[int], Attack]]] = {
    "sockets": Messages,
    "framing": Framing,
    "wire": Wire,
    "calls": Calls,
    "photos": Photos,
    "uploads": Films,
    "rest": Rest,
}
ROUND_S: Final = 30.0
LEAST_ROUNDS: Final = 4
SETTLE_S: Final = 3.0
"""Sessions that were broken off end by then, and connections close."""
STOP_OK: Final = 0


@dataclass(frozen=True, slots=True)
class Siege:
    """What was sent, and what the server held between the rounds."""

    counts: Counter[str]
    samples: Sequence[Vitals]


async def besiege(names: Sequence[str], seconds: float, seed: int, finds: Finds) -> Siege:
    """Attack a server of its own for so long, in these ways."""
    with tempfile.TemporaryDirectory() as folder:
        ground: Ground | None = None

        def tell(line: str) -> None:
            lately = list(ground.lately) if ground is not None else []
            sent = b"\n".join(where.encode() + b": " + data for where, data in lately)
            finds.note("log", line, sent)

        server = FuzzedServer(Path(folder) / "data", tell)
        await server.start()
        try:
            async with ClientSession(connector=TCPConnector(force_close=True)) as http:
                ground = Ground(server, http, finds)
                samples = await _rounds(ground, [ATTACKS[name] for name in names], seconds, seed)
        finally:
            code = await server.stop()
        if code != STOP_OK:
            finds.note("stop", f"the server ended with {code}")
        for words in growth(samples):
            finds.note("growth", words)
        return Siege(ground.counts, samples)


async def _rounds(
    ground: Ground, makers: Sequence[Callable[[int], Attack]], seconds: float, seed: int
) -> list[Vitals]:
    round_s = min(ROUND_S, seconds / LEAST_ROUNDS)
    samples = list[Vitals]()
    rng = random.Random(seed)
    loop = asyncio.get_running_loop()
    end_s = loop.time() + seconds
    while loop.time() < end_s or len(samples) < LEAST_ROUNDS:
        until_s = loop.time() + round_s
        async with asyncio.TaskGroup() as attacks:
            for make in makers:
                own = random.Random(rng.getrandbits(64))
                attacks.create_task(repeat(make(len(samples)), ground, own, until_s))
        await asyncio.sleep(SETTLE_S)
        if not await _is_well(ground):
            break
        samples.append(vitals_of(ground.server.pid))
    return samples


async def _is_well(ground: Ground) -> bool:
    """Whether it still lives, and says that it is well."""
    try:
        alive = psutil.pid_exists(ground.server.pid)
        status, body, _ = await ground.ask("health", "GET", f"{API}/health", user={})
    except (ClientConnectionError, psutil.NoSuchProcess):
        alive, status, body = False, 0, b""
    if not alive or status != 200:
        ground.finds.note("health", f"alive: {alive}, health: {status} {body[:200]!r}")
    return alive and status != 0
