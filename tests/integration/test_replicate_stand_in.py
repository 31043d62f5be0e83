"""The stand-in speaks Replicate's API as documented, where nothing tells it to fail."""

import asyncio
from collections.abc import AsyncIterator
from math import inf
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.fakes import ManualClock
from tests.integration.service import eventually
from tests.replicate.predictions import Course
from tests.replicate.service import TOKEN, ReplicateService

BY_MODEL = "/v1/models/owner/name/predictions"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def service(clock: ManualClock) -> AsyncIterator[ReplicateService]:
    service = await ReplicateService(clock).start()
    yield service
    await service.stop()


@pytest.fixture
async def api(service: ReplicateService) -> AsyncIterator[ClientSession]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with ClientSession(service.url, headers=headers) as http:
        yield http


async def _post(http: ClientSession, path: str, body: Any = None, **headers: str) -> Any:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    async with http.post(path, json=body or {"input": {}}, headers=given) as answer:
        return answer.status, await answer.json()


async def test_prediction(
    api: ClientSession, service: ReplicateService, clock: ManualClock
) -> None:
    """Made, looked at while it starts, runs and is over; its data gone after an hour."""
    service.course = Course(starts_after_s=1.0, runs_s=1.0, output="https://out")
    status, made = await _post(api, BY_MODEL)
    assert (status, made["status"], made["model"]) == (201, "starting", "owner/name")
    seen = []
    for seconds in (1.0, 1.0, 3600.0):
        clock.advance(seconds)
        async with api.get(made["urls"]["get"].removeprefix(service.url)) as answer:
            told = await answer.json()
        seen.append((told["status"], told["output"]))
    assert seen == [("processing", None), ("succeeded", "https://out"), ("succeeded", None)]
    assert service.billed == [made["id"]]


async def test_held_until_it_is_over(
    api: ClientSession, service: ReplicateService, clock: ManualClock
) -> None:
    """``Prefer: wait`` holds the answer, though not for ever."""
    service.course = Course(runs_s=5.0)
    held = asyncio.create_task(_post(api, BY_MODEL, Prefer="wait"))
    cut = asyncio.create_task(_post(api, BY_MODEL, Prefer="wait=1"))
    await eventually(lambda: len(service.predictions) == 2)
    clock.advance(1.0)
    assert (await cut)[1]["status"] == "processing"
    assert not held.done()
    clock.advance(4.0)
    assert (await held)[1]["status"] == "succeeded"


async def test_ended(api: ClientSession, service: ReplicateService, clock: ManualClock) -> None:
    """By whoever made it, or by its deadline; what never ran is not billed."""
    service.course = Course(starts_after_s=inf)
    _, made = await _post(api, BY_MODEL)
    _, ended = await _post(api, f"/v1/predictions/{made['id']}/cancel")
    assert (ended["status"], ended["started_at"]) == ("canceled", None)
    await _post(api, BY_MODEL, Cancel_After="1m")
    clock.advance(60.0)
    assert service.statuses() == ["canceled", "aborted"]
    assert service.billed == []


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/v1/predictions", {"input": {}}, (422, "Input validation failed")),
        ("/v1/predictions/p9/cancel", {}, (404, "Not found")),
        ("/v1/models/no/model/predictions", {"input": {"photo": "data:"}}, (404, "Not found")),
        (BY_MODEL, {"input": {}}, (422, "Input validation failed")),
    ],
)
async def test_rules(
    api: ClientSession, service: ReplicateService, path: str, body: Any, told: tuple[int, str]
) -> None:
    """Each error has a title, and its status again in the body."""
    service.models, service.required = frozenset({"owner/name"}), ("photo",)
    status, answer = await _post(api, path, body)
    assert (status, answer["title"]) == told
    assert answer["status"] == status


async def test_token(service: ReplicateService, http: ClientSession) -> None:
    """Without it nothing is to be had."""
    status, told = await _post(http, service.url + BY_MODEL)
    assert (status, told["title"]) == (401, "Unauthenticated")
