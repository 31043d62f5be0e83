"""Processes that change films: whatever they do, the service knows what became of it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from itertools import count

import pytest

from media.film.probe import FilmLimits
from processing.film.task import Done, FilmTask, KeyframeFile, Scouted, ScoutTask
from processing.look import LookValues
from server import children
from server.jobs import starved
from server.jobs import workshop as workshops
from server.jobs.starved import NS, Limit
from server.jobs.workshop import FilmFaulty, WorkFailed, Workshop
from tests.integration.service import eventually


def task(source: str) -> FilmTask:
    """What ``tests.stuck`` does with it, its source says."""
    return FilmTask(
        source=source, target="t", thumbnail="t", look=LookValues(), rate=1.0, networks="all",
        limits=FilmLimits(1, 1, 1),
    )  # fmt: skip


@pytest.fixture
async def workshop() -> AsyncIterator[Workshop]:
    workshop = Workshop(20.0, "tests.stuck", "tests.stuck")
    yield workshop
    await workshop.close()


def spare_pid(workshop: Workshop) -> int:
    """The process that waits."""
    assert workshop._spare is not None
    return workshop._spare.process.pid


def lives(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels know no such policy")
async def test_live_frames_come_first(workshop: Workshop) -> None:
    """A process that changes films gets what processor time others leave."""
    await workshop.expect()
    assert os.sched_getscheduler(spare_pid(workshop)) == os.SCHED_IDLE


async def test_nice_where_there_is_nothing_better(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a container's rules refuse it."""

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse, raising=False)
    await workshop.expect()
    assert os.getpriority(os.PRIO_PROCESS, spare_pid(workshop)) >= children.NICENESS


async def test_waiting_for_a_processor_takes_no_time(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of that in which something has to be heard, nor of all that a film may take."""
    looks, given = count(), set[tuple[float, float]]()
    monkeypatch.setattr(starved, "LOOK_S", 0.0)
    monkeypatch.setattr(starved, "waits_of", lambda _pid: {"1": next(looks) * NS})
    monkeypatch.setattr(Limit, "give", lambda it, seconds: given.add((it.most_s, seconds)))
    changing = asyncio.create_task(workshop.change(task("hang"), lambda _: None))
    await eventually(lambda: given == {(20.0, 1.0), (workshops.STALL_S, 1.0)})
    changing.cancel()
    await asyncio.wait([changing])


async def test_progress_and_the_end_are_told(workshop: Workshop) -> None:
    """As the process says them."""
    told: list[int] = []
    done = await workshop.change(task("done"), told.append)
    assert (done, told) == (Done(frames=2, sampled_frames=1, keeps_sound=True), [1])


@pytest.mark.parametrize(
    ("source", "error"),
    [("crash", WorkFailed), ("failure", WorkFailed), ("babble", WorkFailed), ("", WorkFailed),
     ("fault", FilmFaulty)],
)  # fmt: skip
async def test_how_it_may_end(workshop: Workshop, source: str, error: type[Exception]) -> None:
    """Only what is the film's own fault is final; the rest may be tried again."""
    with pytest.raises(error):
        await workshop.change(task(source), lambda _: None)


async def test_films_are_looked_through(workshop: Workshop) -> None:
    """What is found is told; an answer to something else is none."""
    scouted = ScoutTask(
        source="scouted", folder="f", networks="all", limits=FilmLimits(1, 1, 1), most=2
    )
    found = await workshop.scout(scouted, lambda _: None)
    assert found == Scouted(keyframes=(KeyframeFile(index=3, path="k"),))
    with pytest.raises(WorkFailed, match="nonsense said"):
        await workshop.scout(scouted.model_copy(update={"source": "done"}), lambda _: None)


async def test_one_that_hangs_is_ended(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that says nothing may do better; one that takes too long in all will not."""
    monkeypatch.setattr(workshops, "STALL_S", 0.1)
    with pytest.raises(WorkFailed):
        await workshop.change(task("hang"), lambda _: None)
    hurried = Workshop(0.2, "tests.stuck")
    monkeypatch.setattr(workshops, "STALL_S", 60)
    with pytest.raises(FilmFaulty, match="too long"):
        await hurried.change(task("hang"), lambda _: None)


async def test_who_is_cancelled_leaves_no_process(workshop: Workshop) -> None:
    """It is killed in the middle of its work."""
    await workshop.expect()
    pid = spare_pid(workshop)
    changing = asyncio.create_task(workshop.change(task("hang"), lambda _: None))
    await asyncio.sleep(0.05)
    changing.cancel()
    await asyncio.wait([changing])
    assert changing.cancelled()
    assert not lives(pid)


async def test_one_waits_when_work_is_expected(workshop: Workshop) -> None:
    """One and no more; the next film is its, and then there is none."""
    await asyncio.gather(workshop.expect(), workshop.expect())
    pid = spare_pid(workshop)
    await workshop.expect()
    assert spare_pid(workshop) == pid
    await workshop.change(task("done"), lambda _: None)
    assert workshop._spare is None
    assert not lives(pid)


async def test_one_that_has_gone_is_replaced(workshop: Workshop) -> None:
    """As after a long time without a film."""
    for again in (workshop.expect, lambda: workshop.change(task("done"), lambda _: None)):
        await workshop.expect()
        pid = spare_pid(workshop)
        os.kill(pid, 9)
        spare = workshop._spare
        assert spare is not None
        await eventually(lambda: not spare.is_waiting)  # noqa: B023
        await again()
    assert workshop._spare is None


async def test_closing_lets_it_go(workshop: Workshop) -> None:
    """And none is started any more."""
    await workshop.expect()
    pid = spare_pid(workshop)
    await workshop.close()
    await workshop.expect()
    assert workshop._spare is None
    assert not lives(pid)
