"""Finds out who asks, by whichever way there is."""

from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web

from server.doors.api_keys import ApiKeys
from server.doors.caller import ANYBODY, Caller
from server.doors.gateway import Gateway
from server.doors.refusals import NotLetIn
from server.doors.signing import RequestSigning
from server.doors.tickets import Tickets
from server.doors.tokens import TokenReader

API_KEY: Final = "X-API-Key"
TICKET: Final = "ticket"
BEARER: Final = "bearer"
CREDENTIALS: Final = "A token (Authorization: Bearer …) is needed"


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Nobody is asked who they are if it ``is_open``. It is if somebody says so, and never for want
    of ways to find out: without any of them nobody is let in."""

    tickets: Tickets
    is_open: bool
    tokens: TokenReader | None = None
    gateway: Gateway | None = None
    api_keys: ApiKeys | None = None
    signing: RequestSigning | None = None

    async def caller(self, request: web.Request, *, takes_tickets: bool = False) -> Caller:
        """Who asks. Raises NotLetIn and DoorsAway.

        The gateway's word comes first: what it passes on besides is for itself.
        """
        if self.is_open:
            return ANYBODY
        if self.gateway is not None and (told := self.gateway.caller(request)) is not None:
            return told
        if self.signing is not None and self.signing.is_meant(request):
            return await self.signing.caller(request)
        if hdrs.AUTHORIZATION in request.headers:
            return await self._bearer(request.headers.getall(hdrs.AUTHORIZATION))
        if self.api_keys is not None and API_KEY in request.headers:
            return self._by_key(self.api_keys, request.headers.getall(API_KEY))
        if takes_tickets and TICKET in request.query:
            return await self.tickets.redeem(request.query[TICKET])
        raise NotLetIn(CREDENTIALS)

    @staticmethod
    def _by_key(api_keys: ApiKeys, values: list[str]) -> Caller:
        if len(values) != 1:
            raise NotLetIn(f"{API_KEY}: is there {len(values)} times")
        return api_keys.caller(values[0])

    async def _bearer(self, values: list[str]) -> Caller:
        scheme, _, token = values[0].partition(" ")
        if len(values) != 1 or scheme.lower() != BEARER or self.tokens is None:
            raise NotLetIn(CREDENTIALS)
        return await self.tokens.read(token.strip())
