"""How often something was done lately: windows that slide, so that no hour begins for everybody."""

from array import array
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import cachetools

MOST_KEYS: Final = 100_000
"""Of so many it is known how often they did something; 60 MB at most, if each did it ten times."""


@dataclass(frozen=True, slots=True)
class Window:
    """``amount`` times, at most, within any ``length_s`` seconds. ``name`` tells it from others."""

    name: str
    amount: int
    length_s: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether it ``is_free`` to be done once more, which counts if it is; how often it may be done
    after that, and in how many seconds once more than that."""

    is_free: bool
    left: int
    again_s: float


class Windows(Protocol):
    """Counts what is done, by windows and by keys."""

    async def take(self, window: Window, key: str) -> Taken:
        """Do it once more, if that is free. Raises StorageFailed, and StorageClosed when the
        counts' place is closed. Calls at the same time never take more than there is."""
        ...

    async def look(self, window: Window, key: str) -> Taken:
        """As ``take``, but nothing is done. Raises the same."""
        ...


class OwnWindows:
    """In the process's own memory. ``monotonic`` gives seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._done: cachetools.LRUCache[tuple[str, str], array[float]] = cachetools.LRUCache(
            MOST_KEYS
        )

    async def take(self, window: Window, key: str) -> Taken:
        """See Windows. Those that did nothing for longest are forgotten first."""
        now_s, done = self._lately(window, key)
        is_free = len(done) < window.amount
        if is_free:
            done.append(now_s)
            self._done[window.name, key] = done
        return Taken(is_free, window.amount - len(done), done[0] + window.length_s - now_s)

    async def look(self, window: Window, key: str) -> Taken:
        """See Windows."""
        now_s, done = self._lately(window, key)
        again_s = done[0] + window.length_s - now_s if done else 0.0
        return Taken(len(done) < window.amount, window.amount - len(done), again_s)

    def _lately(self, window: Window, key: str) -> "tuple[float, array[float]]":
        """The moment, and those of what was done and still counts."""
        now_s = self._monotonic()
        done = self._done.get((window.name, key), array("d"))
        del done[: bisect_right(done, now_s - window.length_s)]
        return now_s, done
