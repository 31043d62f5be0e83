"""Those who watch a call by WHEP: some more connections that get the same pictures."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from media.rtc.answerer import RtcOptions
from media.rtc.connection import RtcConnection
from media.rtc.lane import Encoded
from media.rtc.offer import Offer, OfferRejected
from media.rtc.viewer import RtcViewer
from server.metrics.links import LinkMeters, LinkTally

MAX_VIEWERS = 16
"""Of one call; each costs about a third of what encoding the picture does."""
WATCH_S = 1.0
KEY_INTERVAL_S = 0.5
"""Several viewers share a key frame."""


class TooManyViewers(Exception):
    """The call has as many as it may have."""


@dataclass(frozen=True, slots=True)
class Place:
    """A viewer's place, until then by the monotonic clock; ``gone`` is set when it leaves."""

    viewer_id: str
    viewer: RtcViewer
    gone: asyncio.Event
    until_s: float


class Audience:
    """The viewers of one call. A task holds each; ``close`` must be awaited."""

    def __init__(
        self,
        connection: RtcConnection,
        options: RtcOptions,
        now_s: Callable[[], float],
        meters: LinkMeters,
    ) -> None:
        self._connection = connection
        self._meters = meters
        self._options = options
        self._now_s = now_s
        self._places: dict[str, Place] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._key_s = -KEY_INTERVAL_S
        self._key_due: asyncio.TimerHandle | None = None
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._places)

    def find(self, viewer_id: str) -> RtcViewer | None:
        """The viewer of that id."""
        place = self._places.get(viewer_id)
        return place.viewer if place is not None else None

    async def admit(self, offer: Offer, until_s: float) -> tuple[Place, str]:
        """A new viewer's place, until then, and the SDP answer. Raises OfferRejected or
        TooManyViewers."""
        if len(self._places) >= MAX_VIEWERS:
            raise TooManyViewers
        if self._is_closed:
            raise OfferRejected("the call has ended")
        if not self._connection.is_direct:
            raise OfferRejected("calls cannot be watched with this version of aiortc")
        place = self._new_place(offer, until_s)
        answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._hold(place, answered))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return place, await asyncio.shield(answered)

    def send(self, frame: Encoded) -> None:
        """A picture for everybody."""
        for place in self._places.values():
            place.viewer.send(frame)

    def dismiss(self, viewer_id: str) -> None:
        """A viewer leaves."""
        self._places[viewer_id].gone.set()

    async def close(self) -> None:
        """Everybody leaves, and nobody is let in any more."""
        self._is_closed = True
        if self._key_due is not None:
            self._key_due.cancel()
        for place in self._places.values():
            place.gone.set()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _new_place(self, offer: Offer, until_s: float) -> Place:
        gone = asyncio.Event()
        viewer = RtcViewer(
            offer,
            self._connection.codec,
            self._options,
            want_key=self._want_key,
            ended=gone.set,
            now_s=self._now_s,
        )
        place = Place(secrets.token_urlsafe(12), viewer, gone, until_s)
        self._places[place.viewer_id] = place
        return place

    async def _hold(self, place: Place, answered: "asyncio.Future[str]") -> None:
        tally = self._meters.tally()
        try:
            answered.set_result(await place.viewer.end.answer())
            await self._watch(place, tally)
        except OfferRejected as rejected:
            answered.set_exception(rejected)
        finally:
            del self._places[place.viewer_id]
            answered.cancel()
            await place.viewer.close()

    async def _watch(self, place: Place, tally: LinkTally) -> None:
        """Until the viewer leaves, falls silent, never comes, or is not known any more."""
        while not self._is_over(place):
            with suppress(TimeoutError):
                async with asyncio.timeout(WATCH_S):
                    await place.gone.wait()
            tally.count(await place.viewer.totals())

    def _is_over(self, place: Place) -> bool:
        is_known = self._now_s() < place.until_s
        return place.gone.is_set() or place.viewer.end.is_gone or not is_known

    def _want_key(self) -> None:
        """At once, or when the interval is over: a wish is put off, never forgotten."""
        wait_s = self._key_s + KEY_INTERVAL_S - self._now_s()
        if self._key_due is None:
            loop = asyncio.get_running_loop()
            self._key_due = loop.call_later(max(0.0, wait_s), self._ask_for_key)

    def _ask_for_key(self) -> None:
        self._key_due, self._key_s = None, self._now_s()
        self._connection.want_key()
