"""A breaker's states over time."""

from itertools import count

import pytest

from processing.cloud.breaker import BreakerRules, OwnBreaker, Standing
from tests.fakes import ManualClock

RULES = BreakerRules(failures=5, open_s=60.0, probe_s=90.0)


class Scene:
    """A breaker, on a clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.breaker = OwnBreaker(RULES, self.clock.monotonic)
        self._ids = count()

    async def call(self, *endings: bool | None) -> list[bool]:
        """One after another, those that pass end so; which passed."""
        passed = []
        for is_well in endings:
            call_id = f"call {next(self._ids)}"
            passed.append(await self.breaker.enter(call_id))
            if passed[-1]:
                await self.breaker.leave(call_id, is_well)
        return passed


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_its_states_over_time(scene: Scene) -> None:
    """Five failures in a row open it for a minute; a probe that fails does so again, one that
    succeeds closes it."""
    assert await scene.call(*[False] * 5) == [True] * 5
    assert (await scene.breaker.standing(), await scene.call(True)) == (Standing.OPEN, [False])
    scene.clock.advance(59.9)
    assert await scene.call(True) == [False]
    scene.clock.advance(0.1)
    assert await scene.breaker.standing() == Standing.HALF_OPEN
    assert await scene.call(False, True) == [True, False]
    scene.clock.advance(60)
    assert await scene.call(True) == [True]
    assert await scene.breaker.standing() == Standing.CLOSED
    assert await scene.call(*[False] * 4, True) == [True] * 5


async def test_only_a_row_of_failures_counts(scene: Scene) -> None:
    """A success begins it anew; what nobody knows of changes nothing."""
    assert all(await scene.call(*[False] * 4, True, *[False] * 4, None, None))
    assert await scene.breaker.standing() == Standing.CLOSED
    assert await scene.call(False, True) == [True, False]


async def test_exactly_one_probe(scene: Scene) -> None:
    """Of twenty who ask one passes; the next when that one has ended, or is not heard of."""
    await scene.call(*[False] * 5)
    scene.clock.advance(60)
    asked = {name: await scene.breaker.enter(name) for name in map(str, range(20))}
    assert [name for name, passed in asked.items() if passed] == ["0"]
    await scene.breaker.leave("0", None)
    assert [await scene.breaker.enter("a"), await scene.breaker.enter("b")] == [True, False]
    scene.clock.advance(89.9)
    assert not await scene.breaker.enter("c")
    scene.clock.advance(0.1)
    assert await scene.breaker.enter("d")
    await scene.breaker.leave("a", True)
    assert await scene.breaker.standing() == Standing.HALF_OPEN
    await scene.breaker.leave("d", True)
    assert await scene.breaker.standing() == Standing.CLOSED


async def test_what_began_earlier_decides_nothing(scene: Scene) -> None:
    """How calls end that passed before it opened neither closes it nor keeps it open."""
    for name in ("well", "failing"):
        assert await scene.breaker.enter(name)
    await scene.call(*[False] * 5)
    scene.clock.advance(30)
    await scene.breaker.leave("well", True)
    await scene.breaker.leave("failing", False)
    assert await scene.breaker.standing() == Standing.OPEN
    scene.clock.advance(30)
    assert await scene.call(True) == [True]
