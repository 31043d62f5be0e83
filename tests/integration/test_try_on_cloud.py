"""A photo with another haircut: by the cloud, or here with a reason, and never an error."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import orjson
import pytest
from aiohttp import ClientResponse

from media.codec import decode_photo
from media.frame import Picture
from processing.cloud.cutter import Cut, Cutter
from processing.local.natural.engine import NaturalEngine
from processing.look import Look
from server import answering
from server.answering import LEFT
from server.furnishing import COMING_SHARE, WAITING_OF_ONE
from server.keys import PHOTOS_COMING, SALON
from storage.cache import cache_key
from storage.spending import month_of
from tests import pictures
from tests.integration.cloud import CloudScene, cloud
from tests.integration.service import Service, StartService, eventually
from tests.integration.test_try_on import PATH, form, post, refusal
from tests.logged import logged
from tests.replicate.mischief import Reply
from tests.replicate.outputs import Output
from tests.replicate.service import TOKEN
from tests.tokens import ADMIN, AUDIENCE, ISSUER, SECRET, token

__all__ = ["cloud"]

PRICE = 40_000
PHOTO = pictures.jpeg(pictures.portrait(), 95)
SCALING = {
    "owner": "somebody",
    "name": "hair",
    "inputs": [{"name": "photo", "parts": ["photo"]}, {"name": "cut", "parts": ["haircut"]}],
    "by_quality": {"standard": {"scale": 1}, "ultra": {"scale": 4}},
    "prices_micro_usd": {"standard": 2000, "high": 5000, "ultra": 8000},
}


def cloudy(cloud: CloudScene, **settings: Any) -> dict[str, Any]:
    """Settings of a service that has an account at the stand-in."""
    account = {"replicate_api_token": TOKEN, "replicate_url": cloud.service.url}
    return {**account, "cloud_hosts": "127.0.0.1", **settings}


async def agree(service: Service, *, to_cloud: bool = True, user_id: str = "u1") -> None:
    """To the notice as it is."""
    url, http = f"{service.caller.url}/api/hair-tryOn", service.caller.http
    notice = (await (await http.get(f"{url}/about")).json())["consent"]["notice"]["version"]
    said = {"processing": True, "cloud": to_cloud, "notice": notice}
    async with http.put(f"{url}/user/{user_id}/consent", json=said) as answer:
        assert answer.status == 200, await answer.text()


async def cut(service: Service, **fields: Any) -> ClientResponse:
    """Ask for a bob."""
    wanted = {"image": PHOTO, "engine": "cloud", "haircut": "Bob", "look": None, **fields}
    return await post(service, form(**wanted), {"Accept": "image/png"})


async def spent(service: Service) -> int:
    """In millionths of a dollar, by u1 in this month."""
    services = service.services
    month = month_of(services.clock.utc_now())
    return (await services.database.spending.usage("u1", month)).spent_micro_usd


def sent_part() -> Picture:
    """What of the photo is sent."""
    return Cutter().begin(decode_photo(PHOTO, 10**7), is_square=False).portrait.view.picture


def give_edit(cloud: CloudScene) -> None:
    """Let predictions give the photo with blue hair."""
    look = Look("natural", color=(200, 60, 40))
    blue = NaturalEngine().retouch(sent_part(), look).picture
    cloud.give(Output(pictures.jpeg(blue, 95)))


@asynccontextmanager
async def asked(
    service: Service, cloud: CloudScene, haircut: str = "Bob"
) -> AsyncIterator[asyncio.Task[ClientResponse]]:
    """A haircut that the cloud works on for the time of the block."""
    course, before = cloud.service.course, cloud.service.count("create")
    cloud.service.course = replace(course, runs_s=inf)
    task = asyncio.create_task(cut(service, haircut=haircut))
    await eventually(lambda: cloud.service.count("create") > before)
    yield task
    for id_, prediction in cloud.service.predictions.items():
        cloud.service.predictions[id_] = replace(prediction, course=course)
    await asyncio.wait([task])


@pytest.fixture
async def salon(start_service: StartService, cloud: CloudScene) -> Service:
    """The same with an engine, and a cloud that can cut."""
    service = await start_service(NaturalEngine(), **cloudy(cloud))
    await agree(service)
    give_edit(cloud)
    return service


@pytest.fixture
async def service(start_service: StartService, cloud: CloudScene) -> Service:
    """A service with an account, whose user has agreed that it is used."""
    service = await start_service(**cloudy(cloud))
    await agree(service)
    return service


async def test_hair_is_cut_in_the_cloud(salon: Service, cloud: CloudScene) -> None:
    """And laid into the user's own photo, in its size; whatever is no hair stays as it was. The
    same is paid once."""
    photo = decode_photo(PHOTO, 10**7)
    answers = [await cut(salon) for _ in range(2)]
    for answer in answers:
        picture = decode_photo(await answer.read(), 10**7)
        assert answer.status == 200
        assert answer.headers["X-AI-Model"] == "replicate"
        assert (answer.headers["X-Applied"], answer.headers["X-Heads"]) == ("haircut", "1")
        assert "X-Fallback" not in answer.headers
        changed = np.abs(picture.astype(int) - photo).max(axis=2) > 0
        assert picture.shape == photo.shape
        assert 0.01 < changed.mean() < 0.3
        assert not changed[400:].any()
    assert len(cloud.service.billed) == 1
    assert await spent(salon) == PRICE
    sent = next(iter(cloud.service.predictions.values())).input
    assert (sent["haircut"], sent["hair_color"]) == ("Bob", "No change")


async def test_the_same_at_the_same_time_is_paid_once(salon: Service, cloud: CloudScene) -> None:
    """The second waits for the first, and has what it got."""
    async with asked(salon, cloud) as first:
        (maker,) = salon.app[SALON]._known._makers.values()
        second = asyncio.create_task(cut(salon))
        await eventually(lambda: bool(maker._waiters))
    answers = [first.result(), await second]
    assert [answer.headers["X-AI-Model"] for answer in answers] == ["replicate"] * 2
    assert len(cloud.service.billed) == 1


async def test_tiers_have_their_quality(start_service: StartService, cloud: CloudScene) -> None:
    """It reaches the inputs of a model that is described, and decides on the price."""
    doors = {"jwt_secret": SECRET, "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
    described = orjson.dumps({"models": [SCALING]}).decode()
    service = await start_service(**cloudy(cloud, cloud_models=described, **doors))
    http = service.caller.http
    http.headers["Authorization"] = f"Bearer {token('root', scope=ADMIN)}"
    await agree(service)
    give_edit(cloud)
    for tier in ("free", "enterprise"):
        url = f"{service.caller.url}/api/hair-tryOn/user/u1/tier"
        assert (await http.put(url, json={"tier": tier})).status == 200
        assert (await cut(service)).headers["X-AI-Model"] == "replicate"
    inputs = [one.input for one in cloud.service.predictions.values()]
    assert [one["scale"] for one in inputs] == [1, 4]
    assert await spent(service) == 10_000


async def test_without_a_place_nothing_is_cut(
    start_service: StartService, cloud: CloudScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No worker looks at a photo that no place is free for; what is known needs none."""
    service = await start_service(**cloudy(cloud, cloud_places=1))
    await agree(service)
    give_edit(cloud)
    begun: list[Picture] = []
    begin = Cutter.begin

    def counted(cutter: Cutter, photo: Picture, *, is_square: bool) -> Cut:
        begun.append(photo)
        return begin(cutter, photo, is_square=is_square)

    monkeypatch.setattr(Cutter, "begin", counted)
    assert (await cut(service)).headers["X-AI-Model"] == "replicate"
    async with asked(service, cloud, haircut="Pixie"):
        assert (await cut(service, haircut="Mohawk")).headers["X-Fallback"] == "too_busy"
        assert len(begun) == 2
        assert (await cut(service)).headers["X-AI-Model"] == "replicate"


