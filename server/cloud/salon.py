"""A picture with another haircut: cut by a model in the cloud, coloured here."""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ParamSpec, TypeVar

import structlog

from media.frame import Picture
from media.photo import encode_photo
from processing.cloud.catalogue import Catalogue
from processing.cloud.cutter import SENT_QUALITY, Cut, Cutter, small
from processing.cloud.desk import Desk, Place
from processing.cloud.edit import Edit, Quality
from processing.cloud.faults import CloudFault, FallbackReason
from processing.engine import Rendered
from processing.fair import Share
from processing.look import Look
from server.cloud.allowance import Allowance
from server.cloud.cashier import Cashier
from server.cloud.edits import KnownEdits, Wait, edit_key
from server.cloud.keep import Keep, NoKeep
from server.cloud.means import SalonMeans
from server.cloud.purse import unheard
from storage.errors import StorageError

P = ParamSpec("P")
R = TypeVar("R")

CLOUD = "replicate"
"""Who does the work (``ai_model`` of the report's section 5.1)."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CutOrder:
    """What a user wants: the haircut by its name, or that of the look's style photo; whatever else
    there is in the look is done here, on top of it."""

    permission: Allowance
    look: Look
    haircut: str | None
    leave: Callable[[], AbstractContextManager[None]] = nullcontext
    """What the client holds here, and does not need while the cloud works."""
    wait: Wait = nullcontext
    """What it is in while the same is made for another order. May raise what ends this one."""
    ordered: Callable[[], object] = unheard
    """Is called when it is about to be ordered, and paid."""
    spent: Callable[[int], object] = unheard
    """Is told what was paid for it, in millionths of a dollar."""
    keep: Keep = field(default_factory=NoKeep)
    """Has what was made of it before, if it was, and gets what is made."""


class Salon:
    """Cuts hair, or says why not: the local engine does the work then. Without a desk there is no
    account."""

    def __init__(self, means: SalonMeans, desk: Desk | None) -> None:
        self._means = means
        self._desk = desk
        self._cutter = Cutter(means.settings.networks)
        self._known = KnownEdits(means.cache, means.clock, means.meters.caches)
        self.cashier = Cashier(means, desk)

    @property
    def catalogue(self) -> Catalogue | None:
        """The models that may be asked; None without an account."""
        return None if self._desk is None else self._desk.catalogue

    async def cut(self, photo: Picture, order: CutOrder) -> Rendered:
        """The photo, BGR, in its own size, with other hair. Raises CloudFault."""
        started_s, share = self._means.clock.monotonic(), Share()
        laid = await self._begun(photo, order, share)
        cloud_s = self._means.clock.monotonic() - started_s
        rendered = await self._on_worker(share, self._coloured, laid, order.look)
        await order.permission.check()
        return replace(rendered, stage_ms={"cloud": cloud_s * 1000, **rendered.stage_ms})

    async def lay(self, picture: Picture, order: CutOrder) -> Picture:
        """The picture with other hair for whoever colours it themselves. Raises CloudFault."""
        laid = await self._begun(picture, order, Share())
        await order.permission.check()
        return laid

    async def check_means(self, user_id: str, micro_usd: int) -> None:
        """Before work that is done for pictures alone: that one can be paid, or need not be, as it
        may be known. Raises CloudFault."""
        if await self._known.has_any(user_id):
            return
        try:
            has_money = await self.cashier.has(user_id, micro_usd)
        except StorageError as error:
            raise CloudFault(FallbackReason.BUDGET_SPENT, type(error).__name__) from None
        if not has_money:
            raise CloudFault(FallbackReason.BUDGET_SPENT, "no money is left")

    def fell_back(self, reason: FallbackReason) -> None:
        """What was to be cut is made here instead."""
        self._means.meters.cloud.fell_back(reason)

    async def _begun(self, picture: Picture, order: CutOrder, share: Share) -> Picture:
        if self._desk is None:
            raise CloudFault(FallbackReason.NO_TOKEN, "there is no account")
        await order.permission.check()
        return await self._laid(self._desk, picture, order, share)

    async def _laid(self, desk: Desk, photo: Picture, order: CutOrder, share: Share) -> Picture:
        """The photo with the hair of an edit that was made before, or is made now; only what fits
        is remembered. Raises CloudFault."""
        user_id = order.permission.user_id
        quality = await self.cashier.quality(user_id)
        told = await asyncio.to_thread(_told, photo, order, quality)
        model = desk.model_of(told)
        key = edit_key(user_id, model, told)
        begin = partial(self._cutter.begin, photo, is_square=model.is_square)
        async with self._known.alone(key, order.wait):
            if (known := await self._made_before(key, order)) is not None:
                cut = await self._on_worker(share, begin)
                return await self._on_worker(share, self._cutter.end, cut, known)
            # Where there is no place no worker need cut.
            async with desk.place(user_id) as place:
                with order.leave():
                    cut = await self._on_worker(share, begin)
                    edit = await self._on_worker(share, _edit, cut, order, quality)
                    edited = await self._edited(place, edit, order, key)
                    laid = await self._on_worker(share, self._cutter.end, cut, edited)
            await self._known.remember(key, edited, order.permission)
            return laid

    async def _made_before(self, key: str, order: CutOrder) -> Picture | None:
        if (kept := await order.keep.find(key)) is not None:
            return kept
        return await self._known.find(key)

    async def _edited(self, place: Place, edit: Edit, order: CutOrder, key: str) -> Picture:
        """Made now. Raises CloudFault."""
        purse = self.cashier.purse(order.permission, order.spent)
        order.ordered()
        edited = await place.edit(edit, purse, partial(order.keep.keep, key))
        log.info(
            "edited in the cloud",
            model=edited.model,
            micro_usd=edited.price_micro_usd,
            seconds=round(edited.seconds, 3),
        )
        await order.permission.check()
        return edited.picture

    def _coloured(self, picture: Picture, look: Look) -> Rendered:
        rest = replace(look, style=None)
        if rest.is_empty:
            return Rendered(picture, 1)
        return self._means.engines.get(look.engine).retouch(picture, rest)

    async def _on_worker(
        self, share: Share, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        try:
            async with self._means.pool.long_turn(share) as turn:
                return await turn.run(call, *args, **kwargs)
        except (asyncio.CancelledError, CloudFault):
            raise
        except Exception:
            log.exception("cutting failed")
            raise CloudFault(FallbackReason.FAILED, "a fault here") from None


def _edit(cut: Cut, order: CutOrder, quality: Quality) -> Edit:
    style = None if order.haircut else order.look.style
    jpeg = None if style is None else encode_photo(small(style), "jpeg", SENT_QUALITY)
    return Edit(cut.jpeg, style=jpeg, haircut=order.haircut, quality=quality)


def _told(photo: Picture, order: CutOrder, quality: Quality) -> Edit:
    """The edit with its pictures' digests in their place: by it a model is chosen, and what was
    made before is found, with no worker's help."""
    style = None if order.haircut or order.look.style is None else _digest(order.look.style)
    return Edit(_digest(photo), style=style, haircut=order.haircut, quality=quality)


def _digest(picture: Picture) -> bytes:
    digest = hashlib.sha256(repr(picture.shape).encode())
    digest.update(picture.data)
    return digest.digest()
