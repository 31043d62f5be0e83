"""One session's frames from arrival to answer: one answer each, in counts that add up."""

import asyncio
from collections.abc import AsyncIterator
from random import Random

import pytest

from media.frame import DropCause, EncodedFrame
from media.mailbox import Mailbox
from processing.deadline import DeadlinePolicy
from processing.fair import Share
from processing.runner import FrameRunner
from tests.fakes import settle, until
from tests.runner_scene import MAX_FRAMES, RunnerScene, runner_scene


@pytest.fixture
async def scene() -> AsyncIterator[RunnerScene]:
    async with runner_scene() as scene:
        yield scene


# -- answers ------------------------------------------------------------------------------------


async def test_frames_are_delivered_in_order(scene: RunnerScene) -> None:
    """Every frame's result reaches the sink once, in the order of arrival."""
    scene.start()
    await scene.offer("a", "b", "c")
    await scene.finish()
    assert scene.sink.told == [("a", "delivered A"), ("b", "delivered B"), ("c", "delivered C")]
    figures = scene.runner.figures()
    assert (figures.received, figures.delivered, figures.in_flight) == (3, 3, 0)


async def test_processing_time_is_told(scene: RunnerScene) -> None:
    """The sink learns how long the frame was on its worker, in milliseconds."""
    scene.takes_s = 0.025
    scene.start()
    await scene.offer("a")
    await scene.finish()
    assert scene.sink.times_ms == [pytest.approx(25.0)]
    assert scene.runner.figures().p50_ms == pytest.approx(25.0)


async def test_renderer_learns_the_pressure(scene: RunnerScene) -> None:
    """With frames every 40 ms that take 60, the renderer is told that they are too much."""
    scene.start()
    for number in range(24):
        scene.takes_s = 0.030 if number < 12 else 0.060
        await scene.offer(str(number))
        await until(lambda done=number: len(scene.sink.told) > done)  # type: ignore[misc]
        scene.clock.advance(0.040 - scene.takes_s)
    await scene.finish()
    assert scene.pressures[0] == 0.0
    assert scene.pressures[12] == pytest.approx(0.75, abs=0.1)
    assert scene.pressures[-1] == pytest.approx(1.5, abs=0.15)


async def test_renderer_learns_of_a_crowd(scene: RunnerScene) -> None:
    """A session that sends little and is served at once is told of it when others wait most of the
    time, of nothing when somebody takes what is left, nor once all are gone."""
    scene.start()
    for number in range(36):
        await scene.offer(str(number))
        await until(lambda done=number: len(scene.sink.told) > done)  # type: ignore[misc]
        async with scene.pool.turn(Share()):
            other = asyncio.create_task(_one_turn(scene)) if number < 12 else None
            await settle()
            scene.clock.advance(0.9 if number < 24 else 0.0)
        if other is not None:
            await other
        scene.clock.advance(0.1 if number < 24 else 1.0)
    await scene.finish()
    assert scene.pressures[11] > 0.8
    assert scene.pressures[23] < 0.01
    assert scene.pressures[-1] < 0.01


async def _one_turn(scene: RunnerScene) -> None:
    async with scene.pool.turn(Share()):
        pass


async def test_failed_frame_is_one_frames_fault(scene: RunnerScene) -> None:
    """What rendering raises is told for that frame only; the next is processed."""
    scene.errors["a"] = ValueError("broken")
    scene.start()
    await scene.offer("a", "b")
    await scene.finish()
    assert scene.sink.told == [("a", "failed"), ("b", "delivered B")]
    assert scene.sink.errors == [scene.errors["a"]]
    figures = scene.runner.figures()
    assert (figures.failed, figures.delivered, figures.balance) == (1, 1, 0)