async def test_colours_are_ours(salon: Service) -> None:
    """The cloud cuts; the look's colour is put on top of it here."""
    answer = await cut(salon, look='{"color": "copper"}')
    picture = decode_photo(await answer.read(), 10**7).astype(int)
    assert answer.headers["X-Applied"] == "haircut, color"
    changed = np.abs(picture - decode_photo(PHOTO, 10**7)).max(axis=2) > 40
    assert (picture[..., 2] - picture[..., 0])[changed].mean() > 20


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"replicate_api_token": ""}, "no_token"),
        ({"cloud_user_budget_usd": 0.03}, "budget_spent"),
        ({"cloud_budget_usd": 0.03}, "budget_spent"),
    ],
)
async def test_what_the_settings_do_not_allow_is_made_here(
    start_service: StartService, cloud: CloudScene, settings: dict[str, Any], reason: str
) -> None:
    """Nothing is ordered, and the client gets a picture."""
    service = await start_service(NaturalEngine(), **cloudy(cloud, **settings))
    await agree(service, to_cloud="replicate_api_token" not in settings)
    answer = await cut(service, look='{"color": "copper"}')
    assert (answer.status, answer.headers["X-Fallback"]) == (200, reason)
    assert (answer.headers["X-AI-Model"], answer.headers["X-Applied"]) == ("local", "color")
    assert not cloud.service.predictions
    assert await spent(service) == 0


