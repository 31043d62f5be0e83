"""A photo by HTTP: in as a form, out as a picture, with clear words where that cannot be."""

import asyncio
import gzip
import threading
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from aiohttp import ClientResponse, FormData
from PIL import Image

from media.codec import decode_photo
from media.frame import Picture
from processing.local.natural.engine import NaturalEngine
from tests import pictures
from tests.engines import FussyEngine, gated, raising
from tests.integration.service import Service, StartService, eventually

PATH = "/api/hair-tryOn/try-on"
LOOK = '{"color": "copper"}'
MAX_PX = 10**7


def form(**fields: Any) -> FormData:
    """A form: bytes are files, text is text; without more, a gradient in copper."""
    values = {"image": pictures.jpeg(), "user_id": "u1", "look": LOOK, **fields}
    data = FormData(default_to_multipart=True)
    for name, value in values.items():
        if isinstance(value, bytes):
            data.add_field(name, value, filename="any", content_type="image/jpeg")
        elif value is not None:
            data.add_field(name, value)
    return data


async def post(
    service: Service, data: object | None = None, headers: Mapping[str, str] | None = None
) -> ClientResponse:
    """Ask for a try-on."""
    url = service.caller.url + PATH
    return await service.caller.http.post(url, data=form() if data is None else data,
                                          headers=headers)  # fmt: skip


async def refusal(answer: ClientResponse) -> tuple[int, str]:
    """Status and code of an answer that is an error as all others."""
    body = await answer.json()
    assert body["type"] == "error"
    assert body["message"]
    return answer.status, body["error"]


async def picture(answer: ClientResponse) -> Picture:
    """The picture in an answer."""
    assert answer.status == 200, await answer.text()
    return decode_photo(await answer.read(), MAX_PX)


async def test_the_changed_photo_comes_back_in_full_size(service: Service) -> None:
    """As large as it was sent, changed by the engine, not to be kept by anybody on the way."""
    sent = pictures.noise(700, 400)
    answer = await post(service, form(image=pictures.encoded(pictures.pillow(sent), "PNG")),
                        {"Accept": "image/png"})  # fmt: skip
    assert np.array_equal(await picture(answer), 255 - sent)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-AI-Model"] == "local"
    assert answer.headers["X-Applied"] == "color"
    assert "total;dur=" in answer.headers["Server-Timing"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "jpeg"),
        ("*/*", "jpeg"),
        ("image/png", "png"),
        ("image/webp", "webp"),
        ("text/html, image/*;q=0.5", "jpeg"),
        ("image/jpeg;q=0.5, image/webp", "webp"),
    ],
)
async def test_the_client_chooses_the_kind_of_picture(
    service: Service, accept: str | None, kind: str
) -> None:
    """What Accept likes best is sent, and it is what its type says."""
    answer = await post(service, headers={"Accept": accept} if accept else None)
    assert answer.status == 200
    assert answer.content_type == f"image/{kind}"
    assert Image.open(BytesIO(await answer.read())).format == kind.upper()


@pytest.mark.parametrize("accept", ["text/html", "image/avif", "image/png;q=0", "nonsense"])
async def test_what_cannot_be_made_is_said_before_work(service: Service, accept: str) -> None:
    """406 where no kind of picture would do."""
    answer = await post(service, headers={"Accept": accept})
    assert await refusal(answer) == (406, "NOT_ACCEPTABLE")


