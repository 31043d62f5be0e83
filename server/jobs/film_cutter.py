"""Films with another haircut: a few of their frames are cut in the cloud, all others after them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

import structlog

from media.codec import decode_photo, encode_photo
from media.frame import Picture
from processing.cloud.faults import CloudFault, FallbackReason
from processing.film.task import CarriedFrame, FilmTask, KeyframeFile, Scouted, ScoutTask
from processing.local import LOCAL
from processing.look import Look
from server.cloud.allowance import Allowance
from server.cloud.salon import CLOUD, CutOrder, Salon
from server.jobs.kept_cuts import KeptCuts
from server.jobs.workshop import FilmFaulty, WorkFailed

LOSSLESS: Final = 100
PHOTO_PX: Final = 25_000_000
"""Style photos are our own, and smaller."""

Scout: TypeAlias = Callable[[ScoutTask, Callable[[int], None]], Awaitable[Scouted]]
"""Finds a film's keyframes. See Workshop.scout."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FilmWish:
    """Whose film it is, the haircut by its name (None: that of the film's style photo), how many of
    its frames may be cut for it, and what was cut for it before."""

    allowance: Allowance
    haircut: str | None
    most: int
    kept: KeptCuts


@dataclass(frozen=True, slots=True)
class FilmCut:
    """The frames to be carried, what was paid, in millionths of a dollar, and why there are none,
    or fewer than were found. Where nothing was wished for there is no reason either."""

    carried: tuple[CarriedFrame, ...] = ()
    micro_usd: int = 0
    fallback: FallbackReason | None = None

    @property
    def ai_model(self) -> str:
        """Who makes the film."""
        return CLOUD if self.carried else LOCAL


class FilmCutter:
    """Has keyframes found by ``scout`` and cut by the salon, as many at once as it has places."""

    def __init__(self, scout: Scout, salon: Salon, places: int) -> None:
        self._scout = scout
        self._salon = salon
        self._places = asyncio.Semaphore(places)

    async def cut(self, task: FilmTask, wish: FilmWish, seen: Callable[[int], None]) -> FilmCut:
        """Cut what is worth it, into the target's folder; ``seen`` is told now and then that
        the film is still looked at. Raises StorageFailed and OSError where this machine does not
        let it be done; whatever else goes wrong is the reason why there is nothing to be carried.
        """
        spent = list[int]()
        try:
            carried, lacking = await self._carried(task, wish, seen, spent.append)
        except CloudFault as fault:
            log.info("film made here", reason=fault.reason, detail=str(fault))
            self._salon.fell_back(fault.reason)
            return FilmCut((), sum(spent), fault.reason)
        return FilmCut(carried, sum(spent), lacking)

    async def _carried(
        self,
        task: FilmTask,
        wish: FilmWish,
        seen: Callable[[int], None],
        spent: Callable[[int], object],
    ) -> tuple[tuple[CarriedFrame, ...], FallbackReason | None]:
        """At least one, and why there are not more of those that were found. Raises CloudFault."""
        user_id, has_style = wish.allowance.user_id, task.style is not None
        quote = await self._salon.cashier.quote(user_id, wish.haircut, has_style=has_style)
        await wish.allowance.check()
        if not await wish.kept.has_any():
            await self._salon.check_means(user_id, quote.micro_usd)
        found = await self._found(task, wish.most, seen)
        order = CutOrder(
            wish.allowance, await asyncio.to_thread(_look, task), wish.haircut, spent=spent
        )
        max_px = task.limits.max_px
        orders = [replace(order, keep=wish.kept.at(place)) for place in range(len(found.keyframes))]
        pairs = zip(found.keyframes, orders, strict=True)
        ends = await _all([self._keyframe(one, its_order, max_px) for one, its_order in pairs])
        carried = tuple(end for end in ends if isinstance(end, CarriedFrame))
        faults = [end for end in ends if isinstance(end, CloudFault)]
        if not carried:
            raise faults[0] if faults else CloudFault(FallbackReason.UNSUITED, "no head in it")
        await wish.allowance.check()
        return carried, faults[0].reason if faults else None

    async def _found(self, task: FilmTask, most: int, seen: Callable[[int], None]) -> Scouted:
        """What ails a film who changes it will find out, too. Raises CloudFault."""
        folder = str(Path(task.target).parent)
        scouting = ScoutTask(
            source=task.source, folder=folder, networks=task.networks, limits=task.limits, most=most
        )
        try:
            return await self._scout(scouting, seen)
        except (FilmFaulty, WorkFailed) as error:
            raise CloudFault(FallbackReason.FAILED, f"scouting: {error}") from None

    async def _keyframe(
        self, file: KeyframeFile, order: CutOrder, max_px: int
    ) -> CarriedFrame | CloudFault:
        """The fault is no reason to give up the others."""
        own = Path(file.path)
        edited = own.with_name(f"edited-{file.index}.png")
        try:
            async with self._places:
                picture = await asyncio.to_thread(_read, own, max_px)
                laid = await self._salon.lay(picture, order)
                await asyncio.to_thread(_write, edited, laid)
        except CloudFault as fault:
            log.info("keyframe not cut", reason=fault.reason, detail=str(fault))
            return fault
        return CarriedFrame(index=file.index, own=str(own), edited=str(edited))


async def _all(
    cuts: list[Coroutine[None, None, CarriedFrame | CloudFault]],
) -> list[CarriedFrame | CloudFault]:
    """How each has ended; where one raises, the others are given up."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(cut) for cut in cuts]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]


def _look(task: FilmTask) -> Look:
    look = Look(task.look.engine or "")
    return look if task.style is None else look.with_style(_read(Path(task.style), PHOTO_PX))


def _read(path: Path, max_px: int) -> Picture:
    return decode_photo(path.read_bytes(), max_px)


def _write(path: Path, picture: Picture) -> None:
    path.write_bytes(encode_photo(picture, "png", LOSSLESS))
