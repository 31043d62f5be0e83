"""Time limits of a process that stands back: while it waits for a processor, they wait too."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, TypeAlias

LOOK_S: Final = 1.0
"""So often it is looked how long it has waited."""
NS: Final = 1_000_000_000

Waits: TypeAlias = Mapping[str, int]
"""For how long each thread of a process has waited for a processor since it began, in ns."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What may take ``most_s``."""

    timeout: asyncio.Timeout
    most_s: float

    def renew(self) -> None:
        """It begins now."""
        self._move(float("inf"))

    def give(self, seconds: float) -> None:
        """So much of what has passed does not count."""
        self._move(seconds)

    def _move(self, seconds: float) -> None:
        """There is never more left than at its beginning."""
        due_s = self.timeout.when()
        if due_s is not None and not self.timeout.expired():
            latest_s = asyncio.get_running_loop().time() + self.most_s
            self.timeout.reschedule(min(due_s + seconds, latest_s))


async def deferred(limits: Sequence[Limit], look: Callable[[], Waits]) -> NoReturn:
    """Give the limits back what the process waits for a processor, until cancelled. One that hangs
    waits for none."""
    before = await asyncio.to_thread(look)
    while True:
        await asyncio.sleep(LOOK_S)
        now = await asyncio.to_thread(look)
        for limit in limits:
            limit.give(starved_s(before, now))
        before = now


def starved_s(before: Waits, now: Waits) -> float:
    """How long a process has waited in between: as long as that of its threads which waited
    longest."""
    return max((wait_ns - before.get(name, 0) for name, wait_ns in now.items()), default=0) / NS


def waits_of(pid: int) -> Waits:
    """Those of a process; none where the kernel does not tell."""
    waits = dict[str, int]()
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):  # it may have ended since
                waits[thread.name] = int((thread / "schedstat").read_text().split()[1])
    return waits