async def test_result_of_none_is_a_result(scene: RunnerScene) -> None:
    """A renderer that returns None has processed its frame: it is delivered and counted."""
    runner: FrameRunner[EncodedFrame, None] = FrameRunner(
        mailbox=Mailbox(1, 1),
        policy=DeadlinePolicy(200.0, scene.clock),
        pool=scene.pool,
        share=Share(),
        render=lambda *_: None,
        sink=scene.sink,
        clock=scene.clock,
    )
    await runner.offer(EncodedFrame("a", b"x", scene.clock.monotonic()))
    runner.close()
    await runner.run()
    assert scene.sink.told == [("a", "delivered None")]
    assert runner.figures().balance == 0


async def test_overflow_drops_the_oldest_at_once(scene: RunnerScene) -> None:
    """A full mailbox puts its oldest frame out, and the client hears of it while others work."""
    gate = scene.hold("a")
    scene.start()
    await scene.offer("a")
    await gate.entered()
    await scene.offer("b", "c", "d", "e")
    assert scene.sink.told == [("b", DropCause.OVERFLOW)]
    scene.assert_balanced(in_flight=1 + MAX_FRAMES)
    gate.open()
    await scene.finish()
    assert [name for name, _ in scene.sink.told] == ["b", "a", "c", "d", "e"]


async def test_policy_drops_are_told_with_their_cause(scene: RunnerScene) -> None:
    """Frames too old when their turn comes are dropped as stale, and the fresh one goes on."""
    gate = scene.hold("a")
    scene.start()
    await scene.offer("a")
    await gate.entered()
    await scene.offer("b", "c")
    scene.clock.advance(0.5)
    await scene.offer("d")
    gate.open()
    await scene.finish()
    assert sorted(scene.sink.told) == [
        ("a", "delivered A"),
        ("b", DropCause.STALE),
        ("c", DropCause.STALE),
        ("d", "delivered D"),
    ]
    assert scene.runner.figures().dropped[DropCause.STALE] == 2


async def test_turn_with_nothing_left_is_given_back(scene: RunnerScene) -> None:
    """When all that waited is stale, the worker goes to others and the session sleeps."""
    async with scene.pool.turn(Share()):
        scene.start()
        await scene.offer("a", "b")
        await settle()
        scene.clock.advance(1.0)
    await until(lambda: len(scene.sink.told) == 2)
    await settle()
    assert (scene.pool.busy, scene.pool.waiting) == (0, 0)
    scene.assert_balanced(in_flight=0)
    await scene.offer("c")
    await scene.finish()
    assert scene.sink.told[-1] == ("c", "delivered C")


async def test_decides_when_the_worker_is_there(scene: RunnerScene) -> None:
    """What came while the session waited for its turn is in the decision."""
    async with scene.pool.turn(Share()):
        scene.start()
        await scene.offer("old")
        await settle()
        scene.clock.advance(0.5)
        await scene.offer("new")
    await scene.finish()
    assert sorted(scene.sink.told) == [("new", "delivered NEW"), ("old", DropCause.STALE)]


async def test_refused_frame_is_counted_and_told(scene: RunnerScene) -> None:
    """A frame that is not let in is received, dropped under its cause, and told once."""
    await scene.runner.refuse(EncodedFrame("a", b"x", 0.0), DropCause.RATE_LIMITED)
    assert scene.sink.told == [("a", DropCause.RATE_LIMITED)]
    figures = scene.runner.figures()
    assert (figures.received, figures.dropped[DropCause.RATE_LIMITED]) == (1, 1)
    assert figures.balance == 0


async def test_every_frame_is_answered_exactly_once(scene: RunnerScene) -> None:
    """Of 300 frames in bursts, some broken, each is told of once, and the figures agree."""
    random = Random(7)
    names = [str(number) for number in range(300)]
    scene.errors = {name: ValueError("broken") for name in names if random.random() < 0.1}
    scene.takes_s = 0.03
    scene.start()
    for name in names:
        await scene.offer(name)
        scene.assert_balanced()
        await settle(random.randint(0, 6))
    await scene.finish()
    assert sorted(name for name, _ in scene.sink.told) == sorted(names)
    figures = scene.runner.figures()
    assert figures.received == 300
    assert figures.delivered == sum(word.startswith("delivered") for _, word in scene.sink.told)
    assert figures.failed == len(scene.sink.errors)
    for cause in DropCause:
        assert figures.dropped[cause] == [word for _, word in scene.sink.told].count(cause)


