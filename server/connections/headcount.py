"""How many connections there are, in all and from each address. Pure."""

import ipaddress
from collections import Counter
from collections.abc import Sequence
from enum import Enum
from typing import Final

from server.doors.addresses import Network, is_of, site_of

LOOPBACK: Final[tuple[Network, ...]] = (
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("::1/128"),
)
"""Whoever is on this machine: a proxy, above all, through which everybody comes."""


class Surplus(Enum):
    """Why a connection is one too many."""

    IN_ALL = "There are as many connections as this server takes"
    OF_ADDRESS = "There are as many connections from this address as this server takes"


class Headcount:
    """Counts connections as they come and go; those from ``exempt`` count in all only."""

    def __init__(self, most: int, most_of_one: int, exempt: Sequence[Network]) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._exempt = exempt
        self._of_one = Counter[str]()
        self._in_all = 0

    def enter(self, address: str) -> Surplus | None:
        """One comes. None: it is counted, and has to leave; else it may not stay."""
        if self._in_all >= self._most:
            return Surplus.IN_ALL
        origin = self._origin(address)
        if origin and self._of_one[origin] >= self._most_of_one:
            return Surplus.OF_ADDRESS
        self._in_all += 1
        if origin:
            self._of_one[origin] += 1
        return None

    def leave(self, address: str) -> None:
        """One that was counted goes."""
        self._in_all -= 1
        origin = self._origin(address)
        if origin:
            self._of_one[origin] -= 1
            if not self._of_one[origin]:
                del self._of_one[origin]

    def _origin(self, address: str) -> str:
        """Whose connections are counted together; empty for those that are not."""
        return "" if is_of(self._exempt, address) else site_of(address)
