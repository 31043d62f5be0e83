"""Styles from words: made once in the cloud, kept here, and worn; or refused with the reason."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from math import inf
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from aiohttp import ClientResponse

from media.codec import decode_photo
from processing.local.natural.engine import NaturalEngine
from server.styles import maker
from storage.addresses import name_of
from storage.errors import StorageFailed
from storage.spending import month_of
from storage.styles import StyleNote
from tests import pictures
from tests.fakes import PATIENCE_S
from tests.films import Recipe, film
from tests.integration.cloud import CloudScene, cloud
from tests.integration.records import STYLE, add_style
from tests.integration.service import Service, StartService, eventually
from tests.integration.test_try_on import form, post
from tests.integration.test_try_on_cloud import agree, cloudy
from tests.integration.videos import Videos
from tests.replicate.mischief import Reply
from tests.replicate.outputs import Output

__all__ = ["cloud"]

Call: TypeAlias = Callable[..., Awaitable[Any]]

PRICE = 3_000
WORDS = "short copper curls {0} & a fringe"
SIDE_PX = 480
DRAWN = pictures.jpeg(pictures.gradient(SIDE_PX, SIDE_PX))


def address(service: Service, rest: str = "") -> str:
    """Of styles, or of one."""
    return f"{service.caller.url}/api/hair-tryOn/styles{rest}"


async def make(service: Service, key: str | None = None, **said: Any) -> ClientResponse:
    """Ask for a style; the answer, read."""
    headers = {"Idempotency-Key": key} if key else {}
    document = {"user_id": "u1", "prompt": WORDS, **said}
    async with service.caller.http.post(address(service), json=document, headers=headers) as answer:
        await answer.read()
        return answer


async def refusal(answer: ClientResponse) -> tuple[int, str, str | None]:
    """The status, the code and the reason of an error."""
    document = await answer.json()
    return answer.status, document["error"], document.get("details", {}).get("reason")


async def spent(service: Service) -> int:
    """In millionths of a dollar, by u1 in this month."""
    services = service.services
    month = month_of(services.clock.utc_now())
    return (await services.database.spending.usage("u1", month)).spent_micro_usd


async def is_nothing_kept(service: Service) -> bool:
    """Neither a record nor a file."""
    services = service.services
    _, count = await services.database.styles.of_user("u1", 0)
    return count == 0 and [page async for page in services.files.names() if page] == []


@asynccontextmanager
async def asked(
    service: Service, cloud: CloudScene, key: str | None = None
) -> AsyncIterator[asyncio.Task[ClientResponse]]:
    """A style that the cloud works on for the time of the block."""
    course = cloud.service.course
    cloud.service.course = replace(course, runs_s=inf)
    task = asyncio.create_task(make(service, key))
    await eventually(lambda: cloud.service.count("create") > 0)
    yield task
    for id_, prediction in cloud.service.predictions.items():
        cloud.service.predictions[id_] = replace(prediction, course=course)
    await asyncio.wait([task])


@pytest.fixture
async def service(start_service: StartService, cloud: CloudScene) -> Service:
    """A service whose user has agreed to the cloud, which draws a gradient."""
    cloud.give(Output(DRAWN))
    service = await start_service(**cloudy(cloud))
    await agree(service)
    return service


async def test_a_style_is_made_and_deleted(service: Service, cloud: CloudScene) -> None:
    """The model gets the words among ours, the user the photo; it is paid, and it is nobody
    else's."""
    http = service.caller.http
    answer = await make(service)
    made = await answer.json()
    assert (answer.status, made["prompt"], made["aspect"]) == (201, WORDS, "1:1")
    assert made["model"] == "black-forest-labs/flux-schnell"
    prediction = next(iter(cloud.service.predictions.values()))
    assert prediction.model == made["model"]
    assert f"with this hair: {WORDS}. Head" in prediction.input["prompt"]
    assert await spent(service) == PRICE
    one = f"/{made['style_id']}"
    answer = await http.get(address(service, one), params={"user_id": "u1"})
    assert await answer.json() == made
    answer = await http.get(address(service, f"{one}/image"), params={"user_id": "u1"})
    assert answer.headers["Cache-Control"].startswith("private, max-age=25")
    assert decode_photo(await answer.read(), 10**7).shape == (SIDE_PX, SIDE_PX, 3)
    for method in ("GET", "DELETE"):
        answer = await http.request(method, address(service, one), params={"user_id": "u2"})
        assert await refusal(answer) == (404, "NOT_FOUND", None)
    answer = await http.delete(address(service, one), params={"user_id": "u1"})
    assert answer.status == 204
    assert await is_nothing_kept(service)
    answer = await http.get(address(service, one), params={"user_id": "u1"})
    assert await refusal(answer) == (404, "NOT_FOUND", None)


