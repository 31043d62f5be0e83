"""How often to ask again, and how long to wait in between."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import stamina
from stamina.instrumentation import set_on_retry_hooks

from processing.cloud.faults import CloudFault

# Each wait would be a warning in the log, and counted where all of the process's apps are.
set_on_retry_hooks(())

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Patience:
    """Calls are made ``attempts`` times, after waits that double from ``wait_s``, with up to
    ``jitter_s`` more. Of a prediction is heard every ``look_s``, later every ``longest_look_s``.
    Ending one that is not wanted any more may take ``end_s``."""

    attempts: int = 3
    wait_s: float = 1.0
    longest_wait_s: float = 8.0
    jitter_s: float = 1.0
    look_s: float = 0.5
    longest_look_s: float = 3.0
    end_s: float = 2.0

    def looks(self) -> Iterator[float]:
        """The pauses between asking how far a prediction has come, without end."""
        pause_s = self.look_s
        while True:
            yield pause_s
            pause_s = min(self.longest_look_s, pause_s * 1.5)

    async def insist(self, call: Callable[[], Awaitable[R]], until_s: float) -> R:
        """Make the call, again where that is safe and can be of use before ``until_s`` (on the
        event loop's clock). Raises the CloudFault that it ended with."""

        def again(error: Exception) -> bool | float:
            if not isinstance(error, CloudFault) or not error.can_retry:
                return False
            if error.retry_after_s is None:
                return True
            # Who is told to wait waits no shorter, and not as long as all the others.
            wait_s = error.retry_after_s + random.uniform(0.0, self.jitter_s)  # noqa: S311
            return asyncio.get_running_loop().time() + wait_s < until_s and wait_s

        attempts = stamina.retry_context(
            on=again,
            attempts=self.attempts,
            timeout=None,
            wait_initial=self.wait_s,
            wait_max=self.longest_wait_s,
            wait_jitter=self.jitter_s,
        )
        async for attempt in attempts:
            with attempt:
                return await call()
        raise RuntimeError("no attempt was made")