# -- the end ------------------------------------------------------------------------------------


async def test_close_works_off_what_waits(scene: RunnerScene) -> None:
    """After the close the waiting frames are processed, later ones are dropped as closed."""
    gate = scene.hold("a")
    running = scene.start()
    await scene.offer("a", "b")
    await gate.entered()
    scene.runner.close()
    await scene.offer("late")
    assert scene.sink.told == [("late", DropCause.CLOSED)]
    gate.open()
    await running
    assert scene.sink.told[1:] == [("a", "delivered A"), ("b", "delivered B")]
    scene.assert_balanced(in_flight=0)


async def test_close_of_an_idle_runner_ends_it(scene: RunnerScene) -> None:
    """A runner that waits for frames ends when it is closed; closing twice is no error."""
    running = scene.start()
    await settle()
    scene.runner.close()
    scene.runner.close()
    await running
    assert scene.sink.told == []


async def test_close_before_the_start(scene: RunnerScene) -> None:
    """A runner closed before it ran works off what had come, and ends."""
    await scene.offer("a")
    scene.runner.close()
    await scene.start()
    assert scene.sink.told == [("a", "delivered A")]


# -- a client that goes away --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["delivered", "failed", "dropped"])
async def test_sink_that_raises_ends_the_run(scene: RunnerScene, name: str) -> None:
    """What a sink raises ends ``run`` with that error; all that waited is counted as closed."""
    scene.errors["failed"] = ValueError("broken")
    scene.sink.raises_at = {name}
    async with scene.pool.turn(Share()):
        running = scene.start()
        if name == "dropped":
            await scene.offer(name)
            scene.clock.advance(1.0)
            await scene.offer("b", "c")
        else:
            await scene.offer(name, "b", "c")
        await settle()
    with pytest.raises(ConnectionResetError):
        await running
    scene.assert_balanced(in_flight=0)
    figures = scene.runner.figures()
    assert figures.received == 3
    assert figures.dropped[DropCause.CLOSED] >= 2
    await until(lambda: scene.pool.busy == 0)


async def test_after_the_end_frames_are_closed(scene: RunnerScene) -> None:
    """A frame that comes after the run has been cancelled is dropped as closed, and told."""
    scene.start()
    await settle()
    await scene.cancel()
    await scene.offer("a")
    assert scene.sink.told == [("a", DropCause.CLOSED)]
    scene.assert_balanced(in_flight=0)


# -- looking ahead ------------------------------------------------------------------------------


async def test_what_waits_is_prepared_while_a_worker_is_idle() -> None:
    """Once for each frame that comes while another one is on its worker."""
    async with runner_scene(workers=2) as scene:
        gate = scene.hold("a")
        scene.start()
        await scene.offer("a")
        await gate.entered()
        assert scene.prepared == []
        await scene.offer("b")
        await until(lambda: len(scene.prepared) == 1)
        await scene.offer("c")
        await until(lambda: len(scene.prepared) == 2)
        gate.open()
        await scene.finish()
        assert scene.prepared == [0, 0]
        assert [name for name, _ in scene.sink.told] == ["a", "b", "c"]


async def test_nobody_waits_for_what_is_prepared(scene: RunnerScene) -> None:
    """With all workers taken nothing is prepared: frames come first."""
    gate = scene.hold("a")
    scene.start()
    await scene.offer("a")
    await gate.entered()
    await scene.offer("b")
    await settle()
    gate.open()
    await scene.finish()
    assert scene.prepared == []
