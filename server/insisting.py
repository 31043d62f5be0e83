"""Calls that are made again while a storage is away: what was worth much is not lost by that."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from media.clock import Clock
from storage.errors import StorageFailed

T = TypeVar("T")


async def insist(
    call: Callable[[], Awaitable[T]], clock: Clock, *, within_s: float, pause_s: float
) -> T:
    """What the call returns when the storage takes it. Raises what the call raises."""
    until_s = clock.monotonic() + within_s
    while True:
        try:
            return await call()
        except StorageFailed:
            if clock.monotonic() >= until_s:
                raise
        await asyncio.sleep(pause_s)
