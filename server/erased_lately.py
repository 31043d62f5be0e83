"""Who was erased a moment ago: for what began to come in before, and says later whose it is."""

from math import inf

from media.clock import Clock


class ErasedLately:
    """Knows it for ``kept_s``, of the erasures that this process was asked for."""

    def __init__(self, clock: Clock, kept_s: float) -> None:
        self._clock = clock
        self._kept_s = kept_s
        self._erased_s = dict[str, float]()
        """When, the earliest first."""

    def add(self, user_id: str) -> None:
        """The user is erased now."""
        now_s = self._clock.monotonic()
        self._erased_s.pop(user_id, None)
        self._erased_s[user_id] = now_s
        while now_s - self._erased_s[first := next(iter(self._erased_s))] > self._kept_s:
            del self._erased_s[first]

    def has(self, user_id: str, since_s: float) -> bool:
        """Whether the user was erased at this moment of the clock or later."""
        return self._erased_s.get(user_id, -inf) >= since_s