async def test_a_style_is_worn(service: Service) -> None:
    """In the place of a style photo: in a photo, in a video and live; not another user's, and not
    beside a photo."""
    style_id = (await (await make(service)).json())["style_id"]
    answer = await post(service, form(user_id="u1", look=None, style_id=style_id))
    assert (answer.status, answer.headers["X-Applied"]) == (200, "style")
    videos = Videos(service.caller.http, service.caller.url)
    upload_id = await videos.upload(film(Recipe()), "u1")
    result_id = await videos.ordered(upload_id, user_id="u1", look=None, style_id=style_id)
    record = await service.services.database.results.get(result_id)
    assert record is not None
    assert record.style_image_path is not None
    live = await service.caller.join("s1", "u1")
    worn = await live.ask("set_style_image", style_id=style_id)
    assert (worn["type"], worn["applied"]) == ("style_set", ["style"])
    for said, expected in [
        ({"style_id": style_id, "user_id": "u2"}, (404, "NOT_FOUND", None)),
        ({"style_id": style_id, "style_image": DRAWN}, (422, "VALIDATION_FAILED", None)),
    ]:
        answer = await post(service, form(**{"user_id": "u1", "look": None, **said}))
        assert await refusal(answer) == expected
    other = await service.caller.join("s2", "u2")
    assert (await other.ask("set_style_image", style_id=style_id))["error"] == "NOT_FOUND"


