"""Where edits are ordered: places, money, and what the breaker hears."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from media.frame import Picture
from processing.cloud.breaker import BreakerRules, OwnBreaker, Standing
from processing.cloud.budget import Bill
from processing.cloud.catalogue import Catalogue
from processing.cloud.desk import Desk
from processing.cloud.edit import Edit
from processing.cloud.editor import Edited
from processing.cloud.faults import CloudFault, FallbackReason
from processing.cloud.order import Order
from tests.fakes import ManualClock

BOB = Edit(b"photo", haircut="Bob")
PRICE = 40_000
EDITED = Edited(np.zeros((1, 1, 3), np.uint8), "p1", "o/n", PRICE, 1.0)


class Editor:
    """Ends as it is told, when it is told."""

    def __init__(self) -> None:
        self.fault: CloudFault | None = None
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.begun = 0
        self.is_billed = True

    async def edit(self, _order: Order, _within_s: float, bill: Bill) -> Edited:
        self.begun += 1
        try:
            await self.goes_on.wait()
        except asyncio.CancelledError:
            bill.is_open = self.is_billed
            raise
        if self.fault is not None:
            raise self.fault
        return EDITED


class Purse:
    """Money for so many pictures."""

    def __init__(self, pictures: int) -> None:
        self.left = pictures * PRICE
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.waiting = 0

    async def put_aside(self, micro_usd: int) -> str | None:
        if self.left < micro_usd:
            return None
        self.left -= micro_usd
        await self._counted()
        return str(micro_usd)

    async def settle(self, name: str, micro_usd: int) -> None:
        await self._counted()
        self.left += int(name) - micro_usd

    async def _counted(self) -> None:
        self.waiting += 1
        await self.goes_on.wait()
        self.waiting -= 1


class Scene:
    """A desk with two places, and money for three pictures."""

    def __init__(self) -> None:
        self.editor = Editor()
        self.purse = Purse(3)
        self.clock = ManualClock()
        self.breaker = OwnBreaker(BreakerRules(), self.clock.monotonic)
        self.desk = Desk(self.editor, Catalogue(), self.breaker, places=2, within_s=1.0)

    async def edit(self, edit: Edit = BOB, user_id: str = "ann") -> Edited:
        return await self.desk.edit(edit, self.purse, user_id)

    async def fail(self, edit: Edit = BOB) -> FallbackReason:
        with pytest.raises(CloudFault) as caught:
            await self.edit(edit)
        return caught.value.reason

    @property
    def spent(self) -> int:
        """Pictures' worth."""
        return 3 - self.purse.left // PRICE


@pytest.fixture
async def scene() -> Scene:
    return Scene()


async def test_an_edit_is_paid(scene: Scene) -> None:
    """At what it cost."""
    assert await scene.edit() is EDITED
    assert scene.spent == 1


async def test_no_more_is_ordered_than_is_paid(scene: Scene) -> None:
    """Nor does the service hear of it, or the breaker."""
    for _ in range(3):
        await scene.edit()
    assert await scene.fail() is FallbackReason.BUDGET_SPENT
    assert scene.editor.begun == 3
    assert await scene.breaker.standing() == Standing.CLOSED


async def test_no_more_at_once_than_places(scene: Scene) -> None:
    """Who comes too late does not wait, and pays nothing."""
    scene.editor.goes_on.clear()
    editing = [asyncio.create_task(scene.edit()) for _ in range(2)]
    await asyncio.sleep(0)
    assert await scene.fail() is FallbackReason.TOO_BUSY
    scene.editor.goes_on.set()
    assert await asyncio.gather(*editing) == [EDITED, EDITED]
    assert (scene.spent, await scene.edit()) == (2, EDITED)


async def test_one_user_has_a_share(scene: Scene) -> None:
    """The others are for others; what is over is there again."""
    desk = Desk(scene.editor, Catalogue(), scene.breaker, places=3, within_s=1.0, of_one=2)

    async def is_free(user_id: str) -> bool:
        try:
            async with desk.place(user_id):
                return True
        except CloudFault as fault:
            return fault.reason is not FallbackReason.TOO_BUSY

    for _ in range(2):
        async with desk.place("ann"), desk.place("ann"):
            assert (await is_free("ann"), await is_free("bob")) == (False, True)
            async with desk.place("bob"):
                assert not await is_free("eve")


async def test_another_desk_has_places_of_its_own(scene: Scene) -> None:
    """Though it is at the same service, which is left alone by both."""
    scene.editor.goes_on.clear()
    editing = [asyncio.create_task(scene.edit()) for _ in range(2)]
    await asyncio.sleep(0)
    scene.editor.goes_on.set()
    assert await scene.desk.beside(1).edit(BOB, scene.purse, "ann") == EDITED
    await asyncio.gather(*editing)


async def test_what_nobody_does_is_not_ordered(scene: Scene) -> None:
    """An edit of nothing."""
    assert await scene.fail(Edit(b"photo")) is FallbackReason.UNSUITED
    assert (scene.editor.begun, scene.spent) == (0, 0)


