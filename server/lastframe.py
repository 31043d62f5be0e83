"""What a client is told of its last frame, beside the figures: heads, advice, where time went."""

from dataclasses import replace

from processing.pipeline import Processed
from server.budget import Reminder

NEWS_INTERVAL_S = 0.2
"""A head that comes and goes at camera rate is told no more often than this."""


class LastFrame:
    """One session's last result without its picture, and whether it is news to the client."""

    def __init__(self) -> None:
        self.result = Processed(b"")
        self._told = _sight(self.result)
        self._reminder = Reminder(NEWS_INTERVAL_S)

    def note(self, result: Processed) -> None:
        """A frame has been processed."""
        self.result = replace(result, payload=b"", shot=None)

    def is_news(self, now_s: float) -> bool:
        """Whether other heads or other advice should be told now, and not with the next figures."""
        return _sight(self.result) != self._told and self._reminder.is_due(now_s)

    def told(self) -> Processed:
        """The result, for the client: it is no news any more."""
        self._told = _sight(self.result)
        return self.result


def _sight(result: Processed) -> tuple[object, ...]:
    return result.heads, result.advice
