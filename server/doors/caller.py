"""Who asks, and for whom they may."""

import math
from dataclasses import dataclass, field
from typing import Final

from media.clock import Clock

CUSTOMER: Final = ":"
"""Between an enterprise's id and that of one of its customers."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who has shown who they are, or who need not.

    ``user_id`` is whom they are known as. Who ``is_admin`` may act for all others. An enterprise
    ``has_customers``, for whom it may act: users whose ids are its own and ``:`` and something.
    What they have shown is good until ``expires_s``, seconds since 1970, if it ever ends; that is
    no part of who they are.
    """

    user_id: str
    is_admin: bool = False
    has_customers: bool = False
    expires_s: float | None = field(default=None, compare=False)

    @property
    def is_alone(self) -> bool:
        """Whether it is only for themselves that they may act."""
        return not (self.is_admin or self.has_customers)

    def until_s(self, clock: Clock) -> float:
        """How long what they have begun may go on, by the clock's monotonic time; it may be over
        already, and be without end."""
        if self.expires_s is None:
            return math.inf
        return clock.monotonic() + self.expires_s - clock.utc_now().timestamp()

    def may_act_for(self, user_id: str) -> bool:
        """Whether what is that user's is theirs to see and to change."""
        if self.is_admin or user_id == self.user_id:
            return True
        return self.has_customers and user_id.startswith(self.user_id + CUSTOMER)


ANYBODY: Final = Caller("", is_admin=True)
"""Where nobody is asked who they are: whoever they say they are."""
NOBODY: Final = Caller("/")
"""Who has shown nothing, and may act for no one: no user has such an id."""
