"""How many of a kind are let in at once: each holds memory or disk, however slow its client is."""

from collections.abc import Iterator
from contextlib import contextmanager

from server.errors import ErrorCode
from server.replies import RequestRefused


class Places:
    """So many places for ``what``."""

    def __init__(self, what: str, count: int) -> None:
        self._what = what
        self._free = count

    @contextmanager
    def one(self) -> Iterator[None]:
        """Holds a place. Raises RequestRefused (503) where all are taken."""
        if self._free < 1:
            raise RequestRefused(503, ErrorCode.SERVER_FULL, f"Too many {self._what} at once")
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1
