"""How much of the time somebody waits for a worker, so that engines do less before frames are late.

That is a resource's saturation, as its utilisation is how much of the time it is busy (Gregg, "The
USE Method", 2013). A session that sends few frames does not find by itself that there are too many
of its kind: its turns are short against the time between its frames until these are late (see
LoadMeter). One that takes all that others leave saturates nothing: whoever comes is the next.
"""

import math
from typing import Final

from media.clock import Clock

MEMORY_S: Final = 1.0
"""What was so long ago counts by 1/e of what is now."""


class Saturation:
    """Is told when a line forms, and when it is gone; more often does no harm."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._is_waited_for = False
        self._share, self._at_s = 0.0, clock.monotonic()

    def changed(self, *, is_waited_for: bool) -> None:
        """From now on somebody waits, or nobody does."""
        self._share, self._at_s = self.share, self._clock.monotonic()
        self._is_waited_for = is_waited_for

    @property
    def share(self) -> float:
        """Of the last seconds, 0 to 1."""
        kept = math.exp((self._at_s - self._clock.monotonic()) / MEMORY_S)
        return kept * self._share + (1.0 - kept) * self._is_waited_for