async def test_it_is_told_in_advance(start_service: StartService, cloud: CloudScene) -> None:
    """Who cuts hair, which haircuts there are, and what one costs; nothing without an account."""
    service = await start_service(**cloudy(cloud))
    url = f"{service.caller.url}/api/hair-tryOn/about"
    told = (await (await service.caller.http.get(url)).json())["cloud"]
    assert told["processor"].startswith("Replicate, Inc.")
    assert "Bob" in told["haircuts"]
    assert told["max_usd_per_picture"] == 0.04
    await service.runner.cleanup()
    service = await start_service()
    url = f"{service.caller.url}/api/hair-tryOn/about"
    assert (await (await service.caller.http.get(url)).json())["cloud"] is None


async def test_who_has_not_agreed_stays_here(
    start_service: StartService, cloud: CloudScene
) -> None:
    """Nor who has agreed to all but the cloud."""
    service = await start_service(**cloudy(cloud))
    for _ in range(2):
        answer = await cut(service, look='{"color": "copper"}')
        assert (answer.status, answer.headers["X-Fallback"]) == (200, "no_consent")
        await agree(service, to_cloud=False)
    assert not cloud.service.predictions


async def test_what_is_made_here_does_not_wait(salon: Service, cloud: CloudScene) -> None:
    """Photos that the cloud works on take nobody's place, nor do those that wait for the same, of
    which one user has two at most."""
    coming = salon.app[PHOTOS_COMING]
    async with asked(salon, cloud):
        (maker,) = salon.app[SALON]._known._makers.values()
        waiting = [asyncio.create_task(cut(salon)) for _ in range(WAITING_OF_ONE)]
        await eventually(lambda: len(maker._waiters or ()) == WAITING_OF_ONE)
        assert await refusal(await cut(salon)) == (429, "RATE_LIMITED")
        with ExitStack() as others:
            for number in range(COMING_SHARE * salon.services.settings.max_photos):
                others.enter_context(coming.one(f"u{number}"))
    answers = await asyncio.gather(*waiting)
    assert [answer.headers["X-AI-Model"] for answer in answers] == ["replicate"] * 2


async def test_who_is_erased_meanwhile_leaves_nothing(salon: Service, cloud: CloudScene) -> None:
    """Not in the cache; also if they have come back by then. What was spent they have spent."""
    async with asked(salon, cloud) as task:
        url = f"{salon.caller.url}/api/hair-tryOn/user/u1/data"
        await salon.caller.http.delete(url)
        await agree(salon)
    assert await refusal(task.result()) == (409, "DATA_ERASED")
    assert await spent(salon) == PRICE
    assert await salon.services.cache.forget_user("u1") == 0


async def test_who_withdraws_meanwhile_is_served_here(salon: Service, cloud: CloudScene) -> None:
    """Also if only the cloud is not agreed to any more. Nothing is remembered."""
    async with asked(salon, cloud) as task:
        await agree(salon, to_cloud=False)
    answer = task.result()
    assert (answer.status, answer.headers["X-Fallback"]) == (200, "no_consent")
    assert await salon.services.cache.forget_user("u1") == 0


