"""A job's end, whoever brings it about: told once, and nothing stays that was for the job alone."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from processing.film.task import Done
from server.jobs.film_cutter import FilmCut
from server.jobs.job import Job, JobMeans
from server.jobs.kept_cuts import cut_paths
from server.jobs.lease import KeptLease, LeaseLost
from server.traces.traces import NO_TRACES
from storage.results import Ending, ResultRecord, ResultStatus
from tests.fakes import ManualClock, until
from tests.integration.records import RESULT

RECORD = replace(RESULT, status=ResultStatus.PROCESSING, max_keyframes=2)


class Scene:
    """A job at its end, and what comes of it: in ``told``, in order."""

    def __init__(self) -> None:
        self.record = RECORD
        self.owner = "w1"
        self.now: ResultRecord | None = RECORD
        self.is_lost = False
        self.told = list[str]()
        self.withdrawn = list[str]()
        self.may_withdraw = asyncio.Event()
        self.may_withdraw.set()
        database = SimpleNamespace(results=self, uploads=self)
        stores = SimpleNamespace(database=database, files=self, keeper=self, workspace=self)
        means = SimpleNamespace(
            stores=stores, clock=ManualClock(), options=SimpleNamespace(attempts=3),
            progress=SimpleNamespace(end=lambda _: None), traces=NO_TRACES,
            ends=SimpleNamespace(tell=self.tell),
        )  # fmt: skip
        self.job = Job(cast("KeptLease", self), cast("JobMeans", means))

    @asynccontextmanager
    async def working(self, _name: str) -> AsyncIterator[Path]:
        """See Workspace."""
        yield Path("folder")

    async def kept_for(self, work: Coroutine[Any, Any, object]) -> tuple[Done, FilmCut]:
        """See KeptLease."""
        work.close()
        if self.is_lost:
            raise LeaseLost
        return Done(frames=3, sampled_frames=1, keeps_sound=True), FilmCut()

    async def end(self, ending: Ending) -> None:
        """See KeptLease."""
        self.told.append(f"ended {ending.status}")

    async def give_back(self) -> bool:
        """See KeptLease. Once it has ended it is its owner's no more."""
        return not any(line.startswith("ended") for line in self.told)

    async def let_go(self) -> None:
        """See KeptLease."""

    async def get(self, _result_id: str) -> ResultRecord | None:
        """See Results."""
        return self.now

    async def set_status(self, _upload_id: str, status: str, _now: object) -> None:
        """See Uploads."""
        self.told.append(f"upload {status}")

    async def withdraw(self, paths: Sequence[str]) -> None:
        """See Keeper."""
        self.told.append("withdrawn")
        await self.may_withdraw.wait()
        self.withdrawn += paths

    async def delete(self, _name: str) -> None:
        """See Files."""

    def tell(self, _log: object, _record: object, status: ResultStatus, *_: object) -> None:
        """See Ends."""
        self.told.append(f"told {status}")


@pytest.mark.parametrize("status", [None, *ResultStatus])
async def test_who_loses_a_job_that_is_over_leaves_no_keyframes(
    status: ResultStatus | None,
) -> None:
    """Some may have come after whoever ended it had removed them, and told of it. One that goes on
    keeps them."""
    scene = Scene()
    scene.is_lost, scene.now = True, None if status is None else replace(RECORD, status=status)
    await scene.job.work()
    is_over = status is None or status.is_final
    assert set(cut_paths(RECORD)).issubset(scene.withdrawn) is is_over
    assert not [line for line in scene.told if line.startswith("told")]


async def test_a_stop_at_its_end_does_not_undo_it() -> None:
    """While its keyframes are removed it has ended already: it is not handed back."""
    scene = Scene()
    scene.may_withdraw.clear()
    working = asyncio.create_task(scene.job.work())
    await until(lambda: "withdrawn" in scene.told)
    working.cancel()
    await asyncio.wait([working])
    assert working.cancelled()
    ended = ["ended completed", "told completed", "upload completed", "withdrawn"]
    assert scene.told == ["upload processing", *ended]
