"""How hard a session finds it to keep up, so that its engine can do less before frames are lost.

The utilisation of a queue, measured over the last turns: the time that a turn took, with the wait
for a worker, over the time between two frames' arrivals.
"""

from collections import deque

RECENT = 10
"""Turns and arrivals that are averaged: a third of a second at camera speed."""
PAUSE_S = 1.0
"""After so long without a frame a session begins anew: what was measured is of no use."""
SHORTEST_SPAN_S = 0.001
"""Frames that came at the same moment are taken to have come within this."""


class LoadMeter:
    """One session's load. Times are monotonic, in seconds, and handed in."""

    def __init__(self) -> None:
        self._arrivals_s: deque[float] = deque(maxlen=RECENT + 1)
        self._turns_s: deque[float] = deque(maxlen=RECENT)

    def arrived(self, at_s: float) -> None:
        """A frame has come, whatever becomes of it."""
        if self._arrivals_s and at_s - self._arrivals_s[-1] > PAUSE_S:
            self._arrivals_s.clear()
            self._turns_s.clear()
        self._arrivals_s.append(at_s)

    def worked(self, duration_s: float) -> None:
        """A turn has ended; ``duration_s`` runs from asking for a worker to the frame's result."""
        self._turns_s.append(duration_s)

    @property
    def pressure(self) -> float:
        """0 at rest, towards 1 when turns take all of the time between frames.

        Above 1 the session cannot keep up: its queue grows until frames are dropped. A client
        that waits for answers before it sends more does not come far above 1.
        """
        if len(self._arrivals_s) < RECENT or not self._turns_s:
            return 0.0
        span_s = max(self._arrivals_s[-1] - self._arrivals_s[0], SHORTEST_SPAN_S)
        interval_s = span_s / (len(self._arrivals_s) - 1)
        return sum(self._turns_s) / len(self._turns_s) / interval_s
