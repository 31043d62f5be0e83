"""Who asks, and for whom they may."""

from dataclasses import dataclass
from typing import Final

CUSTOMER: Final = ":"
"""Between an enterprise's id and that of one of its customers."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who has shown who they are, or who need not.

    ``user_id`` is whom they are known as. Who ``is_admin`` may act for all others. An enterprise
    ``has_customers``, for whom it may act: users whose ids are its own and ``:`` and something.
    """

    user_id: str
    is_admin: bool = False
    has_customers: bool = False

    @property
    def is_alone(self) -> bool:
        """Whether it is only for themselves that they may act."""
        return not (self.is_admin or self.has_customers)

    def may_act_for(self, user_id: str) -> bool:
        """Whether what is that user's is theirs to see and to change."""
        if self.is_admin or user_id == self.user_id:
            return True
        return self.has_customers and user_id.startswith(self.user_id + CUSTOMER)


ANYBODY: Final = Caller("", is_admin=True)
"""Where nobody is asked who they are: whoever they say they are."""
NOBODY: Final = Caller("/")
"""Who has shown nothing, and may act for no one: no user has such an id."""
