"""Which worker the next connection is given to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from server.supervisor.channel import Load

SESSION: Final = 4
"""A live session is so many times the work of a connection, which mostly waits for its next
request: a page opens several of these."""


@dataclass(slots=True)
class Burden:
    """What a worker has, by its last word, and what it was given altogether."""

    load: Load = field(default_factory=lambda: Load(0, 0, 0))
    given: int = 0
    turn: int = 0

    @property
    def weight(self) -> int:
        """How much it has to do. What it has not told of yet may be a session, and counts as one:
        many may come at once, as when another worker has ended."""
        untold = max(0, self.given - self.load.given)
        return SESSION * (self.load.sessions + untold) + self.load.connections


Laden = TypeVar("Laden", bound=Burden)


def lightest(burdens: Sequence[Laden]) -> Laden | None:
    """Who has least to do, of those the one whose turn is longest ago; None if there is nobody."""
    return min(burdens, key=lambda one: (one.weight, one.turn), default=None)
