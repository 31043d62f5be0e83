"""Work that is done as a whole, whoever stops waiting for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def whole(work: Coroutine[Any, Any, T]) -> T:
    """What the work returns. Who is cancelled waits for its end, so that files and records stay
    together; it must not take long."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        # What went wrong is of no use to one who has gone; asked for, it is not told of as lost.
        if not task.cancelled():
            task.exception()
        raise
