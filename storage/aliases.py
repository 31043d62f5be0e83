"""What outlives an erasure until the end of the month: what its user has used up, and had been
given, under a name that does not tell whose it is. Else whoever has everything erased begins anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from storage.retention import FORGOTTEN
from storage.spending import month_of

_MARK: Final = "/"
"""No user's id begins with it."""


@dataclass(frozen=True, slots=True)
class Aliases:
    """``digests`` makes keyed digests of a user's id: the first is for what is written, and all for
    what is read. Where there are none nothing outlives an erasure."""

    digests: Callable[[str], Sequence[str]]
    utc_now: Callable[[], datetime]

    def of(self, user_id: str, month: str | None = None) -> list[str]:
        """Those of the user in this month, or now."""
        digests = self.digests(user_id)
        if not digests:
            return []
        month = month or month_of(self.utc_now())
        return [f"{_MARK}{month}/{digest}" for digest in digests]

    def names(self, user_id: str, month: str | None = None) -> list[str]:
        """Under which something of the user's may be found, their own id first."""
        return [user_id, *self.of(user_id, month)]


NO_ALIASES: Final = Aliases(lambda _user_id: (), lambda: FORGOTTEN)


def alias_range(before: str) -> tuple[str, str]:
    """All aliases of the months before this one are from the first of these texts on, and below the
    second."""
    return _MARK, f"{_MARK}{before}"
