"""The document as it is sent, written when somebody asks for it first."""

import asyncio
from collections.abc import Callable


class WrittenDocument:
    """Writing takes a tenth of a second, which most services that start never need."""

    def __init__(self, write: Callable[[], bytes]) -> None:
        self._write = write
        self._body: bytes | None = None
        self._writing = asyncio.Lock()

    async def body(self) -> bytes:
        """The JSON, always the same."""
        async with self._writing:
            if self._body is None:
                self._body = await asyncio.to_thread(self._write)
            return self._body
