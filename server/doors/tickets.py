"""Tickets: good once and for a minute, for those who cannot send headers (browsers' WebSockets).

A ticket stands in an address, which others may log; a token may not. It says who has it, sealed, so
that no log shows a user's id, and every server with the same keys knows it.
"""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import asdict
from typing import Final

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from media.clock import Clock
from server.doors.caller import Caller
from server.doors.refusals import DoorsAway, NotLetIn
from storage.cache import Cache, cache_key
from storage.errors import StorageError
from storage.keyring import KEY_BYTES, Keyring

GOOD_S: Final = 60
MOST_LENGTH: Final = 1024
ID_BYTES: Final = 16
_LABEL: Final = b"hair-tryon ticket, version 1"
_NOBODY: Final = "-"
"""Under whom it is counted how often a ticket was used: of no user there is anything to forget."""


class Tickets:
    """Gives tickets, and takes each of them once."""

    def __init__(self, keyring: Keyring, cache: Cache, clock: Clock) -> None:
        derived = keyring.derived(_LABEL, KEY_BYTES)
        self._seal = MultiFernet([Fernet(urlsafe_b64encode(key)) for key in derived])
        self._cache = cache
        self._clock = clock

    def issue(self, caller: Caller) -> str:
        """A new ticket."""
        said = orjson.dumps({"id": secrets.token_hex(ID_BYTES), "caller": asdict(caller)})
        return self._seal.encrypt_at_time(said, self._now_s()).decode()

    async def redeem(self, ticket: str) -> Caller:
        """Whose ticket it is, which is good no more then. Raises NotLetIn, and DoorsAway where it
        cannot be found out whether it was used."""
        if len(ticket) > MOST_LENGTH:
            raise NotLetIn("The ticket is not good")
        try:
            said = orjson.loads(self._seal.decrypt_at_time(ticket, GOOD_S, self._now_s()))
        except (InvalidToken, ValueError):
            raise NotLetIn("The ticket is not good, or its minute is over") from None
        try:
            key = cache_key("rate", _NOBODY, f"ticket-{said['id']}")
            uses = await self._cache.count(key, 2 * GOOD_S)
        except StorageError as error:
            raise DoorsAway from error
        if uses > 1:
            raise NotLetIn("The ticket was used before")
        return Caller(**said["caller"])

    def _now_s(self) -> int:
        return int(self._clock.utc_now().timestamp())
