"""Snapshots of live sessions in full quality: of the session's own frames, while it goes on."""

import asyncio
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pytest
from aiohttp import ClientResponse

from media.codec import decode_frame
from server.cloud import salon
from storage.records import SessionStatus
from tests import pictures
from tests.integration.client import LiveClient
from tests.integration.cloud import CloudScene, cloud
from tests.integration.service import Service, StartService, eventually
from tests.integration.test_cloud_budget import QuickCutter
from tests.integration.test_try_on import form, picture, refusal
from tests.integration.test_try_on_cloud import PHOTO, PRICE, agree, cloudy, spent
from tests.replicate.outputs import Output
from tests.replicate.predictions import Course
from tests.rtc import RtcClient, number_of

__all__ = ["cloud"]

COPPER = {"look": {"color": "copper"}}


async def snapshot(service: Service, session_id: str = "s1", **fields: Any) -> ClientResponse:
    """Ask for one, as PNG."""
    url = f"{service.caller.url}/api/hair-tryOn/sessions/{session_id}/snapshot"
    data, headers = form(image=None, look=None, **fields), {"Accept": "image/png"}
    return await service.caller.http.post(url, data=data, headers=headers)


async def snapshot_of(
    service: Service, client: LiveClient, frame: bytes, **fields: Any
) -> ClientResponse:
    """One of a client who sends this frame again and again."""
    asking = asyncio.create_task(snapshot(service, **fields))
    while not asking.done():
        assert (await client.process("1", frame))["type"] == "processed_frame"
    return await asking


async def test_the_next_frame_in_full_quality(service: Service) -> None:
    """With what the session wears, from the very bytes of the frame."""
    client = await service.caller.join()
    assert await refusal(await snapshot(service)) == (422, "INVALID_LOOK")
    await client.ask("set_look", **COPPER)
    frame = pictures.jpeg(pictures.noise(640, 480), 60)
    answer = await snapshot_of(service, client, frame)
    careful = decode_frame(frame, 10**6, fast=False)
    assert np.array_equal(await picture(answer), 255 - careful)
    assert (answer.headers["X-AI-Model"], answer.headers["X-Applied"]) == ("local", "color")
    assert answer.headers["Cache-Control"] == "no-store"


async def test_of_a_call(service: Service) -> None:
    """For which its frames are decoded once, though nothing is worn."""
    client = RtcClient(service.caller.http, service.caller.url)
    await client.connect()
    await eventually(lambda: len(client.pictures) > 3, 15.0)
    answer = await snapshot(service, engine="cloud", haircut="Bob")
    shown = await picture(answer)
    assert answer.headers["X-Fallback"] == "no_token"
    assert shown.shape[:2] == (240, 320)
    assert 0 < number_of(255 - shown) <= client.camera.number
    seen = len(client.pictures)
    await eventually(lambda: len(client.pictures) > seen + 3)
    await client.close()
    await service.settled()


async def test_whose_it_is(service: Service) -> None:
    """Nobody else's; and it is told where it is."""
    client = await service.caller.join()
    await client.ask("set_look", **COPPER)
    assert await refusal(await snapshot(service, user_id="u2")) == (404, "NOT_FOUND")
    assert await refusal(await snapshot(service, "s2")) == (404, "NOT_FOUND")
    assert await refusal(await snapshot(service, haircut="Bob")) == (422, "VALIDATION_FAILED")
    record = await service.document()
    for status, expected in [
        (SessionStatus.ACTIVE, (409, "SESSION_ELSEWHERE")),
        (SessionStatus.DISCONNECTED, (404, "NOT_FOUND")),
    ]:
        elsewhere = replace(record, session_id=f"s-{status}", status=status)
        await service.services.database.sessions.begin(elsewhere)
        assert await refusal(await snapshot(service, elsewhere.session_id)) == expected


async def test_one_at_a_time_and_none_without_a_frame(service: Service) -> None:
    """Who waits for a session that ends is told so, and at once."""
    client = await service.caller.join()
    await client.ask("set_look", **COPPER)
    session = service.live.find("s1", "u1")
    assert session is not None
    waiting = asyncio.create_task(snapshot(service))
    await eventually(lambda: session.shots.is_taken)
    assert await refusal(await snapshot(service)) == (429, "RATE_LIMITED")
    await client.close()
    assert await refusal(await waiting) == (409, "NO_FRAME")


async def test_hair_is_cut_in_the_cloud(
    start_service: StartService, cloud: CloudScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And coloured here, while the session goes on; what the cloud may not do is made here."""
    monkeypatch.setattr(salon, "Cutter", QuickCutter)
    cloud.give(Output(PHOTO))
    service = await start_service(**cloudy(cloud))
    await agree(service)
    client = await service.caller.join()
    await client.ask("set_look", **COPPER)

    async def ask() -> ClientResponse:
        return await snapshot_of(service, client, PHOTO, engine="cloud", haircut="Bob")

    course = cloud.service.course
    cloud.service.course = replace(course, runs_s=inf)
    asking = asyncio.create_task(ask())
    await eventually(lambda: bool(cloud.service.predictions))
    session = service.live.find("s1", "u1")
    assert session is not None
    delivered = session.figures().delivered
    await eventually(lambda: session.figures().delivered > delivered)
    for id_, prediction in cloud.service.predictions.items():
        cloud.service.predictions[id_] = replace(prediction, course=course)
    answer = await asking
    assert (answer.status, answer.headers["X-AI-Model"]) == (200, "replicate")
    assert answer.headers["X-Applied"] == "haircut, color"
    assert (await picture(answer)).shape == (512, 512, 3)
    await agree(service, to_cloud=False)
    answer = await ask()
    assert (answer.headers["X-AI-Model"], answer.headers["X-Fallback"]) == ("local", "no_consent")


@pytest.mark.parametrize(("course", "paid"), [(Course(inf), 0), (Course(0.0, inf), 1)])
async def test_what_nobody_waits_for_is_called_off(
    start_service: StartService,
    cloud: CloudScene,
    monkeypatch: pytest.MonkeyPatch,
    course: Course,
    paid: int,
) -> None:
    """Nobody else can have it. Its place is others'; what may be billed is spent."""
    monkeypatch.setattr(salon, "Cutter", QuickCutter)
    service = await start_service(**cloudy(cloud, cloud_places=1))
    await agree(service)
    cloud.service.course = course
    client = await service.caller.join()
    asked = asyncio.create_task(snapshot(service, engine="cloud", haircut="Bob"))
    while not cloud.service.count("get"):
        await client.process("1", PHOTO)
    asked.cancel()
    session = service.live.find("s1", "u1")
    assert session is not None
    await eventually(lambda: not session.shots.is_taken)
    assert cloud.service.statuses() == ["canceled"]
    cloud.give(Output(PHOTO))
    answer = await snapshot_of(service, client, PHOTO, engine="cloud", haircut="Bob")
    assert answer.headers["X-AI-Model"] == "replicate"
    assert await spent(service) == (paid + 1) * PRICE
