"""How many of a kind are let in at once: each holds memory or disk, however slow its client is."""

from collections.abc import Iterator
from contextlib import contextmanager

from server.errors import ErrorCode
from server.replies import RequestRefused


class Desk:
    """Bounds how many are being received, and how many of them worked on.

    So that clients who send a byte a second do not keep those out who have sent all.
    """

    def __init__(self, what: str, receiving: int, working: int) -> None:
        self._what = what
        self._receiving = receiving
        self._working = working

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """Raises RequestRefused (503) where all places are taken."""
        if self._receiving < 1:
            raise self._full()
        self._receiving -= 1
        try:
            yield
        finally:
            self._receiving += 1

    @contextmanager
    def working(self) -> Iterator[None]:
        """Raises RequestRefused (503) where all places are taken."""
        if self._working < 1:
            raise self._full()
        self._working -= 1
        try:
            yield
        finally:
            self._working += 1

    def _full(self) -> RequestRefused:
        return RequestRefused(503, ErrorCode.SERVER_FULL, f"Too many {self._what} at once")
