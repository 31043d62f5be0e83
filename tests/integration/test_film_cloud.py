"""Films with another haircut: keyframes cut in the cloud, and every way back to this server."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any, Final

import pytest

from media.codec import decode_photo, encode_photo
from media.frame import Picture
from processing.film.task import Done, FilmTask
from processing.local.classic.engine import ClassicEngine
from server.cloud import salon
from server.jobs.workshop import WorkFailed
from tests.fakes import PATIENCE_S
from tests.integration.cloud import CloudScene, cloud
from tests.integration.held import Change, Held, holding
from tests.integration.service import StartService, eventually
from tests.integration.test_cloud_budget import QuickCutter
from tests.integration.test_try_on_cloud import PRICE, agree, cloudy, spent
from tests.pictures import jpeg, noise
from tests.replicate.mischief import Reply

__all__ = ["cloud"]

KEYFRAMES: Final = tuple(encode_photo(noise(64, 48, seed=seed), "png", 100) for seed in range(3))
BOB: Final[dict[str, Any]] = {"engine": "cloud", "haircut": "Bob"}


class FilmWorks(Change):
    """A workshop that finds three keyframes, and looks at what is carried while it is there."""

    def __init__(self) -> None:
        super().__init__()
        self.keyframes = KEYFRAMES
        self.edited: list[Picture] = []
        self.dies = 0

    async def change(self, task: FilmTask, progress: Callable[[int], None]) -> Done:
        for one in task.carried:
            data = await asyncio.to_thread(Path(one.edited).read_bytes)
            self.edited.append(decode_photo(data, 10**7))
        if self.dies:
            self.dies -= 1
            raise WorkFailed("process ended", code=-9)
        self.outcome = asyncio.get_running_loop().create_future()
        self.outcome.set_result(None)
        return await super().change(task, progress)


@pytest.fixture
async def held(
    request: pytest.FixtureRequest,
    start_service: StartService,
    cloud: CloudScene,
    monkeypatch: pytest.MonkeyPatch,
) -> Held:
    """A service with an account, whose films are quick to be made, and whose user has agreed."""
    works = FilmWorks()
    monkeypatch.setattr(salon, "Cutter", QuickCutter)
    settings = cloudy(cloud, **holding(monkeypatch, works), **getattr(request, "param", {}))
    service = await start_service(ClassicEngine(), **settings)
    await agree(service)
    return Held(service, works)


def works_of(held: Held) -> FilmWorks:
    """The workshop behind it."""
    assert isinstance(held.change, FilmWorks)
    return held.change


async def made(held: Held, **fields: Any) -> dict[str, Any]:
    """A film with a bob; its result."""
    upload_id = await held.videos.upload()
    return await held.videos.ended(await held.videos.ordered(upload_id, **{**BOB, **fields}))


def told(result: dict[str, Any]) -> tuple[Any, ...]:
    """Who made it, how much of it, for what, and why."""
    return tuple(result[name] for name in ("ai_model", "keyframes", "cost_usd", "fallback"))


async def estimate(held: Held, **query: Any) -> dict[str, Any]:
    """What it would come to."""
    url = f"{held.videos.url}/estimate"
    async with held.videos.http.get(url, params={"user_id": "u1", **query}) as answer:
        assert answer.status == 200, await answer.text()
        document: dict[str, Any] = await answer.json()
        return document


async def ordered_as_estimated(held: Held, upload_id: str) -> dict[str, Any]:
    """A film for which the cloud would not be paid now: neither money nor time is counted for it;
    its result."""
    expected = await estimate(held, upload_id=upload_id, **BOB)
    answer = await held.videos.order(upload_id, stabilize="true", **BOB)
    order: dict[str, Any] = await answer.json()
    for name in ("estimated_cost_usd", "estimated_time"):
        assert order[name] == expected[name]
    assert order["estimated_cost_usd"] == 0
    return await held.videos.ended(order["result_id"])


async def test_keyframes_are_cut_and_carried(
    held: Held, cloud: CloudScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as were ordered, each paid; what it costs at most was told before. The same again is
    there already, unless other models are asked by now."""
    videos, upload_id = held.videos, await held.videos.upload()
    expected = await estimate(held, upload_id=upload_id, max_keyframes=2, **BOB)
    answer = await videos.order(upload_id, max_keyframes=2, **BOB)
    order = await answer.json()
    assert order["estimated_cost_usd"] == expected["estimated_cost_usd"] == 0.08
    assert order["estimated_time"] > 10
    result = await videos.ended(order["result_id"])
    assert result["status"] == "completed"
    assert told(result) == ("replicate", 2, 0.08, None)
    (task,) = held.change.tasks
    assert [one.index for one in task.carried] == [0, 1]
    assert [one.shape for one in works_of(held).edited] == [(480, 640, 3)] * 2
    assert len(cloud.service.billed) == 2
    assert await spent(held.service) == 2 * PRICE
    again = await videos.order(upload_id, max_keyframes=2, **BOB)
    assert again.headers["X-Result-Cache"] == "hit"
    assert (await again.json())["estimated_cost_usd"] == 0
    monkeypatch.setitem(held.service.services.settings.__dict__, "cloud_models", "others")
    anew = await videos.order(upload_id, max_keyframes=2, **BOB)
    assert "X-Result-Cache" not in anew.headers


