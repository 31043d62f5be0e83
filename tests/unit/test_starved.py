"""Time in which a process waits for a processor is no time of its own."""

import asyncio
import os
import sys
from itertools import count

import pytest

from server.background import at_work
from server.jobs import starved
from server.jobs.starved import NS, Limit, Waits, deferred, starved_s, waits_of
from tests.fakes import PATIENCE_S, until


@pytest.mark.parametrize(
    ("before", "now", "expected_s"),
    [
        ({"1": 5 * NS}, {"1": 5 * NS}, 0.0),  # it hangs, or has all that it wants
        ({"1": 5 * NS, "2": NS}, {"1": 6 * NS, "2": 4 * NS}, 3.0),
        ({"1": 5 * NS}, {"1": 5 * NS, "2": 2 * NS}, 2.0),  # a new thread
        ({"1": 5 * NS}, {}, 0.0),
        ({}, {}, 0.0),  # no kernel that tells
    ],
)
def test_it_waits_as_long_as_its_longest_waiting_thread(
    before: Waits, now: Waits, expected_s: float
) -> None:
    """Those that wait at the same time do not wait one after the other."""
    assert starved_s(before, now) == expected_s


async def test_what_is_given_back_is_never_more_than_there_was() -> None:
    """However often it is told of the same time, as several threads may."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(1000.0) as timeout:
        await asyncio.sleep(0)
        begun_s = timeout.when()
        assert begun_s is not None
        Limit(timeout, 2000.0).give(30.0)
        assert timeout.when() == begun_s + 30.0
        Limit(timeout, 10.0).renew()
        assert loop.time() < (timeout.when() or 0) <= loop.time() + 10.0
        Limit(timeout, 10.0).give(0.0)
        assert (timeout.when() or 0) <= loop.time() + 10.0


async def test_one_that_is_over_stays_so() -> None:
    """Who gives time back a moment later is too late."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0) as timeout:
            await asyncio.Event().wait()
    Limit(timeout, 10.0).give(5.0)
    assert timeout.expired()


async def test_all_limits_wait_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time after time, for what has come since."""
    monkeypatch.setattr(starved, "LOOK_S", 0.0)
    looks = count()
    async with asyncio.timeout(1000.0) as long, asyncio.timeout(500.0) as short:
        limits = [Limit(one, 9000.0) for one in (long, short)]
        due_s = [one.when() or 0 for one in (long, short)]
        async with at_work(deferred(limits, lambda: {"1": next(looks) * NS})):
            await until(lambda: (short.when() or 0) >= due_s[1] + 5.0)
        assert (long.when() or 0) - due_s[0] == pytest.approx((short.when() or 0) - due_s[1])


@pytest.mark.skipif(not waits_of(os.getpid()), reason="this kernel does not tell")
async def test_the_kernel_tells() -> None:
    """Of two that want one processor each waits for the other."""
    both = [
        await asyncio.create_subprocess_exec(sys.executable, "-Sc", "while True: pass")
        for _ in range(2)
    ]
    try:
        for one in both:
            os.sched_setaffinity(one.pid, {min(os.sched_getaffinity(0))})
        before = waits_of(both[0].pid)
        async with asyncio.timeout(PATIENCE_S):
            while starved_s(before, waits_of(both[0].pid)) <= 0:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    finally:
        for one in both:
            one.kill()
            await one.wait()
    assert waits_of(both[0].pid) == {}
