"""Messages over WebSocket, good and bad: each is answered once."""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any, Final

from aiohttp import (
    ClientConnectionError,
    ClientWebSocketResponse,
    WSMsgType,
    WSServerHandshakeError,
)

from server.binary import SUBPROTOCOL
from tests.fuzz.mutation import mutated
from tests.fuzz.service.ground import ANSWER_S, LIVE_USER, Ground, bearer
from tests.fuzz.targets.live import GOOD, WORDS
from tests.fuzz.targets.pictures import PICTURES
from tests.fuzz.targets.pictures import WORDS as PICTURE_WORDS
from tests.integration.client import realtime_path, text_of
from tests.pictures import jpeg

MOST_MESSAGES: Final = 30
"""Fewer than would be too many at once."""
FRAME: Final = jpeg()
BROKEN: Final = 1011
BINARY_HEAD: Final = b"\1\1\0\0\0\0\1\2"


class Messages:
    """Well-formed frames of any content."""

    name = "sockets"

    def __init__(self, number: int) -> None:
        self._session_id = f"live-{number}"

    async def once(self, ground: Ground, rng: random.Random) -> None:
        """One connection, and as many answers as there were messages."""
        url = ground.server.url + realtime_path(self._session_id, LIVE_USER)
        protocols = (SUBPROTOCOL,) if rng.random() < 0.5 else ()
        try:
            async with ground.http.ws_connect(
                url, headers=bearer(LIVE_USER), protocols=protocols, max_msg_size=0, autoclose=False
            ) as socket:
                await socket.receive(ANSWER_S)
                sent = await _send_some(ground, socket, rng)
                await _count_answers(ground, socket, sent)
        except (ClientConnectionError, WSServerHandshakeError) as error:
            ground.counts[f"{self.name} {type(error).__name__}"] += 1

    async def tidy(self, ground: Ground) -> None:
        """Each connection was closed."""


async def _send_some(
    ground: Ground, socket: ClientWebSocketResponse, rng: random.Random
) -> list[bytes]:
    sent = list[bytes]()
    for _ in range(rng.randint(1, MOST_MESSAGES)):
        if rng.random() < 0.1:
            await socket.ping(rng.randbytes(rng.randint(0, 125)))
            continue
        is_text = rng.random() < 0.7
        data = rng.choice(_TEXTS if is_text else _BINARIES)(rng)
        ground.note_sent("sockets", data)
        sent.append(data)
        await socket.send_frame(data, WSMsgType.TEXT if is_text else WSMsgType.BINARY)
    return sent


def _frame(picture: bytes) -> bytes:
    data = {"frame_id": "f1", "frame_data": text_of(picture)}
    return json.dumps({"type": "process_frame", "data": data}).encode()


def _photo(picture: bytes, rng: random.Random) -> bytes:
    kind = rng.choice(("set_style_image", "set_color_image"))
    return json.dumps({"type": kind, "data": {"image_data": text_of(picture)}}).encode()


def _damaged(rng: random.Random) -> bytes:
    return mutated(rng.choice(PICTURES), rng, PICTURE_WORDS)


_TEXTS: Final[tuple[Callable[[random.Random], bytes], ...]] = (
    lambda _: _frame(FRAME),
    lambda rng: _frame(_damaged(rng)),
    lambda rng: _photo(_damaged(rng), rng),
    lambda rng: rng.choice(GOOD),
    lambda rng: mutated(rng.choice(GOOD), rng, WORDS),
    lambda rng: mutated(rng.choice(GOOD), rng, WORDS),
)
_BINARIES: Final[tuple[Callable[[random.Random], bytes], ...]] = (
    lambda _: BINARY_HEAD + FRAME,
    lambda rng: mutated(BINARY_HEAD + FRAME, rng, PICTURE_WORDS),
)


async def _count_answers(
    ground: Ground, socket: ClientWebSocketResponse, sent: list[bytes]
) -> None:
    whole, answers, is_one_each = b"\n".join(sent), 0, True
    try:
        async with asyncio.timeout(ANSWER_S):
            while answers < len(sent) and await _is_answer(ground, socket):
                answers += 1
            if answers == len(sent):
                # A second answer has come by the time that a last message is answered.
                await socket.send_frame(b'{"type":"clear_look"}', WSMsgType.TEXT)
                is_one_each = await _is_answer(ground, socket, only="look_set")
    except TimeoutError:
        ground.finds.note("sockets", f"{answers} answers to {len(sent)} messages", whole)
        return
    if socket.close_code is not None:
        ground.counts[f"sockets closed {socket.close_code}"] += 1
        if socket.close_code == BROKEN:
            ground.finds.note("sockets", "the session broke", whole)
    elif not is_one_each:
        ground.finds.note("sockets", f"more answers than {len(sent)} messages", whole)


def _is_reminder(said: dict[str, Any]) -> bool:
    """Whether it says that there are too many frames, each of which has its answer besides."""
    return said.get("error") == "RATE_LIMITED" and "frame_id" not in said


async def _is_answer(
    ground: Ground, socket: ClientWebSocketResponse, only: str | None = None
) -> bool:
    """Whether the next message is one; figures are none. False at the end."""
    while True:
        message = await socket.receive()
        if message.type is WSMsgType.BINARY:
            ground.counts["sockets processed"] += 1
            return only is None
        if message.type is WSMsgType.PONG:
            continue
        if message.type is not WSMsgType.TEXT:
            await socket.close()
            return False
        said = json.loads(message.data)
        if said["type"] != "stats" and not _is_reminder(said):
            ground.counts[f"sockets {said.get('error', said['type'])}"] += 1
            return only in (None, said["type"])
