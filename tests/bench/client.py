"""One session of the load generator: a camera, and a receiver that books every answer."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import cycle
from typing import Any

import aiohttp
import orjson
from aiohttp import WSMsgType

from tests.bench.host import HOST
from tests.bench.plan import CLOSED_LOOP, LoadPlan, SessionReport
from tests.bench.tally import Tally, Window
from tests.bench.wire import Answer, parse_answer, parse_binary, parse_json, wire_for

DRAIN_LIMIT_S = 15.0
"""How long the last answers may take after the last frame."""


class BenchClient:
    """A connected session. The latency of a frame counts from the moment it was due."""

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse[bool],
        plan: LoadPlan,
        rate_fps: float,
        film: Sequence[bytes],
    ) -> None:
        self._socket = socket
        self._plan = plan
        self._wire = wire_for(plan.protocol)
        self._film = cycle([self._wire.prepare(jpeg) for jpeg in film])
        self._room = asyncio.Semaphore(plan.under_way_max)
        self.rate_fps = rate_fps
        self.tally = Tally(Window(0.0, 0.0))
        self.errors: list[str] = []
        self._is_done = False
        self._settled = asyncio.Event()

    async def greet(self) -> None:
        """Wait for the greeting and put the look on."""
        await self._read_until("connection_established")
        if self._plan.look is not None:
            message = {"type": "set_look", "data": {"look": self._plan.look}}
            await self._socket.send_frame(orjson.dumps(message), WSMsgType.TEXT)
            await self._read_until("look_set")

    async def run(self, window: Window, first_s: float) -> None:
        """Send from ``first_s`` to the end of the window, then wait for what is under way."""
        self.tally = Tally(window)
        receiving = asyncio.create_task(self._receive())
        sending = asyncio.create_task(self._send_all(window.end_s, first_s))
        try:
            await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
            if receiving.done():
                self.errors.append("the server hung up")
        finally:
            for task in (sending, receiving):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    def report(self) -> SessionReport:
        """What became of the frames."""
        return self.tally.report(self.rate_fps)

    async def _send_all(self, end_s: float, first_s: float) -> None:
        if self.rate_fps == CLOSED_LOOP:
            await self._send_when_answered(end_s)
        else:
            await self._send_at_rate(first_s, end_s)
        self._is_done = True
        self._check_settled()
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_LIMIT_S):
                await self._settled.wait()

    async def _send_when_answered(self, end_s: float) -> None:
        while time.monotonic() < end_s:
            await self._room.acquire()
            await self._send(time.monotonic())

    async def _send_at_rate(self, first_s: float, end_s: float) -> None:
        interval_s = 1.0 / self.rate_fps
        due_s = first_s
        while due_s < end_s:
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            is_missed = time.monotonic() - due_s > interval_s
            if is_missed or self._room.locked():
                self.tally.withhold(due_s)
            else:
                await self._room.acquire()
                await self._send(due_s)
            due_s += interval_s

    async def _send(self, due_s: float) -> None:
        number = self.tally.send(due_s)
        message = self._wire.pack(number, next(self._film))
        await self._socket.send_frame(message, self._wire.kind)

    async def _receive(self) -> None:
        async for message in self._socket:
            answer = (
                parse_binary(message.data)
                if message.type is WSMsgType.BINARY
                else self._read_json(parse_json(message.data))
            )
            if answer is not None and self.tally.answer(answer):
                self._room.release()
            self._check_settled()

    def _read_json(self, message: dict[str, Any]) -> Answer | None:
        answer = parse_answer(message)
        if answer is None:
            self._note(message)
        return answer

    def _note(self, message: dict[str, Any]) -> None:
        if message["type"] == "stats":
            self.tally.stats = message["data"]
        else:
            self.errors.append(f"{message['type']}: {message.get('error', '')}")

    def _check_settled(self) -> None:
        if self._is_done and self.tally.is_settled(self._plan.wants_stats):
            self._settled.set()

    async def _read_until(self, kind: str) -> None:
        while (message := parse_json((await self._socket.receive()).data))["type"] != kind:
            if message["type"] == "error":
                raise RuntimeError(f"refused: {message['message']}")


@asynccontextmanager
async def connected(
    http: aiohttp.ClientSession, plan: LoadPlan, number: int, film: Sequence[bytes]
) -> AsyncIterator[BenchClient]:
    """A session that has been greeted, for the length of the block."""
    address = f"http://{HOST}:{plan.port}/api/hair-tryOn/realtime/{uuid.uuid4()}?user_id=bench"
    async with http.ws_connect(
        address,
        protocols=wire_for(plan.protocol).subprotocols,
        compress=0,
        max_msg_size=0,
        decode_text=False,
    ) as socket:
        client = BenchClient(socket, plan, plan.rates_fps[number], film)
        await client.greet()
        yield client
