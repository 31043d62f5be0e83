"""Which sessions are at home here, as other instances are told."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol
from urllib.parse import quote

import structlog
from pydantic import TypeAdapter

from media.clock import Clock
from server.background import every
from server.instances.neighbours import InstanceGone, InstanceSilent, Neighbours
from server.journal import SessionJournal
from storage.errors import SessionOwnedByOther, StorageError
from storage.homes import LEASE_S, Homes
from storage.records import SessionRecord

RENEW_S: Final = LEASE_S / 5
LOOK_S: Final = 0.5
"""So often it is looked whether the last document of who has left is written."""
HAND_OVER_S: Final = 3.0
"""A client is told goodbye for half a second at most, and its document written; an instance that
takes longer is waited for no longer."""
KNOWN_S: Final = 60.0
"""Who was there so lately is told what all have to know: it may only stand still for a moment, or
Redis may have come back without knowing of it."""
HAND_OVERS: Final = 3
"""Others may claim a session at the same time; so often it is asked for."""
HAND_OVER: Final = "/-/hand-over"
WRITTEN: Final = 204
UNWRITTEN: Final = 200
"""It is answered with the last document, from which the one who asks goes on."""
FORBIDDEN: Final = 403
DOCUMENT: Final = TypeAdapter(SessionRecord)

log = structlog.get_logger(__name__)


class Lodging(Protocol):
    """Where sessions are."""

    async def fetch(self, session_id: str, user_id: str) -> None:
        """Have the instance that has the session let go of it, with its last document written, or
        pending here. Raises SessionOwnedByOther."""
        ...

    async def settle(self, session_id: str, user_id: str) -> None:
        """From now on the session is at home here. Raises SessionOwnedByOther."""
        ...

    def left(self, session_id: str) -> None:
        """The session has ended here; what is asked of it comes here until its last document is
        written."""
        ...


class Alone:
    """See Lodging. There are no other instances, or none that are known."""

    async def fetch(self, session_id: str, user_id: str) -> None:
        """See Lodging."""

    async def settle(self, session_id: str, user_id: str) -> None:
        """See Lodging."""

    def left(self, session_id: str) -> None:
        """See Lodging."""


class SharedLodging:
    """See Lodging. Where the homes cannot be asked sessions come and go as if there were no
    others."""

    def __init__(
        self,
        homes: Homes,
        neighbours: Neighbours,
        address: str,
        journal: SessionJournal,
        clock: Clock,
    ) -> None:
        self._homes = homes
        self._neighbours = neighbours
        self._address = address
        self._journal = journal
        self._clock = clock
        self._here = dict[str, int]()
        """Since when by Unix's time, in milliseconds: what other instances compare with theirs."""
        self._leaving = set[str]()
        self._seen_s = dict[str, float]()
        """When each other instance was there, the last time that it was asked."""
        self._renewed_s = -float("inf")
        self._is_going = False
        self._due = asyncio.Event()
        self._tell_lost: Callable[[str], None] = _nobody

    def when_lost(self, tell: Callable[[str], None]) -> None:
        """Have a session's id told that is at home elsewhere by now."""
        self._tell_lost = tell

    async def elsewhere(self, session_id: str) -> str | None:
        """The address of another instance that has the session; None for none. Raises
        StorageError."""
        home = await self._homes.find(session_id)
        return None if home == self._address else home

    async def fetch(self, session_id: str, user_id: str) -> None:
        """See Lodging."""
        home = None
        with suppress(StorageError):
            home = await self.elsewhere(session_id)
        if home is not None:
            unwritten = await self._ask_for(session_id, user_id, home)
            if unwritten is not None:
                self._journal.note(unwritten)

    async def settle(self, session_id: str, user_id: str) -> None:
        """See Lodging."""
        self._leaving.discard(session_id)
        since_ms = self._here[session_id] = round(self._clock.utc_now().timestamp() * 1000)
        for _ in range(HAND_OVERS):
            before = None
            with suppress(StorageError):
                before = await self._homes.claim(session_id, self._address, since_ms)
            if before in (None, self._address):
                break
            await self._ask_for(session_id, user_id, before)

    def left(self, session_id: str) -> None:
        """See Lodging."""
        if session_id in self._here:
            self._leaving.add(session_id)
            self._due.set()

    async def run(self) -> None:
        """Tell the others again and again, until cancelled."""
        await every(0.0, self._tell, "other instances not told who is here")

    async def close(self) -> None:
        """Write the last documents, and let go of all: others need not wait for the leases' end.
        What cannot be written stays here, but nobody is told of this instance any more."""
        self._is_going = True
        self._leaving |= self._here.keys()
        for session_id in tuple(self._leaving):
            await self._journal.settle(session_id)
        await self.look()
        with suppress(StorageError):
            await self._homes.absent(self._address)

    async def others(self) -> list[str]:
        """The addresses of all other instances that are there, or were lately."""
        with suppress(StorageError):
            await self._look_around()
        now_s = self._clock.monotonic()
        return [one for one, seen_s in self._seen_s.items() if now_s - seen_s < KNOWN_S]

    async def look(self) -> None:
        """Let go of those who have left, as far as their last documents are written."""
        for session_id in tuple(self._leaving):
            if self._journal.pending(session_id) is None:
                self._leaving.discard(session_id)
                self._here.pop(session_id, None)
                with suppress(StorageError):
                    await self._homes.leave(session_id, self._address)

    async def renew(self) -> None:
        """Tell the others that they are here still; those that are not are told of."""
        here, lost = dict(self._here), list[str]()
        with suppress(StorageError):
            await self._look_around()
            lost = await self._homes.renew(here, self._address)
        for session_id in lost:
            if self._here.get(session_id) != here[session_id]:
                continue  # it has come here anew meanwhile
            if session_id in self._leaving:
                self._leaving.discard(session_id)
                self._here.pop(session_id, None)
            else:
                self._tell_lost(session_id)

    async def _tell(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._due.wait()
        self._due.clear()
        now_s = self._clock.monotonic()
        if now_s - self._renewed_s >= RENEW_S:
            self._renewed_s = now_s
            await self.renew()
        await self.look()

    async def _look_around(self) -> None:
        there = await self._homes.present(self._address)
        if self._is_going:  # who asks who is there says that it is there itself
            await self._homes.absent(self._address)
        now_s = self._clock.monotonic()
        lately = {one: at_s for one, at_s in self._seen_s.items() if now_s - at_s < KNOWN_S}
        self._seen_s = lately | {one: now_s for one in there if one != self._address}

    async def _ask_for(self, session_id: str, user_id: str, home: str) -> SessionRecord | None:
        """Returns the last document if it could not be written there."""
        unwritten = None
        target = f"{HAND_OVER}?session_id={quote(session_id)}&user_id={quote(user_id, safe='')}"
        try:
            status, body = await self._neighbours.ask(home, "POST", target, HAND_OVER_S)
        except InstanceGone:
            log.info("session taken over from an instance that is gone")
        except InstanceSilent:
            log.warning("session taken over from an instance that says nothing")
        else:
            unwritten = _unwritten(status, body)
        # Whoever claims it next need not ask again.
        with suppress(StorageError):
            await self._homes.leave(session_id, home)
        return unwritten


def _unwritten(status: int, body: bytes) -> SessionRecord | None:
    if status == FORBIDDEN:
        raise SessionOwnedByOther
    with suppress(ValueError):  # as of another version
        if status == UNWRITTEN:
            return DOCUMENT.validate_json(body)
    if status != WRITTEN:
        log.warning("session taken over from an instance that keeps it", status=status)
    return None


def _nobody(_session_id: str) -> None:
    """Nobody is told."""
