"""The ICE connection beneath a call: exchanged by an ICE restart, while the call goes on."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import aioice
from aiortc import RTCIceTransport

from media.rtc import aiortc_private as private
from media.rtc.candidates import may_check
from media.rtc.fragment import IceFragment
from media.rtc.offer import OfferRejected

RESTART_S = 15.0
"""So long the client's new way may take to be found; until then the old one is used."""
MAX_CANDIDATES = 64
"""Of the client's, in all: each is sent checks, wherever it points to."""


@dataclass(frozen=True, slots=True)
class LocalIce:
    """Our end: credentials, and candidates as SDP has them, without ``a=``."""

    ufrag: str
    pwd: str
    candidates: tuple[str, ...]


class IceLink:
    """Stands between a transport and its ICE connection; ``heard`` is called for each datagram."""

    def __init__(
        self, transport: RTCIceTransport, listen: Sequence[str], heard: Callable[[], None]
    ) -> None:
        self._transport = transport
        self._listen = list(listen)
        self._heard = heard
        self._current = self._newest = private.ice_beneath(transport)
        self._changing: asyncio.Task[None] | None = None
        self._turns = asyncio.Lock()
        self._added = 0
        self._is_closed = False
        self.hears = self._dress(self._current)
        private.replace_link(transport, self._current, self)

    @property
    def ufrag(self) -> str:
        """Our name in the newest ICE session."""
        return self._newest.local_username

    async def recv(self) -> bytes:
        """The next datagram. Raises ConnectionError."""
        while True:
            current = self._current
            try:
                return await current.recv()
            except ConnectionError:
                if current is self._current:
                    raise

    async def send(self, data: bytes) -> None:
        """Send a datagram. Raises ConnectionError."""
        await self._current.send(data)

    async def restart(self, remote: IceFragment) -> LocalIce:
        """Look for another way to a client that has new credentials; the present one stays in use
        until there is one. A restart under way is given up for this one. Raises OfferRejected."""
        async with self._turns:
            await self._give_up()
            if self._is_closed:
                raise OfferRejected("the call has ended")
            fresh = aioice.Connection(ice_controlling=False, **private.helpers_of(self._current))
            self._dress(fresh)
            try:
                await self._prepare(fresh, remote)
            except BaseException:
                await fresh.close()
                raise
            self._newest = fresh
            self._changing = asyncio.create_task(self._change(fresh))
            candidates = tuple(f"candidate:{one.to_sdp()}" for one in fresh.local_candidates)
            return LocalIce(fresh.local_username, fresh.local_password, candidates)

    async def add(self, remote: IceFragment) -> None:
        """Take in further addresses of the client. Raises OfferRejected if they are too many."""
        async with self._turns:
            if not self._is_closed:
                await self._add_to(self._newest, remote)

    async def close(self) -> None:
        """Give up a restart that is under way. The connection in use is its transport's."""
        self._is_closed = True
        async with self._turns:
            await self._give_up()

    async def abandon(self) -> None:
        """Close the connection in use, where its transport does not come to do so."""
        with suppress(ConnectionError):
            await self._current.close()

    async def _prepare(self, fresh: aioice.Connection, remote: IceFragment) -> None:
        await fresh.gather_candidates()
        fresh.remote_username, fresh.remote_password = remote.ufrag, remote.pwd
        self._added = 0
        await self._add_to(fresh, remote)

    async def _add_to(self, connection: aioice.Connection, remote: IceFragment) -> None:
        self._added += len(remote.candidates)
        if self._added > MAX_CANDIDATES:
            raise OfferRejected(f"more than {MAX_CANDIDATES} candidates")
        # What comes after the end, or ends again, is passed over: it is no use to anybody.
        lines = [line for line in remote.candidates if may_check(line, self._listen)]
        found = [aioice.Candidate.from_sdp(line.removeprefix("candidate:")) for line in lines]
        with suppress(ValueError):
            # At once: a name takes a second to be looked for.
            await asyncio.gather(*(connection.add_remote_candidate(one) for one in found))
            if remote.is_last:
                await connection.add_remote_candidate(None)

    async def _give_up(self) -> None:
        if self._changing is not None:
            self._changing.cancel()
            await asyncio.wait([self._changing])
            self._changing = None

    async def _change(self, fresh: aioice.Connection) -> None:
        before = self._current
        try:
            async with asyncio.timeout(RESTART_S):
                await fresh.connect()
            self._current = fresh
            private.replace_link(self._transport, fresh, self)
        except (ConnectionError, TimeoutError):
            pass  # the present way stays in use
        finally:
            # Either of the two is in use; the other one is closed, also when this is cancelled.
            idle = before if self._current is fresh else fresh
            with suppress(ConnectionError):
                await idle.close()

    def _dress(self, connection: aioice.Connection) -> bool:
        if self._listen:
            private.gather_from(connection, self._listen)
        private.mend(connection)
        return private.watch(connection, self._heard)
