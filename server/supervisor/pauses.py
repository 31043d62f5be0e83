"""How long a worker that has ended is not started again. Pure."""

from typing import Final

FIRST_S: Final = 0.5
LONGEST_S: Final = 30.0
WELL_S: Final = 60.0
"""One that has lived for so long was well: its end is the first one."""


class Pauses:
    """One worker's: none after the first end, then from FIRST_S on twice as long each time."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def after(self, lived_s: float) -> float:
        """In so many seconds it is started again."""
        pause_s = 0.0 if lived_s >= WELL_S else self._next_s
        self._next_s = min(LONGEST_S, max(FIRST_S, 2 * pause_s))
        return pause_s
