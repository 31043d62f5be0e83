"""When a service that fails is left alone for a while (report section 8.4).

(No kept library lets exactly one probe through, on a clock that is given to it and a Redis that may
be away: purgatory lets all of them pass, aiobreaker and pybreaker block the loop or need Tornado.)
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Standing(StrEnum):
    """Where a breaker stands."""

    CLOSED = "closed"
    """All calls pass."""
    OPEN = "open"
    """None does."""
    HALF_OPEN = "half_open"
    """One does, at a time: how it ends decides."""


class Breaker(Protocol):
    """Asked before every call, and told how each that passed has ended. Calls are told apart by
    ids, which are used once."""

    async def enter(self, call_id: str) -> bool:
        """Whether the call may be made."""
        ...

    async def leave(self, call_id: str, is_well: bool | None) -> None:
        """The service did its work, or failed to; None: nobody knows, as the call was not made or
        not waited for."""
        ...

    async def standing(self) -> str:
        """Where it stands: a Standing's value."""
        ...


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """After so many ``failures`` in a row no call passes for ``open_s``. A probe of which nothing
    is heard for ``probe_s`` makes room for another."""

    failures: int = 5
    open_s: float = 60.0
    probe_s: float = 180.0


class OwnBreaker:
    """Of this process alone. ``monotonic`` gives seconds."""

    def __init__(self, rules: BreakerRules, monotonic: Callable[[], float]) -> None:
        self._rules = rules
        self._monotonic = monotonic
        self._failures = 0
        self._opened_s: float | None = None
        self._probe: str | None = None
        self._probe_until_s = 0.0

    async def enter(self, call_id: str) -> bool:
        """See Breaker."""
        standing = await self.standing()
        if standing != Standing.HALF_OPEN or self._is_probed():
            return standing == Standing.CLOSED
        self._probe, self._probe_until_s = call_id, self._monotonic() + self._rules.probe_s
        return True

    async def leave(self, call_id: str, is_well: bool | None) -> None:
        """See Breaker. What began before it opened decides nothing any more."""
        if self._opened_s is None:
            self._count(is_well)
        elif call_id == self._probe:
            self._probe = None
            if is_well is not None:
                self._opened_s = None if is_well else self._monotonic()

    async def standing(self) -> str:
        """See Breaker."""
        if self._opened_s is None:
            return Standing.CLOSED
        is_over = self._monotonic() >= self._opened_s + self._rules.open_s
        return Standing.HALF_OPEN if is_over else Standing.OPEN

    def _is_probed(self) -> bool:
        return self._probe is not None and self._monotonic() < self._probe_until_s

    def _count(self, is_well: bool | None) -> None:
        if is_well is None:
            return
        self._failures = 0 if is_well else self._failures + 1
        if self._failures >= self._rules.failures:
            self._failures, self._probe, self._opened_s = 0, None, self._monotonic()
