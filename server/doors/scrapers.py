"""Machines that read the meters, known by where they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web

from server.doors.addresses import Network, is_of, peer_of

_PASSED_ON: Final = (hdrs.X_FORWARDED_FOR, hdrs.FORWARDED, hdrs.VIA)


@dataclass(frozen=True, slots=True)
class Scrapers:
    """Let in are those who connect from one of these networks. What somebody passes on comes from
    elsewhere, whatever it says: of a proxy that is seen by the headers that it adds; a gateway is
    known by its address."""

    networks: Sequence[Network] = ()
    gateways: Sequence[Network] = ()

    def are_meant(self, request: web.Request) -> bool:
        """Whether the request comes from one of them itself."""
        peer = peer_of(request)
        is_passed_on = any(name in request.headers for name in _PASSED_ON)
        return is_of(self.networks, peer) and not is_passed_on and not is_of(self.gateways, peer)
