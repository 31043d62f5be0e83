"""A worker is killed under load: what its clients and the others notice."""

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, Final

import aiohttp
import orjson
from aiohttp import WSMsgType

from tests.bench.child import Server
from tests.bench.figures import longest_gap_s
from tests.bench.host import HOST
from tests.bench.pictures import films
from tests.bench.run_service import run_service, serving
from tests.bench.subjects import COLOR, NATURAL
from tests.bench.table import table, verdict
from tests.bench.wire import BinaryWire, parse_json
from tests.integration.redis import Redis

CLIENTS: Final = 6
RATE_FPS: Final = 5.0
SETTLE_S: Final = 4.0
"""Engines have found their heads by then, and looks are written."""
AGAIN_S: Final = 0.05
"""A client tries again after so long."""
BACK_MAX_S: Final = 2.0
GAP_MAX_S: Final = 0.5
"""The longest that a session of the other worker may wait for a picture: at five a second one or
two are missed."""
VICTIM: Final = 0
"""The slot of the worker that is killed."""
HOME: Final = "hair-tryon:home:"
WIRE: Final = BinaryWire()


@dataclass(slots=True)
class Camera:
    """A camera that comes back when it is cut off, as the page does."""

    session_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    came_s: list[float] = field(default_factory=list)
    """When pictures came back."""
    losses: int = 0
    """So often the connection ended."""
    back_s: float | None = None
    first_s: float | None = None
    """When it was greeted again, and had its first picture then."""
    worn: dict[str, Any] | None = None
    look: dict[str, Any] | None = None
    """What it has put on, and what it wears when it is back."""

    async def run(self, http: aiohttp.ClientSession, port: int, jpegs: list[bytes]) -> None:
        """Until cancelled."""
        pictures = cycle([WIRE.prepare(jpeg) for jpeg in jpegs])
        address = f"http://{HOST}:{port}/api/hair-tryOn/realtime/{self.session_id}?user_id=bench"
        while True:
            try:
                async with http.ws_connect(
                    address, protocols=WIRE.subprotocols, max_msg_size=0
                ) as socket:
                    await self._greeted(socket)
                    async with asyncio.TaskGroup() as tasks:
                        sending = tasks.create_task(self._send(socket, pictures))
                        await self._receive(socket)
                        sending.cancel()
                    self.losses += 1
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(AGAIN_S)

    def longest_gap_s(self, since_s: float, until_s: float) -> float:
        """Without a picture."""
        return longest_gap_s(self.came_s, since_s, until_s)

    async def _greeted(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        message = await socket.receive()
        if message.type is not WSMsgType.TEXT:
            raise aiohttp.ClientError("not greeted")
        greeting = orjson.loads(message.data)
        if greeting["type"] != "connection_established":
            raise aiohttp.ClientError(greeting["type"])
        if self.losses:
            self.back_s, self.look = time.monotonic(), greeting["look"]
        else:
            look = {"engine": NATURAL, "color": COLOR}
            await socket.send_json({"type": "set_look", "data": {"look": look}})

    async def _send(
        self, socket: aiohttp.ClientWebSocketResponse, pictures: "cycle[bytes]"
    ) -> None:
        number = 0
        while True:
            number += 1
            try:
                await socket.send_bytes(WIRE.pack(number, next(pictures)))
            except (aiohttp.ClientError, OSError):
                return
            await asyncio.sleep(1 / RATE_FPS)

    async def _receive(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                self.came_s.append(time.monotonic())
                if self.losses and self.first_s is None:
                    self.first_s = time.monotonic()
            elif message.type is WSMsgType.TEXT:
                said = parse_json(message.data)
                self.worn = said["look"] if said["type"] == "look_set" else self.worn


def killed(redis: Redis, window_s: float) -> str:
    """Six clients at five frames a second; the table has one row for each."""
    with run_service(2, redis.url) as server:
        return asyncio.run(_kill(server, redis, window_s))


async def _kill(server: Server, redis: Redis, window_s: float) -> str:
    cameras, reel = [Camera() for _ in range(CLIENTS)], films()
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(camera.run(http, server.port, reel[number % len(reel)]))
            for number, camera in enumerate(cameras)
        ]
        await asyncio.sleep(SETTLE_S + window_s)
        at_home = await asyncio.to_thread(_sessions_at, redis, VICTIM)
        killed_s = time.monotonic()
        serving(server, 2)[VICTIM].kill()
        await asyncio.sleep(window_s)
        end_s = time.monotonic()
        for task in running:
            task.cancel()
    theirs = [camera for camera in cameras if camera.session_id in at_home]
    others = [camera for camera in cameras if camera.session_id not in at_home]
    return told(theirs, others, killed_s, window_s, end_s)


def _sessions_at(redis: Redis, slot: int) -> set[str]:
    """Those that live at this worker."""
    with redis.client() as plain:
        homes = {name.decode(): plain.get(name) for name in plain.keys(f"{HOME}*")}
    end = f"/{slot}.sock "
    return {name.removeprefix(HOME) for name, at in homes.items() if at and end in at.decode()}


def told(
    theirs: list[Camera], others: list[Camera], killed_s: float, window_s: float, end_s: float
) -> str:
    """What the clients of the worker that was killed have noticed, and those of the other."""
    named = [*(("killed", one) for one in theirs), *(("other", one) for one in others)]
    rows = [_row(name, one, killed_s, window_s, end_s) for name, one in named]
    heads = [f"{CLIENTS} x {RATE_FPS:g}/s", "gap before, s", "gap after, s", "cut off", "back, s",
             "first picture, s"]  # fmt: skip
    return "\n".join(
        [
            table(heads, rows),
            _verdict_of_theirs(theirs, killed_s, end_s),
            _verdict_of_others(others, killed_s, end_s),
        ]
    )


def _verdict_of_theirs(theirs: list[Camera], killed_s: float, end_s: float) -> str:
    """Who is greeted and has no picture is not back; nor is who is cut off again."""
    first_s = [
        one.first_s
        for one in theirs
        if one.losses == 1 and one.first_s is not None and one.look and one.look == one.worn
    ]
    most_s = max(first_s, default=end_s) - killed_s
    gap_s = max((one.longest_gap_s(killed_s, end_s) for one in theirs), default=end_s - killed_s)
    return verdict(
        0 < len(theirs) == len(first_s) and max(most_s, gap_s) <= BACK_MAX_S,
        f"{len(first_s)} of the {len(theirs)} clients of the worker that was killed are back, with "
        f"their look and a picture within {most_s:.2f} s, and no gap above {gap_s:.2f} s (2 s at "
        "most)",
    )


def _verdict_of_others(others: list[Camera], killed_s: float, end_s: float) -> str:
    gap_s = max((one.longest_gap_s(killed_s, end_s) for one in others), default=end_s - killed_s)
    losses = sum(one.losses for one in others)
    return verdict(
        bool(others) and not losses and gap_s <= GAP_MAX_S,
        f"the {len(others)} others' longest gap: {gap_s:.2f} s (0.50 at most); {losses} times one "
        "was cut off",
    )


def _row(name: str, one: Camera, killed_s: float, window_s: float, end_s: float) -> list[str]:
    return [
        name,
        f"{one.longest_gap_s(killed_s - window_s, killed_s):.2f}",
        f"{one.longest_gap_s(killed_s, end_s):.2f}",
        str(one.losses),
        *("-" if at_s is None else f"{at_s - killed_s:.2f}" for at_s in (one.back_s, one.first_s)),
    ]
