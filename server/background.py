"""Work that has no end of its own, from the service's start to its stop."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

import structlog

log = structlog.get_logger(__name__)


@asynccontextmanager
async def at_work(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """The work goes on in the background until the block is left."""
    task = asyncio.create_task(work)
    task.add_done_callback(_tell_of_end)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _tell_of_end(task: "asyncio.Task[None]") -> None:
    if not task.cancelled():
        log.error("background work has ended", exc_info=task.exception())
