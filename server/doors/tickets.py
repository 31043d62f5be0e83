"""Tickets: good once and for a minute, for those who cannot send headers (browsers' WebSockets).

A ticket stands in an address, which others may log; a token may not. It says who has it, sealed, so
that no log shows a user's id.
"""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import asdict
from typing import Any, Final

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from media.clock import Clock
from server.doors.caller import Caller
from server.doors.refusals import NotLetIn
from server.doors.uses import Uses
from storage.keyring import KEY_BYTES, Keyring

GOOD_S: Final = 60
MOST_LENGTH: Final = 1024
REMEMBERED_S: Final = 2 * GOOD_S
"""A ticket's use, whatever the clocks say meanwhile."""
ID_BYTES: Final = 16
_LABEL: Final = b"hair-tryon ticket, version 1"


class Tickets:
    """Gives tickets, and takes each of them once."""

    def __init__(self, keyring: Keyring, uses: Uses, clock: Clock) -> None:
        derived = keyring.derived(_LABEL, KEY_BYTES)
        self._seal = MultiFernet([Fernet(urlsafe_b64encode(key)) for key in derived])
        self._uses = uses
        self._clock = clock

    def issue(self, caller: Caller) -> str:
        """A new ticket."""
        name = secrets.token_hex(ID_BYTES)
        said = {"id": name, "place": self._uses.place, "caller": asdict(caller)}
        return self._seal.encrypt_at_time(orjson.dumps(said), self._now_s()).decode()

    async def redeem(self, ticket: str) -> Caller:
        """Whose ticket it is, which is good no more then. Raises NotLetIn, and DoorsAway where it
        cannot be found out whether it was used."""
        if len(ticket) > MOST_LENGTH:
            raise NotLetIn("The ticket is not good")
        try:
            said: Any = orjson.loads(self._seal.decrypt_at_time(ticket, GOOD_S, self._now_s()))
            name, place, caller = said["id"], said["place"], Caller(**said["caller"])
        except (InvalidToken, ValueError, KeyError, TypeError):
            raise NotLetIn("The ticket is not good, or its minute is over") from None
        if place != self._uses.place:
            raise NotLetIn("The ticket is another server's")
        if await self._uses.count(name) > 1:
            raise NotLetIn("The ticket was used before")
        return caller

    def _now_s(self) -> int:
        return int(self._clock.utc_now().timestamp())
