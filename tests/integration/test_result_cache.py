"""The same order again: answered with the result that is there, and with nothing else."""

from typing import Any

import pytest
from pydantic import SecretStr

from processing.local.classic.engine import ClassicEngine
from server import result_cache
from server.result_cache import RESULT_CACHE
from storage.errors import StorageFailed
from tests import pictures
from tests.integration.held import Held, videos_of
from tests.integration.service import StartService

PHOTO = {"style_image": pictures.jpeg()}
OTHER_PHOTO = {"style_image": pictures.jpeg(pictures.noise(64, 48, seed=3))}


@pytest.fixture
async def made(held: Held) -> tuple[Held, str, str]:
    """A service that has made a video with a style photo; the upload and its result."""
    held.change.outcome.set_result(None)
    upload_id = await held.videos.upload()
    result_id = await held.videos.ordered(upload_id, files=PHOTO)
    await held.videos.ended(result_id)
    return held, upload_id, result_id


async def test_is_answered_with_what_was_made(made: tuple[Held, str, str]) -> None:
    """At once, without a job, and without another file."""
    held, upload_id, result_id = made
    answer = await held.videos.order(upload_id, files=PHOTO)
    order = await answer.json()
    assert (answer.status, answer.headers[RESULT_CACHE]) == (202, "hit")
    assert (order["result_id"], order["status"]) == (result_id, "completed")
    assert order["estimated_time"] == 0
    assert held.change.begun == 1
    _, total = await held.service.services.database.results.history("u1", 10, 0)
    assert total == 1
    value = held.service.services.meters.registry.get_sample_value
    for name, count in (("hits", 1), ("misses", 1)):
        assert value(f"hair_tryon_cache_{name}_total", {"cache": "results"}) == count
    assert value("hair_tryon_videos_processed_total", {"status": "completed"}) == 1
    assert value("hair_tryon_video_seconds_count") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"files": {}},
        {"files": OTHER_PHOTO},
        {"files": {**PHOTO, "color_image": PHOTO["style_image"]}},
        {"look": '{"engine": "classic", "color": "copper", "intensity": 0.5}'},
        {"sampling_rate": 0.9},
        {"stabilize": "true"},
        {"key": "k1"},
        {"no_cache": True},
    ],
)
async def test_what_differs_is_made(made: tuple[Held, str, str], change: dict[str, Any]) -> None:
    """In anything that changes the result; and what is wanted anew, or named by a key."""
    held, upload_id, result_id = made
    answer = await held.videos.order(upload_id, **{"files": PHOTO, **change})
    assert (answer.status, RESULT_CACHE in answer.headers) == (202, False)
    assert (await answer.json())["result_id"] != result_id


async def test_who_is_to_be_told_waits_for_the_end(
    made: tuple[Held, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order with a webhook is made, as nobody is told of what has ended before."""
    held, upload_id, result_id = made
    secret = SecretStr("whsec_" + "A" * 32)
    monkeypatch.setitem(held.service.services.settings.__dict__, "webhook_secret", secret)
    url = "https://example.org/"
    assert await held.videos.ordered(upload_id, files=PHOTO, webhook_url=url) != result_id


async def test_another_film_is_another_result(made: tuple[Held, str, str]) -> None:
    """Be it the same, uploaded again."""
    held, _, result_id = made
    assert await held.videos.ordered(await held.videos.upload(), files=PHOTO) != result_id


@pytest.mark.parametrize("value", [("networks", "clean"), ("version", "0.0.0")])
async def test_other_networks_make_another(
    made: tuple[Held, str, str], monkeypatch: pytest.MonkeyPatch, value: tuple[str, str]
) -> None:
    """So does another version of the service."""
    held, upload_id, result_id = made
    name, other = value
    if name == "version":
        monkeypatch.setattr(result_cache, "VERSION", other)
    else:
        settings = held.service.services.settings
        monkeypatch.setitem(settings.__dict__, name, other)
    assert await held.videos.ordered(upload_id, files=PHOTO) != result_id


async def test_what_is_gone_is_made_again(made: tuple[Held, str, str]) -> None:
    """A deleted result is not given out, and the one made in its place is."""
    held, upload_id, result_id = made
    assert (await held.videos.delete(result_id))[0] == 204
    again = await held.videos.ordered(upload_id, files=PHOTO)
    assert again != result_id
    await held.videos.ended(again)
    assert await held.videos.ordered(upload_id, files=PHOTO) == again


async def test_what_is_unfinished_is_not_waited_for(held: Held) -> None:
    """Two who order the same at once get a result each; from the first to end on, that one."""
    upload_id = await held.videos.upload()
    first, second = [await held.videos.ordered(upload_id) for _ in range(2)]
    assert first != second
    await held.videos.delete(second)
    held.change.outcome.set_result(None)
    await held.videos.ended(first)
    assert await held.videos.ordered(upload_id) == first


async def test_a_cancelled_result_is_made_again(held: Held) -> None:
    """And so is one that failed."""
    upload_id = await held.videos.upload()
    first = await held.videos.ordered(upload_id)
    await held.videos.delete(first)
    held.change.outcome.set_result(None)
    again = await held.videos.ordered(upload_id)
    assert again != first
    await held.videos.ended(again)
    assert await held.videos.ordered(upload_id) == again


async def test_the_cache_is_not_believed(
    made: tuple[Held, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it names another user's result, or none, or cannot be asked, the video is made."""
    held, _, result_id = made
    upload_id = await held.videos.upload(user_id="u2")
    cache = held.service.services.cache
    for named in (result_id.encode(), b"\xff", b"none", None):

        async def get(key: str, named: bytes | None = named) -> bytes | None:
            if named is None:
                raise StorageFailed
            return named

        with monkeypatch.context() as patch:
            patch.setattr(cache, "get", get)
            answer = await held.videos.order(upload_id, files=PHOTO, user_id="u2")
        assert (answer.status, RESULT_CACHE in answer.headers) == (202, False)
        assert (await answer.json())["result_id"] != result_id
        await held.videos.ended((await answer.json())["result_id"], user_id="u2")


async def test_a_film_is_really_made_once(start_service: StartService) -> None:
    """With the real work, and a look alone."""
    videos = videos_of(await start_service(ClassicEngine()))
    upload_id = await videos.upload()
    result = await videos.ended(await videos.ordered(upload_id))
    again = await videos.order(upload_id)
    assert again.headers[RESULT_CACHE] == "hit"
    assert await videos.result((await again.json())["result_id"]) == result
