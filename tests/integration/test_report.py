"""The report's section 4.1: its documents, field by field, and its statuses."""

from typing import Any

import pytest
from aiohttp import FormData

from processing.local.classic.engine import ClassicEngine
from tests import pictures
from tests.films import film
from tests.integration.service import StartService
from tests.integration.test_upload import form
from tests.integration.videos import Videos

UPLOADED = {
    "upload_id": "uuid-string",
    "status": "uploaded",
    "frame_count": 150,
    "duration": 5.0,
    "created_at": "2024-01-01T00:00:00Z",
}
ACCEPTED = {
    "result_id": "uuid-string",
    "status": "processing",
    "estimated_time": 30,
    "created_at": "2024-01-01T00:00:00Z",
}
RESULT = {
    "result_id": "uuid-string",
    "status": "completed",
    "video_url": "/uploads/result_uuid.mp4",
    "processing_time": 25.5,
    "frame_count": 75,
    "created_at": "2024-01-01T00:00:00Z",
    "completed_at": "2024-01-01T00:00:30Z",
}
HISTORY = {
    "results": [
        {
            "result_id": "uuid-string",
            "status": "completed",
            "video_url": "/uploads/result.mp4",
            "thumbnail_url": "/uploads/thumb.jpg",
            "created_at": "2024-01-01T00:00:00Z",
        }
    ],
    "total": 25,
    "limit": 10,
    "offset": 0,
}
HEALTH = {
    "status": "healthy",
    "service": "hair-tryOn-service",
    "version": "1.0.0",
    "uptime": 3600,
    "mongodb": "connected",
    "ai_model": "ready",
}
"""As they stand in the report."""


def assert_like(document: Any, sample: Any, place: str = "") -> None:
    """The document has all of the sample's fields, with values of the same kind."""
    assert type(document) is type(sample), f"{place}: {document!r}"
    if isinstance(sample, dict):
        for name, value in sample.items():
            assert name in document, f"{place}.{name} is missing"
            assert_like(document[name], value, f"{place}.{name}")
            if name.endswith("_at"):
                assert document[name].endswith("Z")
            if name.endswith("_url"):
                assert document[name].startswith("/uploads/")
    elif isinstance(sample, list):
        for one in document:
            assert_like(one, sample[0], f"{place}[]")


@pytest.fixture
async def videos(start_service: StartService) -> Videos:
    service = await start_service(ClassicEngine())
    return Videos(service.caller.http, service.caller.url)


async def test_the_documents(videos: Videos) -> None:
    """From the upload to the history; the first two and the history have no fields besides, but
    for those that are named here."""
    http, url = videos.http, videos.url
    upload = await http.post(f"{url}/upload-video", data=form(film()))
    uploaded = await upload.json()
    assert upload.status == 200
    assert_like(uploaded, UPLOADED)
    assert set(uploaded) == set(UPLOADED)
    order = await videos.order(uploaded["upload_id"])
    accepted = await order.json()
    assert order.status == 202
    assert_like(accepted, ACCEPTED)
    assert set(accepted) == set(ACCEPTED) | {"estimated_cost_usd"}
    await videos.ended(accepted["result_id"])
    result = await http.get(f"{url}/result/{accepted['result_id']}?user_id=u1")
    assert result.status == 200
    assert_like(await result.json(), RESULT)
    history = await (await http.get(f"{url}/history/u1?limit=10&offset=0")).json()
    assert_like(history, HISTORY)
    assert set(history) == set(HISTORY) | {"next_cursor"}
    item = set(HISTORY["results"][0])  # type: ignore[index]
    assert set(history["results"][0]) == item | {"signed_thumbnail_url", "ai_model", "fallback"}
    health = await (await http.get(f"{url}/health")).json()
    assert_like(health, HEALTH)


async def test_the_statuses(videos: Videos) -> None:
    """The errors that section 4.1 names, each with the status that it names."""
    http, url = videos.http, videos.url
    upload_id = await videos.upload()
    result_id = await videos.ordered(upload_id)
    bad_image = {"style_image": b"no image"}
    statuses = {
        "invalid video format": await http.post(f"{url}/upload-video", data=form(b"none")),
        "upload not found": await videos.order("none"),
        "invalid style image": await videos.order(upload_id, files=bad_image),
        "result not found": await http.get(f"{url}/result/none?user_id=u1"),
        "unauthorized access": await http.get(f"{url}/result/{result_id}?user_id=u2"),
        "no form": await http.post(f"{url}/process-video", data=b"{}"),
    }
    assert {name: answer.status for name, answer in statuses.items()} == {
        "invalid video format": 400,
        "upload not found": 404,
        "invalid style image": 400,
        "result not found": 404,
        "unauthorized access": 403,
        "no form": 400,
    }
    await videos.ended(result_id)


async def test_the_report_has_no_look(videos: Videos) -> None:
    """Its clients send a style image alone; a colour image may come with it."""
    data = FormData(default_to_multipart=True)
    data.add_field("upload_id", await videos.upload())
    data.add_field("user_id", "u1")
    photo = pictures.jpeg()
    for name in ("style_image", "color_image"):
        data.add_field(name, photo, filename=f"{name}.jpg", content_type="image/jpeg")
    answer = await videos.http.post(f"{videos.url}/process-video", data=data)
    assert answer.status == 202
    ended = await videos.ended((await answer.json())["result_id"])
    assert ended["status"] == "completed"
