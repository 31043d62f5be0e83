"""Finds out who asks, by whichever way there is."""

from dataclasses import dataclass, field
from typing import Final

from aiohttp import hdrs, web

from server.doors.api_keys import ApiKeys
from server.doors.caller import ANYBODY, Caller
from server.doors.gateway import Gateway
from server.doors.refusals import NotLetIn
from server.doors.scrapers import Scrapers
from server.doors.signing import SIGNATURE, RequestSigning
from server.doors.tickets import Tickets
from server.doors.tokens import TokenReader

API_KEY: Final = "X-API-Key"
TICKET: Final = "ticket"
BEARER: Final = "bearer"


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
    scrapers: Scrapers = field(default_factory=Scrapers)

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
        if self.tokens is not None and (tokens := _tokens(request)):
            return await self.tokens.read(_only(hdrs.AUTHORIZATION, tokens))
        if self.api_keys is not None and API_KEY in request.headers:
            return self.api_keys.caller(_only(API_KEY, request.headers.getall(API_KEY)))
        if takes_tickets and TICKET in request.query:
            return await self.tickets.redeem(request.query[TICKET])
        raise NotLetIn(f"Needed is {self._needed()}")

    def _needed(self) -> str:
        ways = {
            "a token (Authorization: Bearer …)": self.tokens,
            f"a key ({API_KEY})": self.api_keys,
            f"a signature ({SIGNATURE})": self.signing,
            "the way by the gateway": self.gateway,
        }
        return " or ".join(name for name, way in ways.items() if way is not None)


def _tokens(request: web.Request) -> list[str]:
    """What proxies on the way want besides, as Basic, is not for this server."""
    values = (value.partition(" ") for value in request.headers.getall(hdrs.AUTHORIZATION, ()))
    return [token.strip() for scheme, _, token in values if scheme.lower() == BEARER]


def _only(name: str, values: list[str]) -> str:
    """Raises NotLetIn for more than one, of which another server might take the other."""
    if len(values) != 1:
        raise NotLetIn(f"{name}: is there {len(values)} times")
    return values[0]
