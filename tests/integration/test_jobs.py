"""Jobs in the service's own process: from the order to the file, and every way they may end."""

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest

from processing.local.classic.engine import ClassicEngine
from server.jobs import lifetime
from storage.records import UploadStatus
from tests import pictures
from tests.films import Recipe, film
from tests.integration.held import FRAMES, Change, Held, videos_of
from tests.integration.service import Service, StartService, eventually
from tests.integration.videos import Videos


@pytest.fixture
async def service(start_service: StartService) -> Service:
    """A service with an engine that its children have too."""
    return await start_service(ClassicEngine())


@pytest.fixture
async def videos(service: Service) -> Videos:
    return videos_of(service)


def kinds(service: Service) -> list[str]:
    """The kinds of all files that are kept."""
    folder = service.services.settings.data_dir / "objects"
    return sorted(path.name.partition("_")[0] for path in folder.rglob("*") if path.is_file())


async def uploaded(service: Service, videos: Videos, data: bytes) -> tuple[str, str]:
    """An upload of this film: its id, and its file's name."""
    upload_id = await videos.upload(data)
    upload = await service.services.database.uploads.get(upload_id)
    assert upload is not None
    return upload_id, upload.file_path.rpartition("/")[2]


async def test_a_video_is_changed(service: Service, videos: Videos) -> None:
    """Ordered, made by a process of its own, watched to its end, and fetched."""
    upload_id = await videos.upload()
    answer = await videos.order(upload_id)
    order = await answer.json()
    assert answer.status == 202
    assert set(order) == {
        "result_id", "status", "estimated_time", "estimated_cost_usd", "created_at",
    }  # fmt: skip
    assert order["status"] in ("queued", "processing")
    assert order["estimated_time"] >= 1
    result = await videos.ended(order["result_id"])
    assert result["status"] == "completed"
    assert (result["frame_count"], result["sampled_frames"]) == (FRAMES, FRAMES // 2)
    assert (result["ai_model"], result["error_message"]) == ("local", None)
    assert (result["keyframes"], result["cost_usd"], result["fallback"]) == (0, 0, None)
    assert 0 < result["processing_time"] < 30
    status, data, headers = await videos.file(result["video_url"])
    assert (status, headers["Content-Type"]) == (200, "video/mp4")
    with av.open(BytesIO(data), "r") as container:
        assert len(list(container.decode(video=0))) == FRAMES
    status, data, headers = await videos.file(result["thumbnail_url"])
    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    upload = await service.services.database.uploads.get(upload_id)
    assert upload is not None
    assert upload.status is UploadStatus.COMPLETED


async def test_a_file_is_sent_in_parts(videos: Videos) -> None:
    """A browser seeks by Range, and does not fetch what it has."""
    result = await videos.ended(await videos.ordered(await videos.upload()))
    _, whole, headers = await videos.file(result["video_url"])
    status, part, _ = await videos.file(result["video_url"], Range="bytes=10-19")
    assert (status, part) == (206, whole[10:20])
    etag = {"If-None-Match": headers["ETag"]}
    assert (await videos.file(result["video_url"], **etag))[0] == 304


@pytest.mark.parametrize(
    "address",
    [
        "/uploads/",
        "/uploads/..%2f..%2fhair-tryon.sqlite3",
        "/uploads/result_00000000-0000-0000-0000-000000000000.mp4",
        "/uploads/style_00000000-0000-0000-0000-000000000000.jpg",
    ],
)
async def test_other_files_are_not_there(videos: Videos, address: str) -> None:
    """What nobody was told of, and what is above the folder."""
    assert (await videos.file(address))[0] == 404


async def test_what_was_uploaded_is_not_given_out(service: Service, videos: Videos) -> None:
    """The original is its owner's, who has it."""
    upload = await service.services.database.uploads.get(await videos.upload())
    assert upload is not None
    assert (await videos.file(upload.file_path))[0] == 404


async def test_photos_in_an_order(service: Service, videos: Videos) -> None:
    """They are kept small, without what came with them, and go with the result."""
    photo = {"style_image": pictures.jpeg(), "color_image": pictures.jpeg()}
    upload_id = await videos.upload()
    result_id = await videos.ordered(upload_id, files=photo, look='{"engine": "classic"}')
    assert (await videos.ended(result_id))["status"] == "completed"
    assert kinds(service) == ["color", "result", "style", "thumb", "upload"]
    assert await videos.delete(result_id) == (204, "")
    assert kinds(service) == ["upload"]
    assert (await videos.delete(result_id))[0] == 404


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"upload_id": None}, 422, "VALIDATION_FAILED"),
        ({"upload_id": "unknown"}, 404, "NOT_FOUND"),
        ({"user_id": "u2"}, 404, "NOT_FOUND"),
        ({"user_id": None}, 422, "INVALID_USER_ID"),
        ({"look": "{"}, 422, "INVALID_LOOK"),
        ({"look": None}, 422, "INVALID_LOOK"),
        ({"look": '{"color": "no such"}'}, 422, "INVALID_LOOK"),
        ({"sampling_rate": "0"}, 422, "VALIDATION_FAILED"),
        ({"sampling_rate": "1.01"}, 422, "VALIDATION_FAILED"),
        ({"sampling_rate": "half"}, 422, "VALIDATION_FAILED"),
        ({"sampling_rate": "nan"}, 422, "VALIDATION_FAILED"),
        ({"other": "x"}, 422, "VALIDATION_FAILED"),
        ({"files": {"style_image": b"no image"}}, 400, "INVALID_IMAGE"),
        ({"files": {"color_image": b""}}, 400, "EMPTY_IMAGE"),
        ({"key": "with space"}, 422, "VALIDATION_FAILED"),
        ({"key": "k" * 256}, 422, "VALIDATION_FAILED"),
    ],
)
async def test_wrong_orders_leave_nothing(
    service: Service, videos: Videos, fields: dict[str, Any], status: int, code: str
) -> None:
    """The right status and code, no record and no file."""
    upload_id = await videos.upload()
    before = kinds(service)
    answer = await videos.order(fields.pop("upload_id", upload_id), **fields)
    assert (answer.status, (await answer.json())["error"]) == (status, code)
    assert kinds(service) == before
    assert await service.services.database.results.history("u1", 10, 0) == ([], 0)


