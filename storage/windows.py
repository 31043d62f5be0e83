"""How often something was done lately: windows that slide, so that no hour begins for everybody."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import cachetools

MOST_KEYS: Final = 100_000
"""Of so many it is known how often they did something; 20 MB at most, if each did it ten times."""


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


class OwnWindows:
    """In the process's own memory. ``monotonic`` gives seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._done: cachetools.LRUCache[tuple[str, str], deque[float]] = cachetools.LRUCache(
            MOST_KEYS
        )

    async def take(self, window: Window, key: str) -> Taken:
        """See Windows. Those that did nothing for longest are forgotten first."""
        now_s = self._monotonic()
        done = self._done.setdefault((window.name, key), deque())
        while done and done[0] <= now_s - window.length_s:
            done.popleft()
        is_free = len(done) < window.amount
        if is_free:
            done.append(now_s)
        again_s = done[0] + window.length_s - now_s if done else 0.0
        return Taken(is_free, window.amount - len(done), again_s)