@pytest.mark.parametrize("is_billed", [True, False])
async def test_a_failure_costs_what_it_may_have_cost(scene: Scene, *, is_billed: bool) -> None:
    """And is told with its reason."""
    scene.editor.fault = CloudFault(FallbackReason.TIMED_OUT, "", may_be_billed=is_billed)
    assert await scene.fail() is FallbackReason.TIMED_OUT
    assert scene.spent == int(is_billed)


async def test_a_service_that_fails_is_left_alone(scene: Scene) -> None:
    """For a minute, after five failures; then one tries."""
    scene.editor.fault = CloudFault(FallbackReason.UNAVAILABLE, "", is_counted=True)
    assert {await scene.fail() for _ in range(5)} == {FallbackReason.UNAVAILABLE}
    assert await scene.fail() is FallbackReason.BREAKER_OPEN
    assert (scene.editor.begun, scene.spent) == (5, 0)
    scene.clock.advance(60)
    scene.editor.fault = None
    await scene.edit()
    assert await scene.breaker.standing() == Standing.CLOSED


async def test_what_is_a_pictures_fault_is_no_failure(scene: Scene) -> None:
    """A model that refuses pictures works."""
    scene.editor.fault = CloudFault(FallbackReason.REFUSED, "", may_be_billed=True)
    scene.purse.left = 6 * PRICE
    for _ in range(6):
        assert await scene.fail() is FallbackReason.REFUSED


@pytest.mark.parametrize(("has_run", "then"), [(True, Standing.CLOSED), (False, Standing.OPEN)])
async def test_what_has_not_run_says_nothing(scene: Scene, *, has_run: bool, then: str) -> None:
    """Neither well of a service that fails, nor badly of one that does not."""
    failed = CloudFault(FallbackReason.UNAVAILABLE, "", is_counted=True)
    other = CloudFault(FallbackReason.UNSUITED, "", may_be_billed=has_run)
    for fault in (*[failed] * 4, other, failed):
        scene.editor.fault = fault
        await scene.fail()
    assert await scene.breaker.standing() == then


@pytest.mark.parametrize("is_billed", [True, False])
async def test_who_leaves_pays_what_it_may_have_cost(scene: Scene, *, is_billed: bool) -> None:
    """The place is free, and the breaker knows nothing."""
    scene.editor.goes_on.clear()
    scene.editor.is_billed = is_billed
    editing = asyncio.create_task(scene.edit())
    await _until(lambda: scene.editor.begun == 1)
    editing.cancel()
    await asyncio.wait([editing])
    scene.editor.goes_on.set()
    assert scene.spent == int(is_billed)
    assert (await scene.edit(), await scene.edit()) == (EDITED, EDITED)


@pytest.mark.parametrize("is_ordered", [False, True])
async def test_who_leaves_while_money_is_counted(scene: Scene, *, is_ordered: bool) -> None:
    """However often they say so: what was put aside for nothing is there again."""
    counting = scene.purse.goes_on
    scene.editor.fault = CloudFault(FallbackReason.TIMED_OUT, "")
    scene.editor.goes_on.clear()
    if not is_ordered:
        counting.clear()
    editing = asyncio.create_task(scene.edit())
    await _until(lambda: scene.editor.begun == 1 if is_ordered else scene.spent == 1)
    counting.clear()
    scene.editor.goes_on.set()
    await _until(lambda: scene.purse.waiting == 1)
    for _ in range(3):
        editing.cancel()
        await asyncio.sleep(0)
    counting.set()
    await asyncio.wait([editing])
    assert editing.cancelled()
    assert (scene.spent, scene.editor.begun) == (0, int(is_ordered))


async def test_who_leaves_while_it_is_settled_has_it_kept(scene: Scene) -> None:
    """It was made, and is paid: whoever orders it again need not."""
    kept = list[Picture]()

    async def keep(picture: Picture) -> None:
        kept.append(picture)

    async def order() -> Edited:
        async with scene.desk.place("ann") as place:
            return await place.edit(BOB, scene.purse, keep)

    scene.editor.goes_on.clear()
    editing = asyncio.create_task(order())
    await _until(lambda: scene.editor.begun == 1)
    scene.purse.goes_on.clear()
    scene.editor.goes_on.set()
    await _until(lambda: scene.purse.waiting == 1)
    editing.cancel()
    scene.purse.goes_on.set()
    await asyncio.wait([editing])
    assert editing.cancelled()
    assert (scene.spent, len(kept)) == (1, 1)


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110
        await asyncio.sleep(0)


async def test_a_place_is_held_before_anything_is_done(scene: Scene) -> None:
    """And free again if nothing is; the breaker then knows nothing, and whom it stops has none."""
    async with scene.desk.place("ann"), scene.desk.place("bob"):
        assert await scene.fail() is FallbackReason.TOO_BUSY
    scene.editor.fault = CloudFault(FallbackReason.UNAVAILABLE, "", is_counted=True)
    for _ in range(5):
        await scene.fail()
    with pytest.raises(CloudFault, match=FallbackReason.BREAKER_OPEN):
        async with scene.desk.place("ann"):
            pass
    scene.clock.advance(60)
    async with scene.desk.place("ann"):
        assert await scene.fail() is FallbackReason.BREAKER_OPEN
    scene.editor.fault = None
    assert await scene.edit() == EDITED