async def test_others_results_are_forbidden(videos: Videos) -> None:
    """403 for another's, 404 for none, 422 for who does not say who asks."""
    result_id = await videos.ordered(await videos.upload())
    for method in (videos.http.get, videos.http.delete):
        for name, query, status in (
            (result_id, {"user_id": "u2"}, 403),
            ("none", {"user_id": "u1"}, 404),
            (result_id, {}, 422),
            (result_id, {"user_id": "a b"}, 422),
        ):
            answer = await method(f"{videos.url}/result/{name}", params=query)
            assert answer.status == status
    await videos.ended(result_id)


async def test_the_history_is_in_pages(held: Held) -> None:
    """The fields of section 4.1, the latest first, and nothing of others."""
    videos = held.videos
    upload_id = await videos.upload()
    ids = [await videos.ordered(upload_id) for _ in range(3)]
    page = await (await videos.http.get(f"{videos.url}/history/u1?limit=2&offset=1")).json()
    assert [item["result_id"] for item in page["results"]] == [ids[1], ids[0]]
    assert set(page) == {"results", "total", "limit", "offset", "next_cursor"}
    assert set(page["results"][0]) == {
        "result_id", "status", "video_url", "thumbnail_url", "signed_thumbnail_url", "ai_model",
        "fallback", "created_at",
    }  # fmt: skip
    assert (page["total"], page["limit"], page["offset"]) == (3, 2, 1)
    other = await (await videos.http.get(f"{videos.url}/history/u2")).json()
    assert other == {
        "results": [], "total": 0, "limit": 10, "offset": 0, "next_cursor": None
    }  # fmt: skip


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "offset=-1", "offset=²"])
async def test_wrong_pages_are_told(videos: Videos, query: str) -> None:
    """Naming what was wrong."""
    answer = await videos.http.get(f"{videos.url}/history/u1?{query}")
    assert answer.status == 422
    assert query.split("=", maxsplit=1)[0] in (await answer.json())["message"]


