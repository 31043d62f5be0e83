"""A worker is killed under load: what its clients and the others notice."""

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from itertools import cycle, pairwise
from typing import Any, Final

import aiohttp
import orjson
from aiohttp import WSMsgType

from tests.bench.child import Server
from tests.bench.host import HOST
from tests.bench.pictures import films
from tests.bench.run_service import run_service, serving
from tests.bench.subjects import COLOR, NATURAL
from tests.bench.table import table, verdict
from tests.bench.wire import BinaryWire

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
WIRE: Final = BinaryWire()


@dataclass(slots=True)
class _Client:
    """A camera that comes back when it is cut off, as the page does."""

    session_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    came_s: list[float] = field(default_factory=list)
    """When pictures came back."""
    lost_s: float | None = None
    back_s: float | None = None
    first_s: float | None = None
    """When it was greeted again, and had its first picture then."""
    look: dict[str, Any] | None = None

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
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(AGAIN_S)
            if self.lost_s is None:
                self.lost_s = time.monotonic()

    def longest_gap_s(self, since_s: float, until_s: float) -> float:
        """Between two pictures."""
        moments = [since_s, *(one for one in self.came_s if since_s <= one <= until_s), until_s]
        return max(b - a for a, b in pairwise(moments))

    async def _greeted(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        greeting = orjson.loads((await socket.receive()).data)
        if greeting["type"] != "connection_established":
            raise aiohttp.ClientError(greeting["type"])
        if self.lost_s is not None:
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
                if self.lost_s is not None and self.first_s is None:
                    self.first_s = time.monotonic()


def killed(redis_url: str, window_s: float) -> str:
    """Six clients at five frames a second; the table has one row for each."""
    with run_service(2, redis_url) as server:
        return asyncio.run(_kill(server, window_s))


async def _kill(server: Server, window_s: float) -> str:
    clients, reel = [_Client() for _ in range(CLIENTS)], films()
    async with aiohttp.ClientSession() as http:
        tasks = [
            asyncio.create_task(client.run(http, server.port, reel[number % len(reel)]))
            for number, client in enumerate(clients)
        ]
        await asyncio.sleep(SETTLE_S + window_s)
        killed_s = time.monotonic()
        serving(server, 2)[0].kill()
        await asyncio.sleep(window_s)
        end_s = time.monotonic()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return _told(clients, killed_s, window_s, end_s)


def _told(clients: list[_Client], killed_s: float, window_s: float, end_s: float) -> str:
    cut_off = [one for one in clients if one.lost_s is not None]
    others = [one for one in clients if one.lost_s is None]
    rows = [_row(client, killed_s, window_s, end_s) for client in (*cut_off, *others)]
    heads = [f"{CLIENTS} x {RATE_FPS:g}/s", "gap before, s", "gap after, s", "back, s",
             "first picture, s"]  # fmt: skip
    back_s = max((one.back_s or end_s) - killed_s for one in cut_off) if cut_off else 0.0
    has_look = all(one.look and one.look["color"] for one in cut_off)
    gap_s = max(one.longest_gap_s(killed_s, end_s) for one in others) if others else end_s
    claim = f"of {len(cut_off)} clients all are back with their look within {back_s:.2f} s"
    return "\n".join(
        [
            table(heads, rows),
            verdict(bool(cut_off) and back_s <= BACK_MAX_S and has_look, f"{claim} (2 s at most)"),
            verdict(gap_s <= GAP_MAX_S, f"the others' longest gap: {gap_s:.2f} s (0.50 at most)"),
        ]
    )


def _row(client: _Client, killed_s: float, window_s: float, end_s: float) -> list[str]:
    back, first = client.back_s, client.first_s
    return [
        "cut off" if client.lost_s is not None else "other",
        f"{client.longest_gap_s(killed_s - window_s, killed_s):.2f}",
        f"{client.longest_gap_s(killed_s, end_s):.2f}",
        f"{back - killed_s:.2f}" if back is not None else "-",
        f"{first - killed_s:.2f}" if first is not None else "-",
    ]
