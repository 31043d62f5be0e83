"""Whoever waits for a prediction is told when it is over."""

import asyncio
from typing import Final

from cachetools import LRUCache

MOST_RINGS: Final = 1000
"""So many are remembered of which nobody asked yet; who missed one looks by themselves."""


class Doorbell:
    """Rung by Replicate's webhooks. One that comes before anybody waits, since it was faster than
    the answer that names the prediction, is heard as soon as somebody does.

    It is heard by this process alone: where the webhook came to another one, whoever waits looks
    as often as without webhooks.
    """

    def __init__(self) -> None:
        self._waiting = dict[str, asyncio.Event]()
        self._rung: LRUCache[str, bool] = LRUCache(MOST_RINGS)

    def ring(self, prediction_id: str) -> None:
        """The prediction is over. Again, or of one that nobody wants, it does no harm."""
        if prediction_id in self._waiting:
            self._waiting[prediction_id].set()
        else:
            self._rung[prediction_id] = True

    async def pause(self, prediction_id: str, seconds: float) -> None:
        """See Pause. One waits for a prediction at a time."""
        if self._rung.pop(prediction_id, False):
            return
        rung = self._waiting[prediction_id] = asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                await rung.wait()
        except TimeoutError:
            return
        finally:
            del self._waiting[prediction_id]
