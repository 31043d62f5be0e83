"""Tells whoever works on jobs that there is one: by taskiq, here or on other machines.

A ticket names no job. Whoever takes one takes the job whose turn it is from the database, which
alone knows what there is to do: a ticket that is lost, or comes twice, does no harm.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from taskiq import AsyncBroker, InMemoryBroker
from taskiq.exceptions import TaskiqError
from taskiq_redis import RedisStreamBroker

STREAM: Final = "hair-tryon-jobs"
TASK: Final = "hair-tryon-take-one"
MOST_TICKETS: Final = 1000
"""So many wait on Redis; older ones are dropped."""
MOST_AT_ONCE: Final = 64
LOCK_S: Final = 10.0

log = structlog.get_logger(__name__)


def open_broker(redis_url: str) -> AsyncBroker:
    """Who carries tickets: Redis if there is one, else this process."""
    if not redis_url:
        return InMemoryBroker()
    return RedisStreamBroker(
        redis_url,
        queue_name=STREAM,
        consumer_group_name=STREAM,
        consumer_id="0",
        maxlen=MOST_TICKETS,
        # One at a time, so that no worker holds tickets that others could take.
        xread_count=1,
        unacknowledged_lock_timeout=LOCK_S,
    )


class Tickets:
    """Sends tickets, and has ``take_one`` called for those that come here; True asks for more."""

    def __init__(self, broker: AsyncBroker, take_one: Callable[[], Awaitable[bool]]) -> None:
        self._asked = 0
        self._is_asked = asyncio.Event()

        async def taken() -> None:
            """taskiq renames what it is given, which a method does not allow."""
            if await take_one():
                self.ask()

        self._task = broker.register_task(taken, task_name=TASK)

    def ask(self, count: int = 1) -> None:
        """Have some sent, soon: nobody waits for a broker that hangs."""
        self._asked = min(self._asked + count, MOST_AT_ONCE)
        if self._asked:
            self._is_asked.set()

    async def run(self) -> None:
        """Send what is asked for, until cancelled. What cannot be sent is asked for again by the
        sweeper."""
        while True:
            await self._is_asked.wait()
            count, self._asked = self._asked, 0
            self._is_asked.clear()
            try:
                for _ in range(count):
                    await self._task.kiq()
            except (TaskiqError, OSError) as error:
                log.warning("no ticket could be sent", reason=type(error).__name__)
