"""A gateway before this server that has already found out who asks (report section 7.1)."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from server.doors.addresses import Network, is_of, peer_of
from server.doors.caller import Caller
from server.doors.refusals import NotLetIn
from server.ids import USER_ID


@dataclass(frozen=True, slots=True)
class Gateway:
    """Believed are those who connect from one of these networks, and nobody else."""

    networks: Sequence[Network]
    header: str

    def caller(self, request: web.Request) -> Caller | None:
        """Whom the gateway says the request is of; None if it is not the gateway's, or of nobody.

        Raises NotLetIn for what is no user id.
        """
        if self.header not in request.headers or not is_of(self.networks, peer_of(request)):
            return None
        told = request.headers.getall(self.header)
        if len(told) != 1 or not USER_ID.fullmatch(told[0]):
            raise NotLetIn(f"{self.header} is no user id")
        return Caller(told[0])
