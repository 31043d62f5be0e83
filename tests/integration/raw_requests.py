"""Requests as bytes, and what came back."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests.integration.client import RawClient

HOST = b"Host: 127.0.0.1\r\n"
DRIBBLE_S = 0.02
"""Between two bytes; limits in the tests are longer."""


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One answer, to the end of the connection."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, Any]:
        """The body of an error."""
        said: dict[str, Any] = json.loads(self.body)
        return said


def request(line: str, *headers: str) -> bytes:
    """A request's head."""
    return (
        line.encode()
        + b" HTTP/1.1\r\n"
        + HOST
        + "".join(f"{h}\r\n" for h in headers).encode()
        + b"\r\n"
    )


def answer_of(said: bytes) -> RawAnswer:
    """An answer."""
    head, _, body = said.partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    headers = dict(field.split(": ", 1) for field in fields)
    return RawAnswer(int(line.split()[1]), headers, body)


async def dribble(client: RawClient, data: bytes) -> None:
    """Send byte after byte, again and again, until the server hangs up."""
    with suppress(ConnectionError):
        while True:
            for byte in data:
                await client.send_raw(bytes([byte]))
                await asyncio.sleep(DRIBBLE_S)


async def answer_to_dribble(client: RawClient, data: bytes) -> bytes:
    """What is said to somebody who dribbles until the server hangs up."""
    dribbling = asyncio.create_task(dribble(client, data))
    try:
        return await client.read_to_end()
    finally:
        dribbling.cancel()
        await asyncio.wait([dribbling])
