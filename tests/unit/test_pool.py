"""The workers: handed out in fair order, never lost, whatever is cancelled when."""

import asyncio
from collections.abc import AsyncIterator
from random import Random

import pytest

from processing.fair import Share
from processing.pool import WorkerPool
from tests.fakes import Gate, ManualClock, settle, until


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def pool(clock: ManualClock) -> AsyncIterator[WorkerPool]:
    """One worker."""
    pool = WorkerPool(1, clock)
    yield pool
    await pool.close(5.0)


async def _work(pool: WorkerPool, share: Share, gate: Gate) -> str:
    """One session's turn."""
    async with pool.turn(share) as turn:
        return await turn.run(gate)


async def _cancel(task: asyncio.Task[str]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _assert_all_workers_are_free(pool: WorkerPool) -> None:
    """All workers can be held at once, so none is lost, and nobody waits."""
    await until(lambda: pool.busy == 0)
    assert pool.waiting == 0
    assert not pool._asked
    gates = [Gate() for _ in range(pool.workers)]
    tasks = [asyncio.create_task(_work(pool, Share(), gate)) for gate in gates]
    for gate in gates:
        await gate.entered()
    assert pool.busy == pool.workers
    for gate in gates:
        gate.open()
    assert await asyncio.gather(*tasks) == ["done"] * pool.workers
    await until(lambda: pool.busy == 0)


async def test_runs_a_call_and_returns_its_answer(pool: WorkerPool) -> None:
    """A turn runs its call with its arguments and gives its answer back; the worker is free."""
    async with pool.turn(Share()) as turn:
        assert pool.busy == 1
        assert await turn.run(pow, 2, exp=5) == 32
    assert (pool.busy, pool.waiting) == (0, 0)


async def test_exceptions_pass_through(pool: WorkerPool) -> None:
    """What the call raises reaches the caller, and costs no worker."""
    with pytest.raises(ZeroDivisionError):
        async with pool.turn(Share()) as turn:
            await turn.run(lambda: 1 / 0)
    await _assert_all_workers_are_free(pool)


async def test_turn_is_for_one_call(pool: WorkerPool) -> None:
    """A second call with the same turn is refused: its worker may be another's by then."""
    async with pool.turn(Share()) as turn:
        await turn.run(int)
        with pytest.raises(RuntimeError, match="one call"):
            await turn.run(int)
    await _assert_all_workers_are_free(pool)


async def test_turn_not_used_is_given_back(pool: WorkerPool) -> None:
    """A turn left without a call frees its worker, once, and charges nothing."""
    share = Share()
    async with pool.turn(share) as turn:
        turn.give_back()
        assert pool.busy == 0
        turn.give_back()
    assert pool.busy == 0
    assert share.attained_s == 0.0
    await _assert_all_workers_are_free(pool)


async def test_block_that_raises_gives_its_turn_back(pool: WorkerPool) -> None:
    """An error between the grant and the call does not cost the worker."""
    with pytest.raises(KeyError):
        async with pool.turn(Share()):
            raise KeyError
    await _assert_all_workers_are_free(pool)


async def test_cost_is_charged_when_the_call_has_ended(
    pool: WorkerPool, clock: ManualClock
) -> None:
    """A session's account grows by the time that its call held the worker."""
    share, gate = Share(), Gate()
    task = asyncio.create_task(_work(pool, share, gate))
    await gate.entered()
    clock.advance(0.25)
    gate.open()
    await task
    await until(lambda: pool.busy == 0)
    assert share.attained_s == pytest.approx(0.25)


async def test_turns_come_in_fair_order(pool: WorkerPool) -> None:
    """Who had less of the workers is granted first; equals in the order of asking."""
    order: list[str] = []

    async def take(name: str, share: Share) -> None:
        async with pool.turn(share):
            order.append(name)

    rich, poor = Share(), Share()
    rich.attained_s, poor.attained_s = 2.0, 1.0
    sessions = [("rich", rich), ("poor", poor), ("new", Share()), ("next", Share())]
    async with asyncio.TaskGroup() as tasks, pool.turn(Share()):
        for name, share in sessions:
            tasks.create_task(take(name, share))
        await settle()
        assert pool.waiting == 4
        assert order == []
    assert order == ["new", "next", "poor", "rich"]


async def test_pace_counts_those_at_work_and_in_line() -> None:
    """The pace is 1 while workers are free, then grows with everyone who wants one."""
    pool, gate = WorkerPool(2, ManualClock()), Gate()
    paces = [pool.pace]
    tasks = []
    for _ in range(5):
        tasks.append(asyncio.create_task(_work(pool, Share(), gate)))
        await settle()
        paces.append(pool.pace)
    gate.open()
    await asyncio.gather(*tasks)
    await pool.close(5.0)
    assert paces == [1.0, 1.0, 1.0, 1.5, 2.0, 2.5]


# -- cancellation -------------------------------------------------------------------------------


async def test_cancelled_while_waiting_leaves_the_line(pool: WorkerPool) -> None:
    """Who is cancelled in line is forgotten, and the one behind is granted."""
    gate, behind = Gate(), Gate()
    working = asyncio.create_task(_work(pool, Share(), gate))
    await gate.entered()
    waiting = asyncio.create_task(_work(pool, Share(), Gate()))
    last = asyncio.create_task(_work(pool, Share(), behind))
    await settle()
    await _cancel(waiting)
    assert pool.waiting == 1
    gate.open()
    behind.open()
    assert [await working, await last] == ["done", "done"]
    await _assert_all_workers_are_free(pool)


async def test_cancelled_while_running_keeps_the_worker_until_the_end(pool: WorkerPool) -> None:
    """The caller leaves at once; its worker is handed on only when the call has ended."""
    gate, behind = Gate(), Gate()
    working = asyncio.create_task(_work(pool, Share(), gate))
    await gate.entered()
    waiting = asyncio.create_task(_work(pool, Share(), behind))
    await settle()
    await _cancel(working)
    await settle()
    assert (pool.busy, pool.waiting, behind.calls) == (1, 1, 0)
    gate.open()
    await behind.entered()
    assert (pool.busy, pool.waiting) == (1, 0)
    behind.open()
    assert await waiting == "done"
    await _assert_all_workers_are_free(pool)


async def test_error_of_an_abandoned_call_is_nobodys(pool: WorkerPool) -> None:
    """A call that fails after its caller has been cancelled frees its worker without a sound."""
    gate = Gate()

    def fail() -> str:
        gate()
        raise ValueError("too late for anyone")

    async def work() -> str:
        async with pool.turn(Share()) as turn:
            return await turn.run(fail)

    task = asyncio.create_task(work())
    await gate.entered()
    await _cancel(task)
    gate.open()
    await _assert_all_workers_are_free(pool)


async def test_cancelled_as_the_turn_is_granted(pool: WorkerPool) -> None:
    """A turn granted and cancelled in the same iteration goes to the next in line."""
    behind = Gate()
    async with pool.turn(Share()) as turn:
        granted = asyncio.create_task(_work(pool, Share(), Gate()))
        last = asyncio.create_task(_work(pool, Share(), behind))
        await settle()
        turn.give_back()
        assert (pool.busy, pool.waiting) == (1, 1)
        granted.cancel()
        await behind.entered()
    assert granted.cancelled()
    behind.open()
    assert await last == "done"
    await _assert_all_workers_are_free(pool)


async def test_granted_just_after_the_cancellation(pool: WorkerPool) -> None:
    """A worker that becomes free between a cancellation and its effect passes the cancelled by."""
    behind = Gate()
    async with pool.turn(Share()) as turn:
        gone = asyncio.create_task(_work(pool, Share(), Gate()))
        last = asyncio.create_task(_work(pool, Share(), behind))
        await settle()
        gone.cancel()
        turn.give_back()
        await behind.entered()
    behind.open()
    assert await last == "done"
    assert gone.cancelled()
    await _assert_all_workers_are_free(pool)


async def test_cancelled_between_grant_and_call(pool: WorkerPool) -> None:
    """A caller cancelled inside its block, before its call, gives the worker back."""

    async def dawdle() -> str:
        async with pool.turn(Share()):
            await asyncio.Event().wait()
        return "never"

    task = asyncio.create_task(dawdle())
    await settle()
    assert pool.busy == 1
    await _cancel(task)
    await _assert_all_workers_are_free(pool)


async def test_no_worker_is_lost_in_a_thousand_cancellations(clock: ManualClock) -> None:
    """Cancelled at random, in any phase, a thousand turns leave all workers free."""
    random, pool = Random(1), WorkerPool(2, clock)
    shares = [Share() for _ in range(8)]

    async def work() -> int:
        async with pool.turn(random.choice(shares)) as turn:
            if random.random() < 0.3:
                await asyncio.sleep(0)
            return 0 if random.random() < 0.2 else await turn.run(sum, range(200))

    tasks: list[asyncio.Task[int]] = []
    for _ in range(1000):
        tasks.append(asyncio.create_task(work()))
        await settle(random.randint(0, 3))
        random.choice(tasks[-8:]).cancel()
        assert 0 <= pool.busy <= pool.workers
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    cancelled = sum(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    assert 100 < cancelled < 1000
    assert cancelled + sum(isinstance(outcome, int) for outcome in outcomes) == 1000
    await _assert_all_workers_are_free(pool)
    await pool.close(5.0)


# -- the end ------------------------------------------------------------------------------------


async def test_close_waits_for_the_call_under_way(clock: ManualClock) -> None:
    """Closing takes as long as the calls, and their callers still get their answers."""
    pool, gate = WorkerPool(1, clock), Gate()
    task = asyncio.create_task(_work(pool, Share(), gate))
    await gate.entered()
    closing = asyncio.create_task(pool.close(5.0))
    await settle()
    assert not closing.done()
    gate.open()
    await closing
    assert await task == "done"
    await until(lambda: pool.busy == 0)


async def test_close_waits_for_an_abandoned_call_too(clock: ManualClock) -> None:
    """A call whose caller has left is still waited for: no thread outlives the pool."""
    pool, gate = WorkerPool(1, clock), Gate()
    task = asyncio.create_task(_work(pool, Share(), gate))
    await gate.entered()
    await _cancel(task)
    closing = asyncio.create_task(pool.close(5.0))
    await settle()
    assert not closing.done()
    gate.open()
    await closing
    assert not any(thread.is_alive() for thread in pool._executor._threads)


async def test_call_after_the_close_fails_and_costs_no_worker(clock: ManualClock) -> None:
    """A turn taken after the close cannot be used; it says so, and again the next time."""
    pool = WorkerPool(1, clock)
    await pool.close(5.0)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="shutdown"):
            async with asyncio.timeout(1.0), pool.turn(Share()) as turn:
                await turn.run(int)
    assert pool.busy == 0


async def test_is_saturated_while_somebody_waits(clock: ManualClock) -> None:
    """Both workers may be taken for ever; who leaves the line waits no more."""
    pool = WorkerPool(2, clock)
    async with pool.turn(Share()), pool.turn(Share()):
        clock.advance(10.0)
        assert pool.saturation == 0.0
        waiting = asyncio.create_task(_work(pool, Share(), Gate()))
        await until(lambda: pool.waiting == 1)
        clock.advance(10.0)
        assert pool.saturation == pytest.approx(1.0, abs=0.001)
        await _cancel(waiting)
        clock.advance(10.0)
        assert pool.saturation == pytest.approx(0.0, abs=0.001)
    await pool.close(5.0)
