"""A session that ends in any phase of its frames' way: nothing is lost from the counts."""

import asyncio
from collections.abc import AsyncIterator
from random import Random

import pytest

from media.frame import DropCause
from processing.fair import Share
from tests.fakes import settle, until
from tests.runner_scene import RunnerScene, runner_scene


@pytest.fixture
async def scene() -> AsyncIterator[RunnerScene]:
    async with runner_scene() as scene:
        yield scene


async def test_cancelled_while_idle(scene: RunnerScene) -> None:
    """Cancelling a runner that waits for frames leaves nothing behind."""
    scene.start()
    await settle()
    await scene.cancel()
    scene.assert_balanced(in_flight=0)


async def test_cancelled_while_waiting_for_a_worker(scene: RunnerScene) -> None:
    """Cancelled in line, the waiting frames are counted as closed, and the line is left."""
    async with scene.pool.turn(Share()):
        scene.start()
        await scene.offer("a", "b")
        await settle()
        scene.assert_balanced(in_flight=2)
        await scene.cancel()
        assert scene.pool.waiting == 0
    assert scene.runner.figures().dropped[DropCause.CLOSED] == 2
    scene.assert_balanced(in_flight=0)


async def test_cancelled_while_rendering(scene: RunnerScene) -> None:
    """Cancelled with a frame on a worker, that frame and those waiting are counted as closed."""
    gate = scene.hold("a")
    scene.start()
    await scene.offer("a", "b", "c")
    await gate.entered()
    scene.assert_balanced(in_flight=3)
    await scene.cancel()
    assert scene.runner.figures().dropped[DropCause.CLOSED] == 3
    scene.assert_balanced(in_flight=0)
    assert scene.pool.busy == 1
    gate.open()
    await until(lambda: scene.pool.busy == 0)
    assert scene.sink.told == []


@pytest.mark.parametrize("name", ["delivered", "failed"])
async def test_cancelled_while_telling_of_a_frame(scene: RunnerScene, name: str) -> None:
    """Cancelled while the client is being told, the frame is counted once all the same."""
    scene.errors["failed"] = ValueError("broken")
    scene.sink.stops_at = {name}
    scene.start()
    await scene.offer(name, "b")
    await scene.sink.stopped.wait()
    scene.assert_balanced()
    await scene.cancel()
    scene.assert_balanced(in_flight=0)
    assert scene.runner.figures().received == 2


async def test_cancelled_while_telling_of_drops(scene: RunnerScene) -> None:
    """Cancelled between drop and result, the drops stay counted, and the result is closed."""
    scene.sink.stops_at = {"a"}
    async with scene.pool.turn(Share()):
        scene.start()
        await scene.offer("a", "b")
        scene.clock.advance(1.0)
        await scene.offer("c")
        await settle()
    await scene.sink.stopped.wait()
    scene.assert_balanced()
    await scene.cancel()
    scene.assert_balanced(in_flight=0)
    dropped = scene.runner.figures().dropped
    assert (dropped[DropCause.STALE], dropped[DropCause.CLOSED]) == (2, 1)


async def test_balanced_while_an_overflow_is_told() -> None:
    """Several frames put out by one large one are all counted before the first is told."""
    async with runner_scene(max_bytes=3) as scene:
        await scene.offer("a", "b", "c")
        scene.sink.stops_at = {"a"}
        offering = asyncio.create_task(scene.offer("large", size_bytes=3))
        await scene.sink.stopped.wait()
        in_the_middle = scene.runner.figures()
        scene.sink.go_on.set()
        await offering
    assert (in_the_middle.balance, in_the_middle.in_flight) == (0, 1)
    assert scene.sink.told == [(name, DropCause.OVERFLOW) for name in "abc"]


async def test_balanced_when_an_overflow_cannot_be_told() -> None:
    """A client that goes away while it hears of several drops loses none of the counts."""
    async with runner_scene(max_bytes=3) as scene:
        await scene.offer("a", "b", "c")
        scene.sink.raises_at = {"a"}
        with pytest.raises(ConnectionResetError):
            await scene.offer("large", size_bytes=3)
        scene.assert_balanced(in_flight=1)


@pytest.mark.parametrize("rounds", range(25))
async def test_balanced_whenever_it_is_cancelled(scene: RunnerScene, rounds: int) -> None:
    """However many steps the loop has made when the cancellation comes, the counts add up."""
    random = Random(rounds)
    scene.errors["4"] = ValueError("broken")
    scene.start()
    for number in range(rounds):
        await scene.offer(str(number))
        scene.clock.advance(random.choice([0.0, 0.05, 0.5]))
        await settle(random.randint(0, 4))
        scene.assert_balanced()
    await scene.cancel()
    scene.assert_balanced(in_flight=0)
    assert scene.runner.figures().received == rounds
    names = [name for name, _ in scene.sink.told]
    assert len(names) == len(set(names)), "a frame was answered twice"