async def test_who_withdraws_is_forgotten(salon: Service) -> None:
    """What was made there before, though not what else is known."""
    assert (await cut(salon)).headers["X-AI-Model"] == "replicate"
    cache = salon.services.cache
    await cache.count(cache_key("rate", "u1", "x"), 60)
    await agree(salon, to_cloud=False)
    assert await cache.forget_user("u1", "edit") == 0
    assert await cache.forget_user("u1") == 1


async def test_what_fails_there_is_made_here(service: Service, cloud: CloudScene) -> None:
    """With a reason, and counted; five failures later nobody asks there."""
    cloud.service.orders.always("create", Reply(500))
    reasons = [(await cut(service)).headers["X-Fallback"] for _ in range(6)]
    assert reasons == ["unavailable"] * 5 + ["breaker_open"]
    scraped = await service.caller.http.get(f"{service.caller.url}/metrics")
    lines = (await scraped.text()).splitlines()
    model = 'model="flux-kontext-apps/change-haircut"'
    assert f'hair_tryon_cloud_edits_total{{{model},outcome="unavailable"}} 5.0' in lines
    for reason, count in (("unavailable", 5), ("breaker_open", 1), ("refused", 0)):
        assert f'hair_tryon_cloud_fallbacks_total{{reason="{reason}"}} {count}.0' in lines


async def test_a_picture_of_something_else_is_refused(service: Service, cloud: CloudScene) -> None:
    """A gradient is no picture of anybody. The next may be one."""
    height_px, width_px = sent_part().shape[:2]
    cloud.give(Output(pictures.jpeg(pictures.gradient(width_px, height_px))))
    for times in (1, 2):
        answer = await cut(service)
        assert (answer.status, answer.headers["X-Fallback"]) == (200, "bad_output")
        assert await spent(service) == times * PRICE


async def test_without_a_head_nothing_is_ordered(service: Service, cloud: CloudScene) -> None:
    """Nor with several: it is not paid for what cannot be used."""
    answer = await cut(service, image=pictures.jpeg())
    assert (answer.status, answer.headers["X-Fallback"]) == (200, "unsuited")
    assert not cloud.service.predictions


async def test_who_loses_the_connection_pays_once(salon: Service, cloud: CloudScene) -> None:
    """What was ordered is made to the end, for whoever asks again, if only then. Who has ordered
    nothing is waited for no more; there is a line of it, and it counts."""
    async with asked(salon, cloud) as first:
        (maker,) = salon.app[SALON]._known._makers.values()
        second = asyncio.create_task(cut(salon))
        await eventually(lambda: bool(maker._waiters))
        with logged(answering) as lines:
            first.cancel()
            second.cancel()
            await eventually(lambda: bool(lines))
    assert [(line["event"], line["status"]) for line in lines] == [("request left", LEFT)]
    labels = {"method": "POST", "endpoint": PATH, "status": str(LEFT)}
    registry = salon.services.meters.registry
    await eventually(lambda: registry.get_sample_value("hair_tryon_requests_total", labels) == 1)
    assert (await cut(salon)).headers["X-AI-Model"] == "replicate"
    assert cloud.service.statuses() == ["succeeded"]
    assert await spent(salon) == PRICE


async def test_a_colour_photo_without_hair_is_paid_by_nobody(
    start_service: StartService, cloud: CloudScene
) -> None:
    """It is refused as it is here, before anything is ordered."""
    service = await start_service(NaturalEngine(), **cloudy(cloud))
    await agree(service)
    answer = await cut(service, color_image=pictures.jpeg())
    assert await refusal(answer) == (422, "NO_PERSON")
    assert not cloud.service.predictions


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"engine": "local"}, "haircut"),
        ({"engine": "moon"}, "engine"),
        ({"haircut": "<b>"}, "haircut"),
        ({"haircut": "B" * 65}, "haircut"),
    ],
)
async def test_what_is_wrong_is_named(service: Service, fields: dict[str, str], name: str) -> None:
    """422."""
    answer = await cut(service, **fields)
    document = await answer.json()
    assert (answer.status, document["message"].split(":")[0]) == (422, name)


async def test_a_look_of_nothing(service: Service) -> None:
    """Neither a haircut nor anything else."""
    assert await refusal(await cut(service, haircut=None)) == (422, "INVALID_LOOK")
