"""Messages that wait for their turn: bounded in number and in bytes, the newest is refused."""

import asyncio
from collections import deque

MAX_MESSAGES = 2048
"""A photo of 8 MiB comes in about 600 parts."""


class Backlog:
    """What one client has said and nobody has heard yet."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._texts: deque[str] = deque()
        self._bytes = 0
        self._refused = 0
        self._wake = asyncio.Event()

    def put(self, text: str) -> None:
        """Let a message wait, if there is room for it."""
        size_bytes = len(text.encode())
        if len(self._texts) >= MAX_MESSAGES or self._bytes + size_bytes > self._max_bytes:
            self._refused += 1
        else:
            self._texts.append(text)
            self._bytes += size_bytes
        self._wake.set()

    def refused(self) -> int:
        """How many have been refused since this was asked last."""
        count, self._refused = self._refused, 0
        return count

    async def take(self) -> str | None:
        """The oldest message; None where there is none, but some were refused."""
        while not self._texts and not self._refused:
            self._wake.clear()
            await self._wake.wait()
        if not self._texts:
            return None
        text = self._texts.popleft()
        self._bytes -= len(text.encode())
        return text
