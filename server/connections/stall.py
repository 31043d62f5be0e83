"""Whether a client takes what it is sent. Pure."""


class Stall:
    """Is asked now and then how much waits unsent; without progress for ``limit_s`` it is over."""

    def __init__(self, limit_s: float, now_s: float) -> None:
        self._limit_s = limit_s
        self._moved_s = now_s
        self._unsent_bytes = 0

    def moved(self, now_s: float) -> None:
        """Something was taken."""
        self._moved_s = now_s

    def is_over(self, unsent_bytes: int, now_s: float) -> bool:
        """Whether nothing was taken for too long. What came to it meanwhile is no progress."""
        if not unsent_bytes or unsent_bytes < self._unsent_bytes or not self._unsent_bytes:
            self._moved_s = now_s
        self._unsent_bytes = unsent_bytes
        return now_s - self._moved_s >= self._limit_s