async def test_a_job_that_is_done_again_pays_once(held: Held, cloud: CloudScene) -> None:
    """As when the film's process dies after its keyframes were cut."""
    works_of(held).dies = 1
    result = await made(held)
    assert result["status"] == "completed"
    assert told(result) == ("replicate", 3, 0, None)
    assert [len(task.carried) for task in held.change.tasks] == [3]
    assert len(works_of(held).edited) == 6
    assert len(cloud.service.billed) == 3
    assert await spent(held.service) == 3 * PRICE


@pytest.mark.parametrize("held", [{"cloud_user_budget_usd": 0.04}], indirect=True)
async def test_what_can_be_paid_is_cut(held: Held, cloud: CloudScene) -> None:
    """With money for one picture one of three is cut, and the film is made. The same order again is
    not answered with it."""
    result = await made(held)
    assert told(result) == ("replicate", 1, 0.04, "budget_spent")
    assert len(cloud.service.predictions) == len(cloud.service.billed) == 1
    assert len(held.change.tasks[0].carried) == 1
    spent_all = await estimate(held, upload_id=result["upload_id"], **BOB)
    assert (spent_all["ai_model"], spent_all["fallback"]) == ("local", "budget_spent")
    assert (spent_all["has_budget"], spent_all["estimated_cost_usd"]) == (False, 0)
    await ordered_as_estimated(held, result["upload_id"])
    again = await held.videos.order(result["upload_id"], **BOB)
    assert "X-Result-Cache" not in again.headers
    again_made = await held.videos.ended((await again.json())["result_id"])
    assert told(again_made) == ("replicate", 1, 0, "budget_spent")


async def test_what_cannot_be_cut_is_made_here(held: Held, cloud: CloudScene) -> None:
    """With the reason, wherever it is told of; and it may be tried again."""
    cloud.service.orders.always("create", Reply(500))
    style = {"style_image": jpeg()}
    result = await made(held, files=style)
    assert told(result)[0::3] == ("local", "unavailable")
    (task,) = held.change.tasks
    assert (task.carried, task.style is None) == ((), False)
    history = await (await held.videos.http.get(f"{held.videos.url}/history/u1")).json()
    assert history["results"][0]["fallback"] == "unavailable"
    again = await held.videos.order(result["upload_id"], files=style, **BOB)
    assert (again.status, "X-Result-Cache" in again.headers) == (202, False)
    await held.videos.ended((await again.json())["result_id"])


