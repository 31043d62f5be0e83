"""Work that has no end of its own, from the service's start to its stop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import NoReturn

import structlog

from storage.errors import StorageError

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


async def every(interval_s: float, look: Callable[[], Awaitable[None]], words: str) -> NoReturn:
    """Look after something again and again, until cancelled. A look that fails is told of in these
    words, and keeps no other from being taken."""
    while True:
        try:
            await look()
        except StorageError as error:
            log.warning(words, reason=str(error))
        except Exception:
            log.exception(words)
        await asyncio.sleep(interval_s)


def _tell_of_end(task: "asyncio.Task[None]") -> None:
    if not task.cancelled():
        log.error("background work has ended", exc_info=task.exception())
