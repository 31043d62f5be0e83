"""Where pictures are ordered: as many as there are places for, each paid, if the service works.

A slow service takes nobody else's place: who finds none here is told so at once.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from media.frame import Picture
from processing.cloud.breaker import Breaker
from processing.cloud.budget import Bill, Purse
from processing.cloud.catalogue import Catalogue
from processing.cloud.editor import Edited
from processing.cloud.faults import CloudFault, FallbackReason
from processing.cloud.model import CloudModel
from processing.cloud.order import Order
from processing.unbroken import unbroken

Keeping: TypeAlias = Callable[[Picture], Awaitable[None]]
"""Keeps what was made. Never raises, and ends soon."""


async def _unkept(_: Picture) -> None:
    """Nobody keeps it."""


class Editor(Protocol):
    """See CloudEditor."""

    async def edit(self, order: Order, within_s: float, bill: Bill, /) -> Edited:
        """Have the order done within so many seconds. Raises CloudFault."""
        ...


class Desk:
    """Orders pictures, ``places`` of them at once, and ``of_one`` for one user, if that is said;
    each within ``within_s``."""

    def __init__(
        self,
        editor: Editor,
        catalogue: Catalogue,
        breaker: Breaker,
        *,
        places: int,
        within_s: float,
        of_one: int | None = None,
    ) -> None:
        self._editor = editor
        self._catalogue = catalogue
        self._breaker = breaker
        self._free = places
        self._of_one = places if of_one is None else of_one
        self._users = Counter[str]()
        self._within_s = within_s

    @property
    def catalogue(self) -> Catalogue:
        """The models."""
        return self._catalogue

    def beside(self, places: int) -> "Desk":
        """Another one at the same service, with places of its own."""
        return Desk(
            self._editor, self._catalogue, self._breaker, places=places, within_s=self._within_s
        )

    def model_of(self, order: Order) -> CloudModel:
        """Who does it. Raises CloudFault (unsuited) where no model does."""
        return self._catalogue.choose(order)

    @asynccontextmanager
    async def place(self, user_id: str) -> AsyncIterator["Place"]:
        """For one order of the user's, held from before there is anything to be done for it here.
        Raises CloudFault where there is none, or the service is left alone."""
        if self._free < 1 or self._users[user_id] >= self._of_one:
            raise CloudFault(FallbackReason.TOO_BUSY, "all places are taken, or all of the user's")
        self._take(user_id, 1)
        try:
            async with self._passage() as heard:
                yield Place(self._editor, self._catalogue, self._within_s, heard)
        finally:
            self._take(user_id, -1)

    async def edit(self, order: Order, purse: Purse, user_id: str) -> Edited:
        """Have the order done, where nothing is to be done for it before. See ``Place``."""
        self.model_of(order)  # what no model does needs no place
        async with self.place(user_id) as place:
            return await place.edit(order, purse)

    def _take(self, user_id: str, count: int) -> None:
        self._free -= count
        self._users[user_id] += count
        if not self._users[user_id]:
            del self._users[user_id]

    @asynccontextmanager
    async def _passage(self) -> AsyncIterator["_Heard"]:
        """Past the breaker, which learns how it went."""
        call_id, heard = uuid.uuid4().hex, _Heard()
        if not await self._breaker.enter(call_id):
            raise CloudFault(FallbackReason.BREAKER_OPEN, "it failed too often a moment ago")
        try:
            yield heard
        finally:
            await self._breaker.leave(call_id, heard.is_well)


class _Heard:
    """What is heard of the service; None: nothing."""

    is_well: bool | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One of a desk's places, past the breaker."""

    _editor: Editor
    _catalogue: Catalogue
    _within_s: float
    _heard: _Heard

    async def edit(self, order: Order, purse: Purse, keep: Keeping = _unkept) -> Edited:
        """Have the order done, paid from the purse. Raises CloudFault, whatever went wrong.

        What may have been billed stays spent, also of what a caller does not wait for. What was
        made is kept, though the caller leaves while it is paid.
        """
        price_micro_usd = self._catalogue.choose(order).prices_micro_usd[order.quality]
        name, bill = await _put_aside(purse, price_micro_usd), Bill()
        try:
            edited = await self._editor.edit(order, self._within_s, bill)
        except asyncio.CancelledError:
            await unbroken(purse.settle(name, price_micro_usd if bill.is_open else 0))
            raise
        except CloudFault as fault:
            self._heard.is_well = _is_well(fault)
            await unbroken(purse.settle(name, price_micro_usd if fault.may_be_billed else 0))
            raise
        self._heard.is_well = True
        await unbroken(_taken_in(edited, name, purse, keep))
        return edited


async def _taken_in(edited: Edited, name: str, purse: Purse, keep: Keeping) -> None:
    """Kept first: what is not settled counts as spent all the same, what is not kept is paid
    again."""
    await keep(edited.picture)
    await purse.settle(name, edited.price_micro_usd)


async def _put_aside(purse: Purse, micro_usd: int) -> str:
    """See Purse; of a caller who leaves meanwhile nothing stays put aside. Raises CloudFault."""
    names = list[str | None]()

    async def put_aside() -> None:
        names.append(await purse.put_aside(micro_usd))

    try:
        await unbroken(put_aside())
    except asyncio.CancelledError:
        for name in filter(None, names):
            await unbroken(purse.settle(name, 0))
        raise
    if (put := names[0]) is None:
        raise CloudFault(FallbackReason.BUDGET_SPENT, "no money is left")
    return put


def _is_well(fault: CloudFault) -> bool | None:
    """What a fault says of the service: one that was not asked, or understood nothing, says
    neither."""
    if fault.is_counted:
        return False
    return True if fault.may_be_billed else None