async def test_who_has_not_agreed_stays_here(held: Held, cloud: CloudScene) -> None:
    """Also who does so no more while pictures are there: what comes back is not used."""
    cloud.service.course = replace(cloud.service.course, runs_s=inf)
    upload_id = await held.videos.upload()
    result_id = await held.videos.ordered(upload_id, max_keyframes=1, **BOB)
    await eventually(lambda: cloud.service.count("create") == 1)
    await agree(held.service, to_cloud=False)
    finish(cloud)
    assert told(await held.videos.ended(result_id))[0::3] == ("local", "no_consent")
    assert await held.service.services.cache.forget_user("u1", "edit") == 0
    never = await ordered_as_estimated(held, upload_id)
    assert told(never) == ("local", 0, 0, "no_consent")
    assert (await estimate(held, **BOB))["fallback"] == "no_consent"
    assert cloud.service.count("create") == 1


def finish(cloud: CloudScene) -> None:
    """What runs for ever has ended."""
    for id_, prediction in cloud.service.predictions.items():
        course = replace(prediction.course, runs_s=0.0)
        cloud.service.predictions[id_] = replace(prediction, course=course)


@pytest.mark.parametrize("address", ["result/{}?user_id=u1", "user/u1/data"])
async def test_who_calls_it_off_calls_it_off_there(
    held: Held, cloud: CloudScene, address: str
) -> None:
    """All its pictures; so does who is erased, of whom nothing is left."""
    cloud.service.course = replace(cloud.service.course, runs_s=inf)
    result_id = await held.videos.ordered(await held.videos.upload(), **BOB)
    await eventually(lambda: cloud.service.count("create") == 3)
    url = f"{held.videos.url}/{address.format(result_id)}"
    async with held.videos.http.delete(url) as answer:
        assert answer.status == 200
    await eventually(lambda: cloud.service.statuses() == ["canceled"] * 3)
    results, now = held.service.services.database.results, held.service.services.clock.utc_now
    async with asyncio.timeout(PATIENCE_S):
        while await results.leased("u1", now()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert await held.service.services.cache.forget_user("u1", "edit") == 0
    assert not held.change.tasks


async def test_what_is_wrong_is_named(held: Held) -> None:
    """Before anything is queued, and as well where it is but estimated."""
    upload_id = await held.videos.upload()
    for fields, name in (
        ({"haircut": "Bob"}, "haircut"),
        ({"max_keyframes": 2}, "max_keyframes"),
        ({**BOB, "max_keyframes": 0}, "max_keyframes"),
        ({**BOB, "max_keyframes": 6}, "max_keyframes"),
        ({**BOB, "engine": "moon"}, "engine"),
    ):
        url = f"{held.videos.url}/estimate"
        query = {"user_id": "u1", "upload_id": upload_id, **fields}
        for answer in (
            await held.videos.order(upload_id, **fields),
            await held.videos.http.get(url, params=query),
        ):
            assert (answer.status, (await answer.json())["details"]["field"]) == (422, name)
    assert await held.service.services.database.results.history("u1", 10) == ([], 0)
    most = await estimate(held, upload_id=upload_id, **BOB)
    assert (most["pictures"], most["usd_per_picture"]) == (5, 0.04)
    photo = await estimate(held, **BOB)
    assert (photo["pictures"], photo["estimated_cost_usd"], photo["has_budget"]) == (1, 0.04, True)
    assert photo["model"] == "flux-kontext-apps/change-haircut"
    assert (await estimate(held, engine="cloud", look="true"))["fallback"] == "unsuited"
    for answer in (
        await held.videos.http.get(url, params={"user_id": "u1", "engine": "cloud"}),
        await held.videos.order(upload_id, engine="cloud", look="{}"),
    ):
        assert (answer.status, (await answer.json())["error"]) == (422, "INVALID_LOOK")
    here = await estimate(held, upload_id=upload_id)
    assert (here["ai_model"], here["pictures"], here["fallback"]) == ("local", 0, None)
    url = f"{held.videos.url}/estimate?user_id=u2&upload_id={upload_id}"
    assert (await held.videos.http.get(url)).status == 404