async def test_photo_is_turned_upright_and_its_metadata_dropped(service: Service) -> None:
    """A phone's sideways photo comes back upright, without place, camera or date."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    sent = pictures.encoded(pictures.pillow(pictures.gradient(80, 40)), "JPEG", exif=exif)
    answer = await post(service, form(image=sent))
    image = Image.open(BytesIO(await answer.read()))
    assert image.size == (40, 80)
    assert not image.getexif()
    assert "exif" not in image.info


async def test_reference_photos_are_worn(start_service: StartService) -> None:
    """A style and a colour photo do without a look; what cannot be used of them is said."""
    service = await start_service(FussyEngine())
    answer = await post(service, form(look=None, style_image=pictures.jpeg()))
    assert answer.status == 200
    assert answer.headers["X-Applied"] == "color"
    assert answer.headers["X-Heads"] == "1"
    black, white = (pictures.jpeg(pictures.solid(*(level,) * 3)) for level in (0, 255))
    nobody = await post(service, form(look=None, color_image=black))
    assert await refusal(nobody) == (422, "NO_PERSON")
    bald = await post(service, form(look=None, style_image=white))
    assert await refusal(bald) == (422, "NO_HAIR")


async def test_photo_of_nobody_is_told_so(start_service: StartService) -> None:
    """Nothing would change: the client learns why, and what to try."""
    engine = FussyEngine()
    engine.heads = 0
    answer = await post(await start_service(engine))
    assert "Try a photo" in (await answer.json())["message"]
    assert await refusal(answer) == (422, "NO_PERSON")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"image": None}, 422, "VALIDATION_FAILED"),
        ({"image": "text"}, 422, "VALIDATION_FAILED"),
        ({"image": b""}, 400, "EMPTY_IMAGE"),
        ({"image": b"no picture"}, 400, "INVALID_IMAGE"),
        ({"image": pictures.truncated_jpeg()}, 400, "INVALID_IMAGE"),
        ({"image": pictures.huge_jpeg_header()}, 413, "IMAGE_TOO_LARGE"),
        ({"style_image": b"no picture"}, 400, "INVALID_IMAGE"),
        ({"color_image": b"no picture"}, 400, "INVALID_IMAGE"),
        ({"user_id": None}, 422, "INVALID_USER_ID"),
        ({"user_id": "a b"}, 422, "INVALID_USER_ID"),
        ({"user_id": b"u1"}, 422, "INVALID_USER_ID"),
        ({"look": None}, 422, "INVALID_LOOK"),
        ({"look": "no json"}, 422, "INVALID_LOOK"),
        ({"look": "[]"}, 422, "INVALID_LOOK"),
        ({"look": '{"color": "nope"}'}, 422, "INVALID_LOOK"),
        ({"look": '{"engine": "nope"}'}, 422, "INVALID_LOOK"),
        ({"look": '{"color": "copper", "intensity": 2}'}, 422, "INVALID_LOOK"),
        ({"look": '{"color": "copper", "intensity": 0}'}, 422, "INVALID_LOOK"),
        ({"look": b"\xff"}, 422, "INVALID_LOOK"),
        ({"look": "x" * 20_000}, 413, "FILE_TOO_LARGE"),
        ({"other": "field"}, 422, "VALIDATION_FAILED"),
    ],
)
async def test_bad_fields_are_refused_by_name(
    service: Service, fields: Mapping[str, Any], status: int, code: str
) -> None:
    """Status, code, and the field at fault; nothing of the service's inside."""
    answer = await post(service, form(**fields))
    assert (await answer.json())["message"].startswith(next(iter(fields)))
    assert await refusal(answer) == (status, code)


async def test_a_field_that_is_there_twice_is_refused(service: Service) -> None:
    """Nobody guesses which of the two was meant."""
    data = form()
    data.add_field("user_id", "u2")
    assert await refusal(await post(service, data)) == (422, "INVALID_USER_ID")


NAMELESS = b"Content-Disposition: form-data\r\n\r\nabc\r\n--B--"
CUT_OFF = b'Content-Disposition: form-data; name="image"; filename="a"\r\n\r\nabc'
NESTED = b"Content-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\n\r\nx\r\n--C--\r\n--B--"


@pytest.mark.parametrize(
    "body",
    [b"", b"xx", *(b"--B\r\n" + part for part in (NAMELESS, CUT_OFF, NESTED, b"no header"))],
)
async def test_a_malformed_form_is_refused(service: Service, body: bytes) -> None:
    """What is not as its header says is the client's fault, and said to be."""
    answer = await post(service, body, {"Content-Type": "multipart/form-data; boundary=B"})
    assert await refusal(answer) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "nonsense"],
)
async def test_what_is_no_form_is_refused(service: Service, content_type: str) -> None:
    """Another kind of body, or one without a boundary."""
    answer = await post(service, b"a=b", {"Content-Type": content_type})
    assert await refusal(answer) == (400, "INVALID_REQUEST")


