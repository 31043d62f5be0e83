"""How much of the time no worker is free, so that engines do less before frames are late.

A frame that comes has to wait with the probability that all workers are taken; Erlang's C formula
(1917) computes it from the load, here it is measured. It rises late and steeply the more workers
there are, as the delay does. A session that sends few frames does not find by itself that there are
too many of its kind: its turns are short against the time between its frames until these are late
(see LoadMeter).
"""

import math
from typing import Final

from media.clock import Clock

MEMORY_S: Final = 1.0
"""What was so long ago counts by 1/e of what is now."""


class Saturation:
    """Is told when the last worker is taken, and when one is free again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._is_full = False
        self._share, self._at_s = 0.0, clock.monotonic()

    def changed(self, *, is_full: bool) -> None:
        """From now on all workers are taken, or not."""
        self._share, self._at_s = self.share, self._clock.monotonic()
        self._is_full = is_full

    @property
    def share(self) -> float:
        """Of the last seconds, 0 to 1."""
        kept = math.exp((self._at_s - self._clock.monotonic()) / MEMORY_S)
        return kept * self._share + (1.0 - kept) * self._is_full
