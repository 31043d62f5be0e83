"""Which keyframes are carried, and what becomes of a film where none is."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from media.codec import decode_photo, encode_photo
from media.film.probe import FilmLimits
from media.frame import Picture
from processing.cloud.faults import CloudFault, FallbackReason
from processing.film.task import FilmTask, KeyframeFile, Scouted, ScoutTask
from processing.look import LookValues
from server.cloud.cashier import Quote
from server.cloud.keep import NoKeep
from server.cloud.salon import CutOrder, Salon
from server.jobs.film_cutter import FilmCut, FilmCutter, FilmWish
from server.jobs.kept_cuts import KeptCuts
from server.jobs.workshop import FilmFaulty, WorkFailed

PRICE = 40_000
REFUSED = CloudFault(FallbackReason.REFUSED, "no")


class Salons:
    """A salon that makes pictures dark, or does as it is told for one of them; the pictures are as
    light as their numbers."""

    def __init__(self, *ends: Exception | None, has_money: bool = True) -> None:
        self.cashier = self
        self.has_money = has_money
        self.ends = ends
        self.at_once = self.most_at_once = 0
        self.pairs: asyncio.Barrier | None = None
        self.laid = list[int]()
        self.reasons = list[str]()

    async def quote(self, user_id: str, haircut: str | None, *, has_style: bool) -> Quote:
        """See Cashier."""
        if haircut is None and not has_style:
            raise CloudFault(FallbackReason.UNSUITED, "no model")
        return Quote("m", PRICE)

    async def check_means(self, user_id: str, micro_usd: int) -> None:
        """See Salon."""
        assert micro_usd == PRICE
        if not self.has_money:
            raise CloudFault(FallbackReason.BUDGET_SPENT, "no money is left")

    def fell_back(self, reason: FallbackReason) -> None:
        """See Salon."""
        self.reasons.append(reason)

    async def lay(self, picture: Picture, order: CutOrder) -> Picture:
        """See Salon."""
        number = int(picture[0, 0, 0])
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        if self.pairs is not None:
            await self.pairs.wait()
        self.at_once -= 1
        if (end := self.ends[number]) is not None:
            raise end
        order.spent(PRICE)
        self.laid.append(number)
        return picture + np.uint8(100)


class Allowed:
    """Agrees so many times."""

    user_id = "u1"

    def __init__(self, times: int = 99) -> None:
        self._left = times

    async def check(self) -> None:
        """See Allowance."""
        self._left -= 1
        if self._left < 0:
            raise CloudFault(FallbackReason.NO_CONSENT, "no more")


class NoCuts(NoKeep):
    """Nothing was cut before."""

    def at(self, _place: int) -> NoKeep:
        """See KeptCuts."""
        return self

    async def has_any(self) -> bool:
        """See KeptCuts."""
        return False


def scouting(count: int, error: Exception | None = None) -> Callable[..., Any]:
    """Finds so many frames."""

    async def scout(task: ScoutTask, _seen: Callable[[int], None]) -> Scouted:
        if error is not None:
            raise error
        paths = [Path(task.folder) / f"key-{number}.png" for number in range(count)]
        for number, path in enumerate(paths):
            path.write_bytes(encode_photo(np.full((8, 8, 3), number, np.uint8), "png", 100))
        found = [KeyframeFile(index=7 * n, path=str(path)) for n, path in enumerate(paths)]
        return Scouted(keyframes=tuple(found))

    return scout


async def cut(
    folder: Path,
    salon: Salons,
    *,
    error: Exception | None = None,
    allowance: Allowed | None = None,
    haircut: str | None = "Bob",
) -> FilmCut:
    """Cut a film in which there are as many frames as the salon has ends for."""
    task = FilmTask(
        source="s", target=str(folder / "video.mp4"), thumbnail="t", look=LookValues(), rate=1.0,
        networks="all", limits=FilmLimits(1, 1, 10**6),
    )  # fmt: skip
    cutter = FilmCutter(scouting(len(salon.ends), error), cast("Salon", salon), places=2)
    kept = cast("KeptCuts", NoCuts())
    wish = FilmWish(allowance or Allowed(), haircut, 5, kept)
    return await cutter.cut(task, wish, lambda _: None)


def lightness(path: str) -> int:
    """Of the picture at this path."""
    return int(decode_photo(Path(path).read_bytes(), 64).max())


async def test_what_is_cut_is_carried(tmp_path: Path) -> None:
    """With its own picture and the edited one, as they are, in order; no more at once than there
    are places for. Why one is lacking is told."""
    salon = Salons(None, REFUSED, None, None)
    salon.pairs = asyncio.Barrier(2)
    made = await cut(tmp_path, salon)
    assert [one.index for one in made.carried] == [0, 14, 21]
    assert (made.micro_usd, made.fallback, made.ai_model) == (3 * PRICE, "refused", "replicate")
    for number, one in zip((0, 2, 3), made.carried, strict=True):
        assert [lightness(path) for path in (one.own, one.edited)] == [number, number + 100]
    assert salon.most_at_once == 2


async def test_where_nothing_is_lacking_there_is_no_reason(tmp_path: Path) -> None:
    """A film all of whose keyframes were cut is whole."""
    assert (await cut(tmp_path, Salons(None, None))).fallback is None


@pytest.mark.parametrize(
    ("ends", "error", "haircut", "reason"),
    [
        ((), None, "Bob", "unsuited"),
        ((None,), None, None, "unsuited"),
        ((REFUSED, CloudFault(FallbackReason.FAILED, "x")), None, "Bob", "refused"),
        ((None,), WorkFailed("process ended"), "Bob", "failed"),
        ((None,), FilmFaulty("The video takes too long to process"), "Bob", "failed"),
    ],
    ids=["no head", "no model", "all refused", "scouting dies", "scouting takes too long"],
)
async def test_why_nothing_is_carried(
    tmp_path: Path,
    ends: tuple[Exception | None, ...],
    error: Exception | None,
    haircut: str | None,
    reason: str,
) -> None:
    """The film is made here, and the reason is that of the first keyframe."""
    salon = Salons(*ends)
    made = await cut(tmp_path, salon, error=error, haircut=haircut)
    assert (made.carried, made.fallback, made.ai_model) == ((), reason, "local")
    assert salon.reasons == [reason]
    assert made.micro_usd == 0


@pytest.mark.parametrize(("times", "laid", "paid"), [(0, 0, 0), (1, 1, PRICE)])
async def test_consent_is_asked_before_and_after(
    tmp_path: Path, times: int, laid: int, paid: int
) -> None:
    """Nobody looks at a film that may not go there; what came back of one whose owner withdrew is
    not used, though it was paid."""
    salon = Salons(None)
    made = await cut(tmp_path, salon, allowance=Allowed(times))
    assert (made.carried, made.fallback, made.micro_usd) == ((), "no_consent", paid)
    assert len(salon.laid) == laid


async def test_without_money_nobody_looks(tmp_path: Path) -> None:
    """At a film of which no picture could be paid."""
    made = await cut(tmp_path, Salons(None, has_money=False), error=AssertionError("looked"))
    assert (made.carried, made.fallback) == ((), "budget_spent")


async def test_a_full_disk_is_no_reason(tmp_path: Path) -> None:
    """It is this machine's fault: the job is handed back, and the other pictures are given up."""
    with pytest.raises(OSError, match="disk"):
        await cut(tmp_path, Salons(OSError("disk"), None, None, None))