async def test_too_large_a_file_ends_the_connection(start_service: StartService) -> None:
    """With its length told, or without: the rest is not read."""
    service = await start_service(max_photo_bytes=100_000)
    for image in (b"\xff" * 900_000, BytesIO(b"\xff" * 2_000_000)):
        data = FormData()
        data.add_field("image", image, filename="any")
        answer = await post(service, data)
        assert await refusal(answer) == (413, "FILE_TOO_LARGE")
        assert answer.headers["Connection"] == "close"


async def test_a_body_that_does_not_come_is_given_up(start_service: StartService) -> None:
    """408 after the time that a body may take."""
    service = await start_service(body_timeout_s=0.1)

    async def halting() -> Any:
        yield b"--B\r\n"
        await asyncio.sleep(5)

    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    answer = await post(service, halting(), headers)
    assert await refusal(answer) == (408, "INVALID_REQUEST")


async def test_no_more_photos_than_places(start_service: StartService) -> None:
    """Where all places are taken the client is told to come again, and it works afterwards."""
    gate = threading.Event()
    service = await start_service(gated(gate), max_photos=1)
    first = asyncio.ensure_future(post(service))
    await eventually(lambda: service.services.pool.busy == 1)
    answer = await post(service)
    assert await refusal(answer) == (503, "SERVER_FULL")
    assert int(answer.headers["Retry-After"]) > 0
    gate.set()
    assert (await first).status == 200
    assert (await post(service)).status == 200


async def test_a_slow_client_keeps_nobody_out(start_service: StartService) -> None:
    """Who sends a byte now and then takes a place among those who send, not among those served."""
    service = await start_service(max_photos=1)

    async def halting() -> Any:
        yield b"--B\r\n"
        await asyncio.sleep(30)

    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    slow = asyncio.ensure_future(post(service, halting(), headers))
    await asyncio.sleep(0.05)
    assert (await post(service)).status == 200
    slow.cancel()
    await asyncio.wait([slow])


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity"])
async def test_compressed_bodies_are_not_unpacked(service: Service, encoding: str) -> None:
    """A few bytes could be as many megabytes."""
    body = gzip.compress(b"\n" * 1_000_000)
    headers = {"Content-Type": "multipart/form-data; boundary=B", "Content-Encoding": encoding}
    answer = await post(service, BytesIO(body), headers)
    assert await refusal(answer) == (415, "INVALID_REQUEST")


async def test_lines_before_the_form_are_not_read_for_ever(service: Service) -> None:
    """Hundreds of thousands of them would hold up everybody's frames."""
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    answer = await post(service, BytesIO(b"\n" * 900_000), headers)
    assert await refusal(answer) == (400, "INVALID_REQUEST")
    assert answer.headers["Connection"] == "close"


async def test_an_engine_that_fails_tells_nothing(start_service: StartService) -> None:
    """500 without a word of what went wrong inside."""
    answer = await post(await start_service(raising()))
    body = await answer.json()
    assert (answer.status, body["error"]) == (500, "PROCESSING_FAILED")
    assert "secret" not in str(body)


async def test_hair_is_dyed_and_nothing_else(start_service: StartService) -> None:
    """The real engine, from form to PNG: what is no hair comes back bit for bit."""
    service = await start_service(NaturalEngine())
    sent = pictures.portrait()
    answer = await post(service, form(image=pictures.encoded(pictures.pillow(sent), "PNG")),
                        {"Accept": "image/png"})  # fmt: skip
    got = await picture(answer)
    changed = (got != sent).any(axis=2)
    assert answer.headers["X-Heads"] == "1"
    assert 0.02 < changed.mean() < 0.12
    assert not changed[:, :100].any()
    assert not changed[400:].any()
