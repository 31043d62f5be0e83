"""Keyframes that were cut in the cloud are kept with their job until it ends: paid once, whatever
becomes of who works on it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from processing.film.task import Done, FilmTask
from processing.local.classic.engine import ClassicEngine
from server.cloud import salon
from server.jobs.sweeper import Sweeper
from server.keys import LEAVING
from storage.layout import OBJECTS_FOLDER
from tests.integration.cloud import CloudScene, cloud
from tests.integration.held import Held, holding
from tests.integration.service import Service, StartService, eventually
from tests.integration.test_cloud_budget import QuickCutter
from tests.integration.test_film_cloud import BOB, FilmWorks, told
from tests.integration.test_try_on_cloud import PRICE, agree, cloudy, spent
from tests.integration.videos import Videos

__all__ = ["cloud"]

Start: TypeAlias = Callable[[], Awaitable[Service]]
JPEG = b"\xff\xd8\xff"


class SlowWorks(FilmWorks):
    """A workshop whose films are made when that is said."""

    def __init__(self) -> None:
        super().__init__()
        self.may_end = asyncio.Event()
        self.begun_with = list[int]()

    async def change(self, task: FilmTask, progress: Callable[[int], None]) -> Done:
        self.begun_with.append(len(task.carried))
        await self.may_end.wait()
        return await super().change(task, progress)


@pytest.fixture
async def works() -> SlowWorks:
    return SlowWorks()


@pytest.fixture(params=["sqlite", "mongodb"])
async def start(
    request: pytest.FixtureRequest,
    start_service: StartService,
    cloud: CloudScene,
    works: SlowWorks,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Start]:
    """Starts a server without a Redis, and then another in its place. All have stopped before the
    database is emptied."""
    monkeypatch.setattr(salon, "Cutter", QuickCutter)
    settings = cloudy(cloud, **holding(monkeypatch, works))
    if request.param == "mongodb":
        settings["mongodb_uri"] = request.getfixturevalue("mongo_uri")
    started = list[Service]()

    async def start() -> Service:
        started.append(await start_service(ClassicEngine(), **settings))
        return started[-1]

    yield start
    for service in started:
        await service.runner.cleanup()


async def cut(service: Service, works: SlowWorks) -> tuple[Videos, str]:
    """A film whose keyframes are cut, and which is not made yet."""
    await agree(service)
    videos = Held(service, works).videos
    result_id = await videos.ordered(await videos.upload(), **BOB)
    await eventually(lambda: works.begun_with == [3])
    return videos, result_id


def cuts(tmp_path: Path) -> list[Path]:
    """The files of keyframes that are kept."""
    return sorted((tmp_path / "data" / OBJECTS_FOLDER).glob("cut_*"))


async def test_a_stop_pays_nothing_again(
    start: Start, works: SlowWorks, cloud: CloudScene, tmp_path: Path
) -> None:
    """What is kept is encrypted, and gone when the film is made."""
    service = await start()
    _, result_id = await cut(service, works)
    assert len(cuts(tmp_path)) == 3
    assert not any(JPEG in path.read_bytes() for path in cuts(tmp_path))
    await service.runner.cleanup()
    service = await start()
    await eventually(lambda: len(works.begun_with) == 2)
    videos = Held(service, works).videos
    works.may_end.set()
    assert told(await videos.ended(result_id)) == ("replicate", 3, 0, None)
    assert works.begun_with == [3, 3]
    assert len(cloud.service.billed) == 3
    assert await spent(service) == 3 * PRICE
    await eventually(lambda: not cuts(tmp_path))


@pytest.mark.parametrize(
    ("start", "address"),
    [
        ("sqlite", "result/{}?user_id=u1"),
        ("sqlite", "user/u1/data"),
        ("mongodb", "result/{}?user_id=u1"),
    ],
    indirect=["start"],
)
async def test_who_calls_it_off_has_nothing_kept(
    start: Start, works: SlowWorks, tmp_path: Path, address: str
) -> None:
    """Nor has who is erased."""
    videos, result_id = await cut(await start(), works)
    async with videos.http.delete(f"{videos.url}/{address.format(result_id)}") as answer:
        assert answer.status == 200
    await eventually(lambda: not cuts(tmp_path))


@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_a_server_that_leaves_begins_no_film(
    start: Start, works: SlowWorks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is looked whether one waits."""
    sweeps = list[None]()
    sweep = Sweeper.sweep

    async def counted(self: Sweeper) -> None:
        await sweep(self)
        sweeps.append(None)

    monkeypatch.setattr(Sweeper, "sweep", counted)
    service = await start()
    await agree(service)
    service.app[LEAVING].set()
    videos = Held(service, works).videos
    result_id = await videos.ordered(await videos.upload(), **BOB)
    sweeps.clear()
    await eventually(lambda: len(sweeps) > 3)
    assert (await videos.result(result_id))["status"] == "queued"
    assert not works.begun_with
