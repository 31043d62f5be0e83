"""WebSocket frames that are none: wrong masks, lengths, opcodes, fragments."""

import asyncio
import random
import struct
from typing import Final

from tests.fuzz.mutation import mutated
from tests.fuzz.service.ground import LIVE_USER, Ground, bearer
from tests.fuzz.service.wire import exchange
from tests.fuzz.targets.live import GOOD, WORDS
from tests.integration.client import realtime_path

GREETING: Final = b"connection_established"
BROKEN: Final = struct.pack("!H", 1011)
OPCODES: Final = (0, 1, 2, 8, 9, 10, 3, 7, 11, 15)
MOST_FRAMES: Final = 12


class Framing:
    """A raw socket, after a good handshake or one that is nearly good."""

    name = "framing"

    def __init__(self, number: int) -> None:
        self._session_id = f"raw-{number}"

    async def once(self, ground: Ground, rng: random.Random) -> None:
        """One connection, some frames, and away."""
        hello = _handshake(ground, self._session_id)
        if rng.random() < 0.3:
            hello = mutated(hello, rng, (b"websocket", b"Upgrade", b"13", b"hair-tryon.binary.v1"))
        frames = b"".join(_frame(rng) for _ in range(rng.randint(1, MOST_FRAMES)))
        ground.note_sent(self.name, hello + frames)
        said = await exchange(ground, self.name, [hello, frames], is_cut=rng.random() < 0.2)
        is_broken = any(b"\x88" + bytes([n]) + BROKEN in said for n in range(2, 126))
        if is_broken:
            ground.finds.note(self.name, "the session broke", hello + frames)
        ground.counts[f"{self.name} {'greeted' if GREETING in said else 'not greeted'}"] += 1

    async def tidy(self, ground: Ground) -> None:
        """Each connection was closed."""
        await asyncio.sleep(0)


def _handshake(ground: Ground, session_id: str) -> bytes:
    host = ground.server.url.removeprefix("http://")
    lines = [
        f"GET {realtime_path(session_id, LIVE_USER)} HTTP/1.1",
        f"Host: {host}",
        f"Authorization: {bearer(LIVE_USER)['Authorization']}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _frame(rng: random.Random) -> bytes:
    """Good as often as not."""
    payload = mutated(rng.choice((*GOOD, b"", b"x" * 125, b"\x03\xe8bye")), rng, WORDS)
    is_good = rng.random() < 0.5
    opcode = rng.choice((1, 1, 2, 9)) if is_good else rng.choice(OPCODES)
    if opcode >= 8 and is_good:
        payload = payload[:125]
    first = (0x80 if is_good or rng.random() < 0.5 else rng.choice((0, 0x40, 0xC0, 0xF0))) | opcode
    masked = 0x80 if is_good or rng.random() < 0.7 else 0
    length = len(payload) if is_good or rng.random() < 0.7 else rng.choice((0, 1, 2**16, 2**40))
    mask = rng.randbytes(4) if masked else b""
    body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if masked else payload
    return bytes([first]) + _length(length, masked, rng, is_good=is_good) + mask + body


def _length(length: int, masked: int, rng: random.Random, *, is_good: bool) -> bytes:
    """In the shortest form, or in a longer one than there has to be."""
    least = 0 if length < 126 else 1 if length < 2**16 else 2
    form = least if is_good else rng.randint(least, 2)
    if form == 0:
        return bytes([masked | length])
    code, size = (126, "!BH") if form == 1 else (127, "!BQ")
    return struct.pack(size, masked | code, length)