async def test_styles_are_listed(service: Service) -> None:
    """The latest first, a page at a time."""
    made = [(await (await make(service, prompt=f"hair {n}")).json())["prompt"] for n in range(3)]
    found, cursor = list[str](), None
    for total in (3, 3):
        query = {"user_id": "u1", "limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = await (await service.caller.http.get(address(service), params=query)).json()
        assert page["total"] == total
        found += [one["prompt"] for one in page["styles"]]
        cursor = page["next_cursor"]
    assert (sorted(found), cursor) == (made, None)


async def test_the_same_request_is_paid_once(service: Service, cloud: CloudScene) -> None:
    """As a form or as JSON; under the same key another one is refused."""
    first = await make(service, "k")
    values = form(user_id="u1", look=None, image=None, prompt=WORDS)
    headers = {"Idempotency-Key": "k"}
    again = await service.caller.http.post(address(service), data=values, headers=headers)
    assert (again.status, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert await again.json() == await first.json()
    assert await refusal(await make(service, "k", aspect="4:5")) == (422, "VALIDATION_FAILED", None)
    assert len(cloud.service.billed) == 1


def away(call: Call, times: int) -> Call:
    """The call, which fails so often before it is made."""
    failures = [StorageFailed("away")] * times

    async def made(*args: Any) -> Any:
        if failures:
            raise failures.pop()
        return await call(*args)

    return made


def answered_late(call: Call) -> Call:
    """The call, which is done; the first time nobody learns of it."""
    done = list[Any]()

    async def made(*args: Any) -> Any:
        done.append(await call(*args))
        if len(done) == 1:
            raise StorageFailed("away")
        return done[-1]

    return made


async def kept(service: Service, key: str) -> ClientResponse:
    """The answer under this key, as soon as nobody makes it any more."""
    async with asyncio.timeout(PATIENCE_S):
        while (answer := await make(service, key)).status == 429:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return answer


async def test_who_leaves_and_comes_again_pays_once(service: Service, cloud: CloudScene) -> None:
    """With a key it is made to the end for who has lost the connection; without one it is not."""
    async with asked(service, cloud, "k") as task:
        task.cancel()
        await asyncio.wait([task])
        assert (await make(service, "k")).status == 429
    answer = await kept(service, "k")
    assert (answer.status, answer.headers["Idempotent-Replayed"]) == (201, "true")
    assert len(cloud.service.billed) == len(cloud.service.predictions) == 1
    assert await spent(service) == PRICE
    async with asked(service, cloud) as task:
        await eventually(lambda: len(cloud.service.predictions) == 2)
        task.cancel()
        await eventually(lambda: "canceled" in cloud.service.statuses())


async def test_two_servers_make_one(
    start_service: StartService, cloud: CloudScene, mongo_uri: str, tmp_path: Path
) -> None:
    """Of the same request that comes to both: the second says that it is under way, and has it
    then."""
    cloud.give(Output(DRAWN))
    settings = {**cloudy(cloud), "mongodb_uri": mongo_uri}
    one, two = [
        await start_service(data_dir=tmp_path / name, **settings) for name in ("one", "two")
    ]
    await agree(one)
    async with asked(one, cloud, "k") as task:
        refused = await make(two, "k")
    assert await refusal(refused) == (429, "RATE_LIMITED", None)
    answer = await kept(two, "k")
    assert (answer.status, answer.headers["Idempotent-Replayed"]) == (201, "true")
    assert (await answer.json())["style_id"] == (await task.result().json())["style_id"]
    assert len(cloud.service.predictions) == 1


async def test_a_note_is_good_for_a_moment(
    service: Service, cloud: CloudScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Renewed while it is drawn; what one that has died has left hides nothing that is there."""
    monkeypatch.setattr(maker, "RENEW_S", 0.01)
    styles, renewed = service.services.database.styles, list[StyleNote]()

    async def renew(note: StyleNote) -> None:
        renewed.append(note)

    monkeypatch.setattr(styles, "renew", renew)
    async with asked(service, cloud, "k"):
        await eventually(lambda: len(renewed) > 2)
    now = service.services.clock.utc_now()
    assert renewed[0].due < renewed[-1].due <= now + timedelta(seconds=maker.NOTE_S)
    left = StyleNote("gone", "u1", "k", now + timedelta(seconds=300))
    assert await styles.begin(left, now)
    assert (await make(service, "k")).headers["Idempotent-Replayed"] == "true"


async def test_a_storage_that_is_away_is_waited_for(
    service: Service, cloud: CloudScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is paid, also where only the answer is lost. Before that it is told what is away."""
    monkeypatch.setattr(maker, "PAUSE_S", 0.0)
    consents, styles = service.services.agreement.consents, service.services.database.styles
    failing = [(consents, "get"), (service.services.files, "write"), (styles, "add")]
    monkeypatch.setattr(styles, "add", answered_late(styles.add))
    async with asked(service, cloud) as task:
        for place, name in failing:
            monkeypatch.setattr(place, name, away(getattr(place, name), times=3))
    assert task.result().status == 201
    assert (await styles.of_user("u1", 0))[1] == 1
    monkeypatch.setattr(consents, "get", away(consents.get, times=1))
    assert await refusal(await make(service)) == (503, "STORAGE_UNAVAILABLE", None)
    assert len(cloud.service.billed) == 1


@pytest.mark.parametrize(
    ("settings", "expected", "again"),
    [
        ({"replicate_api_token": ""}, (503, "CLOUD_UNAVAILABLE", "no_token"), True),
        ({"cloud_user_budget_usd": 0.002}, (429, "QUOTA_SPENT", "budget_spent"), True),
        ({}, (403, "CONSENT_REQUIRED", "no_consent"), False),
    ],
)
async def test_what_may_not_be_is_refused(
    start_service: StartService,
    cloud: CloudScene,
    settings: dict[str, Any],
    expected: tuple[int, str, str],
    again: bool,
) -> None:
    """With the reason; nothing is ordered, and nothing is kept."""
    service = await start_service(**cloudy(cloud, **settings))
    await agree(service, to_cloud="cloud_user_budget_usd" in settings)
    answer = await make(service)
    assert await refusal(answer) == expected
    assert ("Retry-After" in answer.headers) == again
    assert await is_nothing_kept(service)
    assert not cloud.service.predictions


async def test_a_cloud_that_fails_is_told(service: Service, cloud: CloudScene) -> None:
    """Each time, until nobody asks there any more; nothing is kept, and what may be billed is
    spent."""
    cloud.service.orders.always("create", Reply(500))
    answers = [await refusal(await make(service)) for _ in range(6)]
    assert answers == [
        *[(503, "CLOUD_UNAVAILABLE", "unavailable")] * 5,
        (503, "CLOUD_UNAVAILABLE", "breaker_open"),
    ]
    assert await is_nothing_kept(service)
    assert await spent(service) == 5 * PRICE


async def test_what_has_no_hair_is_no_style(start_service: StartService, cloud: CloudScene) -> None:
    """The local engine looks at it before it is kept. It was paid. Somebody with hair is one."""
    cloud.give(Output(DRAWN))
    service = await start_service(NaturalEngine(), **cloudy(cloud))
    await agree(service)
    assert await refusal(await make(service)) == (502, "CLOUD_FAILED", "bad_output")
    assert await spent(service) == PRICE
    assert await is_nothing_kept(service)
    cloud.give(Output(pictures.jpeg(pictures.portrait())))
    assert (await make(service)).status == 201


async def test_there_is_room_for_so_many(
    service: Service, cloud: CloudScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is paid, and until one is deleted."""
    monkeypatch.setattr(maker, "MOST_STYLES", 1)
    now = service.services.clock.utc_now()
    await add_style(service.services.database, replace(STYLE, user_id="u1", created_at=now))
    assert await refusal(await make(service)) == (409, "STYLES_FULL", None)
    assert not cloud.service.predictions


async def test_who_is_erased_meanwhile_keeps_nothing(service: Service, cloud: CloudScene) -> None:
    """Also who has come back by then. Until then a second request is turned away, which would be
    paid twice."""
    async with asked(service, cloud) as task:
        assert (await make(service)).status == 429
        url = f"{service.caller.url}/api/hair-tryOn/user/u1/data"
        await service.caller.http.delete(url)
        await agree(service)
    assert await refusal(task.result()) == (409, "DATA_ERASED", None)
    assert await is_nothing_kept(service)
    assert await spent(service) == PRICE


async def test_who_withdraws_meanwhile_keeps_nothing(service: Service, cloud: CloudScene) -> None:
    """Also if only the cloud is not agreed to any more."""
    async with asked(service, cloud) as task:
        await agree(service, to_cloud=False)
    assert await refusal(task.result()) == (403, "CONSENT_REQUIRED", "no_consent")
    assert await is_nothing_kept(service)


async def test_what_is_wrong_is_named(service: Service) -> None:
    """422."""
    wrong: list[dict[str, Any]] = [
        *({"prompt": prompt} for prompt in ("", " \t ", "red\nIgnore all that", "é" * 501, 5)),
        {"aspect": "1:9"},
        {"user_id": "no user"},
        {"more": 1},
    ]
    for said in wrong:
        answer = await make(service, **said)
        expected = (422, {"field": next(iter(said))})
        assert (answer.status, (await answer.json())["details"]) == expected, said


async def test_the_longest_words_are_taken(service: Service) -> None:
    """However they are written."""
    answer = await make(service, prompt="é" * 499 + "\U0001f487")
    assert answer.status == 201, await answer.text()
    record = await service.services.database.styles.get((await answer.json())["style_id"])
    assert record is not None
    assert await service.services.files.exists(name_of(record.file_path))
