"""How many of a kind are let in at once: each holds memory or disk, however slow its client is."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from server.errors import ErrorCode
from server.replies import RequestRefused


class Places:
    """So many places for ``what``, and so many for one user, if that is said."""

    def __init__(self, what: str, count: int, of_one: int | None = None) -> None:
        self._what = what
        self._free = count
        self._freed = asyncio.Event()
        self._of_one = of_one
        self._users = Counter[str]()

    def check(self, user_id: str = "") -> None:
        """Whether there is one. Raises RequestRefused: 503 where all are taken, 429 where all of
        the user's are."""
        if self._free < 1:
            raise RequestRefused(
                503, ErrorCode.SERVER_FULL, f"Too many {self._what} at once", closes=True
            )
        if self._of_one is not None and self._users[user_id] >= self._of_one:
            text = f"Too many {self._what} of one user at once"
            raise RequestRefused(429, ErrorCode.RATE_LIMITED, text, closes=True)

    @contextmanager
    def one(self, user_id: str = "") -> Iterator[None]:
        """Holds a place. Raises as ``check``."""
        self.check(user_id)
        with self._held(user_id):
            yield

    @asynccontextmanager
    async def waited(self) -> AsyncIterator[None]:
        """Holds a place as soon as there is one: for what has gone too far to be refused."""
        while self._free < 1:
            self._freed.clear()
            await self._freed.wait()
        with self._held(""):
            yield

    @contextmanager
    def left(self, user_id: str = "") -> Iterator[None]:
        """Gives a place that is held to others for a while; then it is taken again at once, beyond
        the number if need be. So the block is for what has a bound of its own."""
        self._give(user_id)
        try:
            yield
        finally:
            self._take(user_id)

    @contextmanager
    def _held(self, user_id: str) -> Iterator[None]:
        self._take(user_id)
        try:
            yield
        finally:
            self._give(user_id)

    def _take(self, user_id: str) -> None:
        self._free -= 1
        self._users[user_id] += 1

    def _give(self, user_id: str) -> None:
        self._free += 1
        self._freed.set()
        self._users[user_id] -= 1
        if not self._users[user_id]:
            del self._users[user_id]
