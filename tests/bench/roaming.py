"""A live client as it is documented: when the server says that it stops, it comes back at once by
the gateway, with the id of its session."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle
from typing import Any, TypeAlias

import aiohttp
import orjson
from aiohttp import WSMsgType

from tests.bench.figures import longest_gap_s
from tests.bench.tally import Tally, Window
from tests.bench.wire import BinaryWire, parse_answer, parse_binary, parse_json

Socket: TypeAlias = "aiohttp.ClientWebSocketResponse[bool]"

ANSWER_S = 30.0
AGAIN_S = 0.1
"""So long after a try that failed there is another."""
CUT_OFF = "cut off"
"""What becomes of frames whose connection ends before they are answered."""


@dataclass(frozen=True, slots=True)
class Journey:
    """What became of one session. ``gap_s`` is the longest time without a picture."""

    name: str
    moves: int
    tries: int
    gap_s: float
    sent: int
    unsent: int
    outcomes: Counter[str]
    unexpected: int
    out_of_order: int
    looks_lost: int

    @property
    def unanswered(self) -> int:
        """Frames of which nothing was heard, though their connection did not end."""
        return self.sent - self.outcomes.total()


@dataclass(slots=True)
class _Visit:
    """One connection of a session."""

    tally: Tally
    is_greeted: bool = False
    is_followed: bool = False


class RoamingClient:
    """Sends frames at a rate until it is to rest; ``run`` listens until it is cancelled."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        gateway_url: str,
        name: str,
        rate_fps: float,
        film: Sequence[bytes],
    ) -> None:
        self._http = http
        query = f"?user_id={name}"
        self._address = f"{gateway_url}/api/hair-tryOn/realtime/session-{name}{query}"
        self._name = name
        self._interval_s = 1.0 / rate_fps
        self._film = cycle(film)
        self._wire = BinaryWire()
        self._window = Window(time.monotonic(), float("inf"))
        self._tallies: list[Tally] = []
        self._socket: Socket | None = None
        self._dressed = asyncio.Event()
        self._worn: dict[str, Any] | None = None
        self._since_s = self._window.start_s
        self._until_s: float | None = None
        self._tries = self._unsent = self._looks_lost = 0
        self.is_live = asyncio.Event()
        self.troubles = Counter[str]()

    async def run(self) -> None:
        """Live, wherever the gateway leads to."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._attend(tasks))
            await self._send_frames()

    async def put_on(self, look: Mapping[str, Any]) -> None:
        """Return when the server has answered."""
        assert self._socket is not None
        self._dressed.clear()
        message = {"type": "set_look", "data": {"look": look}}
        await self._socket.send_frame(orjson.dumps(message), WSMsgType.TEXT)
        async with asyncio.timeout(ANSWER_S):
            await self._dressed.wait()

    def forget_gaps(self) -> None:
        """Those so far: many who begin at once wait for each other."""
        self._since_s = time.monotonic()

    def rest(self) -> None:
        """Send no more, so that what was sent can be answered before all ends."""
        self._until_s = time.monotonic()

    def journey(self) -> Journey:
        """So far, or until it rests."""
        until_s = time.monotonic() if self._until_s is None else self._until_s
        start_s = self._window.start_s
        came_s = [start_s + at_s for tally in self._tallies for at_s, _ in tally.latency_ms]
        return Journey(
            name=self._name,
            moves=len(self._tallies) - 1,
            tries=self._tries,
            gap_s=longest_gap_s(came_s, self._since_s, until_s),
            sent=sum(tally.sent for tally in self._tallies),
            unsent=self._unsent,
            outcomes=sum((tally.outcomes for tally in self._tallies), Counter()),
            unexpected=sum(tally.unexpected for tally in self._tallies),
            out_of_order=sum(tally.out_of_order for tally in self._tallies),
            looks_lost=self._looks_lost,
        )

    async def _attend(self, tasks: asyncio.TaskGroup) -> None:
        """One connection to its end, or several tries; another begins when this one is to end."""
        visit = _Visit(Tally(self._window))
        while not visit.is_followed:
            self._tries += 1
            try:
                async with self._connected() as socket:
                    await self._receive(socket, visit, tasks)
            except (aiohttp.ClientError, OSError) as error:
                self.troubles[type(error).__name__] += 1
            if visit.is_greeted:
                self._go_on(visit, tasks)
            else:
                await asyncio.sleep(AGAIN_S)
        visit.tally.give_up(CUT_OFF)

    def _go_on(self, visit: "_Visit", tasks: asyncio.TaskGroup) -> None:
        """Elsewhere. What is under way is still answered here."""
        if not visit.is_followed:
            visit.is_followed, self._socket = True, None
            tasks.create_task(self._attend(tasks))

    def _connected(self) -> Any:
        return self._http.ws_connect(
            self._address, protocols=self._wire.subprotocols, compress=0, max_msg_size=0,
            decode_text=False,
        )  # fmt: skip

    async def _receive(self, socket: Socket, visit: "_Visit", tasks: asyncio.TaskGroup) -> None:
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                visit.tally.answer(parse_binary(message.data))
                continue
            said = parse_json(message.data)
            if (answer := parse_answer(said)) is not None:
                visit.tally.answer(answer)
                continue
            match said["type"]:
                case "connection_established":
                    self._greeted(socket, visit, said["look"])
                case "look_set":
                    self._worn = said["look"]
                    self._dressed.set()
                case "server_closing" if visit.is_greeted:
                    self._go_on(visit, tasks)
                case "error":
                    self.troubles[said["error"]] += 1

    def _greeted(self, socket: Socket, visit: "_Visit", look: dict[str, Any] | None) -> None:
        self._looks_lost += look != self._worn
        visit.is_greeted, self._socket = True, socket
        self._tallies.append(visit.tally)
        self.is_live.set()

    async def _send_frames(self) -> None:
        due_s = time.monotonic()
        while self._until_s is None:
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            socket = self._socket
            if socket is None or socket.closed:
                self._unsent += bool(self._tallies)
            else:
                number = self._tallies[-1].send(due_s)
                message = self._wire.pack(number, next(self._film))
                # If it fails, the frame is cut off as those before it that are not answered.
                with suppress(ConnectionError):
                    await socket.send_frame(message, WSMsgType.BINARY)
            due_s += self._interval_s
