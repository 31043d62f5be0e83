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
from server.doors.refusals import DoorsAway, NotLetIn
from storage.cache import Cache, cache_key
from storage.errors import StorageError
from storage.keyring import KEY_BYTES, Keyring

GOOD_S: Final = 60
MOST_LENGTH: Final = 1024
MOST_USED: Final = 100_000
"""So many uses are remembered; who floods the doors keeps others out for a minute at most."""
ID_BYTES: Final = 16
_LABEL: Final = b"hair-tryon ticket, version 1"
_NOBODY: Final = "/"
"""Under whom uses are counted: no user has this id, and so nobody's erasure forgets them."""


class SharedUses:
    """For all servers that share a Redis, which must not forget (see the README)."""

    place: Final = ""
    """Their tickets are good at all of them."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    async def count(self, name: str) -> int:
        """How often a ticket was used by now, this time included. Raises DoorsAway."""
        try:
            return await self._cache.count(cache_key("rate", _NOBODY, f"ticket-{name}"), 2 * GOOD_S)
        except StorageError as error:
            raise DoorsAway from error


class OwnUses:
    """For this server alone: its tickets are good nowhere else."""

    def __init__(self, clock: Clock) -> None:
        self.place = secrets.token_hex(ID_BYTES)
        self._clock = clock
        self._used: dict[str, float] = {}

    async def count(self, name: str) -> int:
        """See SharedUses."""
        now_s = self._clock.monotonic()
        # The first to be over stand first.
        while self._used and now_s >= next(iter(self._used.values())):
            del self._used[next(iter(self._used))]
        if name in self._used:
            return 2
        if len(self._used) >= MOST_USED:
            raise DoorsAway
        self._used[name] = now_s + 2 * GOOD_S
        return 1


class Tickets:
    """Gives tickets, and takes each of them once."""

    def __init__(self, keyring: Keyring, uses: SharedUses | OwnUses, clock: Clock) -> None:
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
