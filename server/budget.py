"""How often a client may do something: an even thinning, never a burst and then silence. Pure."""

import zlib

WINDOW_S = 60.0
BURST_S = 0.25
"""What a jittery network may deliver at once: frames of a quarter of a second."""


class Budget:
    """A token bucket that never lets more than ``per_minute`` through in any minute.

    A full bucket can be spent on top of what flows in within a minute, so the inflow is what
    remains of the limit without it.
    """

    def __init__(self, per_minute: int, now_s: float, burst_s: float = BURST_S) -> None:
        self._burst = max(1.0, per_minute / WINDOW_S * burst_s)
        self._rate_per_s = max(per_minute - self._burst, 0.5 * per_minute) / WINDOW_S
        self._tokens = self._burst
        self._last_s = now_s

    def spend(self, now_s: float) -> bool:
        """Whether there is room for one more now; if so, it is taken."""
        earned = (now_s - self._last_s) * self._rate_per_s
        self._tokens = min(self._burst, self._tokens + earned)
        self._last_s = now_s
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class Reminder:
    """Lets something be said at most once in ``interval_s``."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._said_s = -float("inf")

    def is_due(self, now_s: float) -> bool:
        """Whether it may be said now; if so, it counts as said."""
        if now_s - self._said_s < self._interval_s:
            return False
        self.said(now_s)
        return True

    def said(self, now_s: float) -> None:
        """It has been said now."""
        self._said_s = now_s


class News:
    """Lets a thing be said when it is another than the last that was said, or that is
    ``interval_s`` ago."""

    def __init__(self, interval_s: float) -> None:
        self._reminder = Reminder(interval_s)
        self._said: object = None

    def is_due(self, thing: object, now_s: float) -> bool:
        """Whether it may be said now; if so, it counts as said."""
        if thing == self._said:
            return self._reminder.is_due(now_s)
        self._said = thing
        self._reminder.said(now_s)
        return True


def turn_of(name: str) -> float:
    """Which part of an interval is this one's, from 0 to below 1, where all do the same in each."""
    return zlib.crc32(name.encode()) / 2**32
