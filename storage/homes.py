"""Which instances there are, and at which each live session is at home: known to all of them, for a
while."""

from collections.abc import Mapping
from typing import Final, Protocol

LEASE_S: Final = 15.0
"""An instance that says nothing for so long has no sessions any more."""


class Homes(Protocol):
    """Addresses of instances, also by sessions. What is not renewed within LEASE_S is forgotten.

    Every call raises StorageFailed if it cannot be answered, and StorageClosed after the end.
    """

    async def find(self, session_id: str) -> str | None:
        """Where the session is at home; None for nowhere."""
        ...

    async def claim(self, session_id: str, address: str, since_ms: int) -> str | None:
        """The session is at home here from now on, ``since_ms`` of Unix's time; where it was
        before. Of several who claim it at once each learns of the one before it."""
        ...

    async def renew(self, since_ms: Mapping[str, int], address: str) -> list[str]:
        """They are still here, each since then. Returns those that are at home elsewhere by now, as
        long or for less, which stay there; one that is nowhere, or elsewhere for longer, is here
        again: when it came here that could not be said."""
        ...

    async def present(self, address: str) -> list[str]:
        """The instance at this address is there; all that are."""
        ...

    async def absent(self, address: str) -> None:
        """It is going."""
        ...

    async def leave(self, session_id: str, address: str) -> None:
        """The session is not here any more. One that is elsewhere stays there."""
        ...
