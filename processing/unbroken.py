"""Steps that are not broken off halfway, since what they have begun could not be undone then."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def unbroken(step: Coroutine[Any, Any, T]) -> T:
    """What the step returns, or raises. Whoever is cancelled meanwhile waits for its end, and is
    cancelled then: so it is for what ends soon by itself."""
    task = asyncio.ensure_future(step)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        _ = task.cancelled() or task.exception()  # asked for, it is not told of as lost
        raise cancelled
    return task.result()