async def test_the_same_order_again_is_one_job(held: Held) -> None:
    """With an Idempotency-Key; another order under the same key is refused."""
    videos, upload_id = held.videos, await held.videos.upload()
    first = await videos.order(upload_id, key="k1", files={"style_image": pictures.jpeg()})
    again = await videos.order(upload_id, key="k1", files={"style_image": pictures.jpeg()})
    assert (await first.json())["result_id"] == (await again.json())["result_id"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    other = await videos.order(upload_id, key="k1")
    assert (other.status, (await other.json())["error"]) == (422, "VALIDATION_FAILED")
    assert kinds(held.service).count("style") == 1


async def test_processing_twice_makes_two_results(held: Held) -> None:
    """An upload may be tried with many looks."""
    videos, upload_id = held.videos, await held.videos.upload()
    ids = {await videos.ordered(upload_id) for _ in range(2)}
    held.change.outcome.set_result(None)
    assert len(ids) == 2
    assert {(await videos.ended(one))["status"] for one in ids} == {"completed"}


async def test_the_queue_is_bounded(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user who has enough gets 429, and when all is full everybody 503; with Retry-After."""
    change = Change()
    monkeypatch.setattr(lifetime, "Workshop", lambda _timeout_s: change)
    service = await start_service(ClassicEngine(), max_queued_jobs=3, max_user_queued_jobs=2)
    videos = videos_of(service)
    upload_id = await videos.upload()
    for _ in range(2):
        await videos.ordered(upload_id)
    before = kinds(service)
    photo = {"style_image": pictures.jpeg()}
    too_many = await videos.order(upload_id, files=photo)
    assert (too_many.status, (await too_many.json())["error"]) == (429, "RATE_LIMITED")
    assert too_many.headers["Retry-After"]
    other = await videos.upload(user_id="u2")
    await videos.ordered(other, user_id="u2")
    third = await videos.upload(user_id="u3")
    full = await videos.order(third, user_id="u3", files=photo)
    assert (full.status, (await full.json())["error"]) == (503, "SERVER_FULL")
    assert full.headers["Retry-After"]
    assert len(kinds(service)) == len(before) + 2


async def test_progress_is_told(held: Held) -> None:
    """While it is made: how many frames are done, and of how many."""
    result_id = await held.videos.ordered(await held.videos.upload())
    document = await held.videos.until_frames(result_id, 5)
    assert document["status"] == "processing"
    assert (document["frames_done"], document["frames_total"]) == (5, FRAMES)
    assert (document["video_url"], document["processing_time"]) == (None, None)


async def test_a_job_is_cancelled(held: Held) -> None:
    """Its work is stopped, nothing of it stays, and the next one begins."""
    videos, upload_id = held.videos, await held.videos.upload()
    first, second = [await videos.ordered(upload_id) for _ in range(2)]
    await videos.until(first, "processing")
    status, text = await videos.delete(first)
    assert (status, '"status":"cancelled"' in text) == (200, True)
    await videos.until(second, "processing")
    held.change.outcome.set_result(None)
    await videos.ended(second)
    assert (await videos.result(first))["status"] == "cancelled"
    assert held.change.begun == 2
    upload = await held.service.services.database.uploads.get(upload_id)
    assert upload is not None
    assert upload.status is UploadStatus.COMPLETED
    assert kinds(held.service).count("result") == 1
    assert (await videos.delete(first))[0] == 204


async def test_cancelling_deletes_nothing(held: Held) -> None:
    """What is finished by then stays, and is told as it is."""
    videos = held.videos
    first, second = [await videos.ordered(await videos.upload()) for _ in range(2)]
    for result_id, status in ((second, "cancelled"), (second, "cancelled"), (first, "completed")):
        if status == "completed":
            held.change.outcome.set_result(None)
            await videos.ended(first)
        address = f"{videos.url}/result/{result_id}/cancel"
        answer = await videos.http.post(address, params={"user_id": "u1"})
        assert (answer.status, (await answer.json())["status"]) == (200, status)
        assert (await videos.http.post(address, params={"user_id": "u2"})).status == 403
    assert (await videos.file((await videos.result(first))["video_url"]))[0] == 200


async def test_what_nobody_makes_any_more_is_swept(held: Held) -> None:
    """Folders of workers that died, of jobs that were cancelled or forgotten since."""
    result_id = await held.videos.ordered(await held.videos.upload())
    await eventually(lambda: held.change.begun == 1)
    working = held.service.services.settings.work_folder / "working"
    for name in (f"{result_id}.7", "none.1", "strange"):
        (working / name).mkdir()
    await eventually(lambda: [path.name for path in working.iterdir()] == [f"{result_id}.1"])


async def test_a_queued_job_is_cancelled(held: Held) -> None:
    """It never begins."""
    videos, upload_id = held.videos, await held.videos.upload()
    first, second = [await videos.ordered(upload_id) for _ in range(2)]
    assert (await videos.delete(second))[0] == 200
    assert (await videos.delete(first))[0] == 200
    upload = await held.service.services.database.uploads.get(upload_id)
    assert upload is not None
    assert upload.status is UploadStatus.UPLOADED
    held.change.outcome.set_result(None)
    await videos.ended(first)
    await asyncio.sleep(0.1)
    assert held.change.begun <= 1


async def test_a_stop_hands_jobs_back(held: Held, start_service: StartService) -> None:
    """And the next start takes them up, as if they had not been begun."""
    result_id = await held.videos.ordered(await held.videos.upload())
    await eventually(lambda: held.change.begun == 1)
    await held.service.runner.cleanup()
    held.change.outcome.set_result(None)
    again = await start_service(ClassicEngine())
    record = await again.services.database.results.get(result_id)
    assert record is not None
    document = await videos_of(again).ended(result_id)
    assert document["status"] == "completed"
    assert held.change.begun == 2
    record = await again.services.database.results.get(result_id)
    assert record is not None
    assert record.attempts == 1


async def test_a_real_child_that_cannot_read_the_film(service: Service, videos: Videos) -> None:
    """One that is another than was examined."""
    data = film(Recipe(frames=60, width_px=320, height_px=240))
    upload_id, name = await uploaded(service, videos, data)
    await service.services.files.write(name, data[:3000])
    document = await videos.ended(await videos.ordered(upload_id))
    assert document["status"] == "failed"
    assert document["error_message"].startswith("The video cannot be used: ")
    assert str(service.services.settings.work_folder) not in document["error_message"]


async def test_of_a_job_cancelled_at_its_end_nothing_stays(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While its files are put in their places: its lease is lost then."""
    files, result_id = held.service.services.files, ""
    put = files.put

    async def cancelled(name: str, path: Path) -> None:
        await put(name, path)
        if name.startswith("result"):
            assert (await held.videos.delete(result_id))[0] == 200
            await asyncio.sleep(30)

    upload_id = await held.videos.upload()
    monkeypatch.setattr(files, "put", cancelled)
    result_id = await held.videos.ordered(upload_id)
    held.change.outcome.set_result(None)
    assert (await held.videos.ended(result_id))["status"] == "cancelled"
    await eventually(lambda: "result" not in kinds(held.service))
