"""Films by HTTP: what is one is kept and recorded, of what is none nothing is left."""

import asyncio
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, FormData

from media.film.kind import BrokenFilm
from server import examiner
from server.keys import FILMS
from storage.records import UploadStatus
from tests import pictures
from tests.films import Recipe, film
from tests.integration.service import Service, StartService, eventually

PATH = "/api/hair-tryOn/upload-video"


def form(video: bytes, name: str = "me.mp4", kind: str = "video/mp4", **fields: Any) -> FormData:
    """An upload of these bytes."""
    data = FormData(quote_fields=False, default_to_multipart=True)
    data.add_field("video", BytesIO(video), filename=name, content_type=kind)
    for field, value in {"user_id": "u1", **fields}.items():
        if value is not None:
            data.add_field(field, value)
    return data


async def post(service: Service, data: object, **options: Any) -> ClientResponse:
    """Upload it."""
    return await service.caller.http.post(service.caller.url + PATH, data=data, **options)


async def refusal(answer: ClientResponse) -> tuple[int, str]:
    """Status and code of an answer that is an error as all others."""
    body = await answer.json()
    assert body["type"] == "error"
    return answer.status, body["error"]


def kept(service: Service) -> list[Path]:
    """All files that the service has of its users."""
    folder = service.services.settings.data_dir
    folders = (folder / "objects", folder / "work")
    return [path for one in folders for path in one.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("recipe", "name", "kind"),
    [
        (Recipe(has_audio=True), "me.mp4", "video/mp4"),
        (Recipe(container="mov"), "IMG_1.MOV", "video/quicktime"),
        (Recipe(container="avi", codec="mpeg4"), "a.avi", "video/avi"),
        (Recipe(container="webm", codec="libvpx"), "a.webm", "video/webm"),
    ],
)
async def test_a_film_is_kept_and_recorded(
    service: Service, recipe: Recipe, name: str, kind: str
) -> None:
    """The answer is that of section 4.1, the record that of section 5.1, the file as it came but
    for the encryption."""
    data = film(recipe)
    answer = await post(service, form(data, f"films/{name}", kind))
    body = await answer.json()
    assert answer.status == 200
    assert set(body) == {"upload_id", "status", "frame_count", "duration", "created_at"}
    assert (body["status"], body["frame_count"]) == ("uploaded", 12)
    assert body["duration"] == pytest.approx(1, abs=0.1)
    record = await service.services.database.uploads.get(body["upload_id"])
    assert record is not None
    assert (record.user_id, record.filename) == ("u1", name)
    assert (record.format, record.status) == (recipe.container, UploadStatus.UPLOADED)
    assert record.file_size == len(data)
    (path,) = kept(service)
    assert record.file_path == f"/uploads/{path.name}"
    assert await service.services.files.read(path.name, len(data)) == data
    assert data[-100:] not in path.read_bytes()


async def test_fields_may_come_in_any_order(service: Service) -> None:
    """Some clients send the file first, some last."""
    data = FormData(default_to_multipart=True)
    data.add_field("user_id", "u1")
    data.add_field("video", BytesIO(film()), filename="a.mp4", content_type="video/mp4")
    assert (await post(service, data)).status == 200


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (form(b""), 400, "INVALID_VIDEO"),
        (form(pictures.jpeg()), 400, "INVALID_VIDEO"),
        (form(pictures.jpeg() + film()), 400, "INVALID_VIDEO"),
        (form(b"#EXTM3U\nfile:///etc/passwd"), 400, "INVALID_VIDEO"),
        (form(film()[:-200]), 400, "INVALID_VIDEO"),
        (form(film(), "me.mov"), 400, "INVALID_VIDEO"),
        (form(film(), "me.mp4", "image/jpeg"), 400, "INVALID_VIDEO"),
        (form(film(Recipe(has_pictures=False))), 400, "INVALID_VIDEO"),
        (form(film(Recipe(codec="mpeg4", frames=124, rate_fps=4))), 422, "VIDEO_TOO_LONG"),
        (form(film(Recipe(codec="mpeg4", width_px=4096, height_px=2304, frames=1))),
         422, "VIDEO_TOO_LARGE"),
        (form(film(), user_id=None), 422, "INVALID_USER_ID"),
        (form(film(), user_id="a b"), 422, "INVALID_USER_ID"),
        (form(film(), other="field"), 422, "VALIDATION_FAILED"),
    ],
)  # fmt: skip
async def test_what_is_refused_leaves_nothing(
    service: Service, data: FormData, status: int, code: str
) -> None:
    """The right status and code, and not a byte on the disk."""
    assert await refusal(await post(service, data)) == (status, code)
    assert kept(service) == []


async def test_too_large_a_file_is_refused_as_it_comes(start_service: StartService) -> None:
    """By its announced length at once, else as soon as it is too much; the connection ends."""
    service = await start_service(max_video_bytes=100_000)
    announced = await post(service, form(b"\0" * 1_000_000))
    assert announced.headers["Connection"] == "close"
    assert await refusal(announced) == (413, "FILE_TOO_LARGE")

    async def endless() -> Any:
        yield b'--B\r\nContent-Disposition: form-data; name="video"; filename="a.mp4"\r\n\r\n'
        for _ in range(1000):
            yield b"\0" * 10_000

    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    answer = await post(service, endless(), headers=headers)
    assert await refusal(answer) == (413, "FILE_TOO_LARGE")
    assert kept(service) == []


async def test_a_client_that_leaves_leaves_nothing(service: Service) -> None:
    """Gone in the middle of its file."""

    async def half() -> Any:
        yield b'--B\r\nContent-Disposition: form-data; name="video"; filename="a.mp4"\r\n\r\n'
        yield b"\0" * 100_000
        await asyncio.sleep(30)

    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    posting = asyncio.ensure_future(post(service, half(), headers=headers))
    await eventually(lambda: len(kept(service)) == 1)
    posting.cancel()
    await asyncio.wait([posting])
    await eventually(lambda: not kept(service))


async def test_a_database_that_fails_keeps_no_file(service: Service) -> None:
    """503, and no file without a record."""
    await service.services.database.close()
    assert await refusal(await post(service, form(film()))) == (503, "STORAGE_UNAVAILABLE")
    assert kept(service) == []


async def test_what_ends_or_hangs_its_examiner_is_no_film(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A decoder that crashes takes nobody along; one that hangs is ended."""
    films = service.app[FILMS]
    for script, words in (("exit 7", "cannot be read"), ("exec sleep 60", "too long")):
        program = tmp_path / "python"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))
        monkeypatch.setattr(examiner, "PATIENCE_S", 0.3)
        with pytest.raises(BrokenFilm, match=words):
            await films.examine(tmp_path / "any")


async def test_the_same_upload_again_is_kept_once(service: Service) -> None:
    """With an Idempotency-Key: the answer is the first one; another film under it is refused."""
    data, headers = film(), {"Idempotency-Key": "k1"}
    first = await post(service, form(data), headers=headers)
    again = await post(service, form(data), headers=headers)
    assert await first.json() == await again.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    other = await post(service, form(film(Recipe(frames=13))), headers=headers)
    assert await refusal(other) == (422, "VALIDATION_FAILED")
    assert (await post(service, form(data, user_id="u2"), headers=headers)).status == 200
    assert len(kept(service)) == 2
