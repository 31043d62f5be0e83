"""A bad network for tests: a UDP relay that loses, delays, doubles and swaps what it carries."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

Address = tuple[str, int]
HOST = "127.0.0.1"


@dataclass(slots=True)
class Weather:
    """What becomes of datagrams, in both directions; it may change while they flow.

    ``loss``, ``twice`` and ``swapped`` are shares, ``jitter_s`` the longest extra delay (as a slow
    radio adds it, in order), ``is_dark`` swallows everything.
    """

    loss: float = 0.0
    twice: float = 0.0
    swapped: float = 0.0
    jitter_s: float = 0.0
    is_dark: bool = False


class _Side(asyncio.DatagramProtocol):
    """One socket: hands what comes in to the other one."""

    def __init__(self, relay: "LossyRelay") -> None:
        self.relay = relay
        self.transport: asyncio.DatagramTransport | None = None
        self.peer: Address | None = None
        self.other: _Side | None = None
        self.clear_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.peer = addr
        assert self.other is not None
        self.relay.carry(data, self.other)

    def close(self) -> None:
        """Carry nothing any more, not even what was held up."""
        transport, self.transport = self.transport, None
        if transport is not None:
            transport.close()

    def send(self, data: bytes) -> None:
        """To whoever was heard from last, or was named."""
        if self.transport is not None and self.peer is not None:
            self.transport.sendto(data, self.peer)


class LossyRelay:
    """Between one client and the server. Its luck comes from a seed."""

    def __init__(self, weather: Weather, seed: int = 1) -> None:
        self.weather = weather
        self.client_side, self.server_side = _Side(self), _Side(self)
        self.client_side.other, self.server_side.other = self.server_side, self.client_side
        self.carried = self.lost = 0
        self._random = random.Random(seed)
        self._held: tuple[bytes, _Side] | None = None

    @property
    def port(self) -> int:
        """Where the client finds the server."""
        assert self.client_side.transport is not None
        port: int = self.client_side.transport.get_extra_info("sockname")[1]
        return port

    def carry(self, data: bytes, out: _Side) -> None:
        """One datagram, in this weather."""
        weather, luck = self.weather, self._random.random
        self.carried += 1
        if weather.is_dark or luck() < weather.loss:
            self.lost += 1
            return
        if self._held is None and luck() < weather.swapped:
            self._held = (data, out)
            return
        for _ in range(2 if luck() < weather.twice else 1):
            self._send(data, out)
        if self._held is not None:
            held, self._held = self._held, None
            self._send(*held)

    def _send(self, data: bytes, out: _Side) -> None:
        if not self.weather.jitter_s:
            out.send(data)
            return
        loop = asyncio.get_running_loop()
        due_s = loop.time() + self._random.random() * self.weather.jitter_s
        out.clear_s = max(out.clear_s, due_s)
        loop.call_at(out.clear_s, out.send, data)

    def clear_up(self) -> None:
        """Fine weather from now on."""
        self.weather = Weather()

    def reroute(self, answer: str) -> str:
        """The server's answer, so that the client comes here instead."""
        found = re.search(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", answer)
        assert found is not None, answer
        self.server_side.peer = (found.group(1), int(found.group(2)))
        return answer.replace(f" {found.group(2)} typ host", f" {self.port} typ host")


@asynccontextmanager
async def lossy_relay(weather: Weather) -> AsyncIterator[LossyRelay]:
    """A relay on free ports, for the length of the block."""
    relay, loop = LossyRelay(weather), asyncio.get_running_loop()
    sides = (relay.client_side, relay.server_side)
    for side in sides:
        await loop.create_datagram_endpoint(lambda side=side: side, local_addr=(HOST, 0))  # type: ignore[misc]
    try:
        yield relay
    finally:
        for side in sides:
            side.close()
        await asyncio.sleep(0)


def without_candidates(offer: str) -> str:
    """The client's offer, so that the server can answer only along the way it is spoken to."""
    return re.sub(r"a=(candidate:[^\r\n]*|end-of-candidates)\r\n", "", offer)
