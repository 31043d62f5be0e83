"""The service as its users have it: a photo, live frames, a film."""

import asyncio

import orjson
from aiohttp import ClientSession, FormData

from media.codec import decode_photo
from tests.bench.pictures import films, video
from tests.integration.client import Caller, picture_of
from tests.integration.haircuts import API
from tests.integration.videos import Videos
from tests.pictures import jpeg, portrait

FRAMES = 20
FILM_S = 4
WITHIN_S = 300.0
PHOTO_MAX_PX = 10**7
LOOK = {"engine": "natural", "color": "copper"}
PHOTO = jpeg(portrait())


async def used(url: str) -> list[str]:
    """What became of each, in words. Raises AssertionError where something is not as it should
    be."""
    async with ClientSession() as http, asyncio.timeout(WITHIN_S):
        return [await _photo(http, url), await _live(http, url), await _film(http, url)]


async def _photo(http: ClientSession, url: str) -> str:
    form = FormData(default_to_multipart=True)
    form.add_field("user_id", "u1")
    form.add_field("look", orjson.dumps(LOOK).decode())
    form.add_field("image", PHOTO, filename="me.jpg", content_type="image/jpeg")
    async with http.post(f"{url}{API}/try-on", data=form) as answer:
        assert answer.status == 200, await answer.text()
        picture = decode_photo(await answer.read(), PHOTO_MAX_PX)
    assert picture.shape == portrait().shape
    return "a photo in copper"


async def _live(http: ClientSession, url: str) -> str:
    caller = Caller(http, url)
    try:
        client = await caller.join()
        await client.ask("set_look", look=LOOK)
        answers = [await client.process(f"f{number}", PHOTO) for number in range(FRAMES)]
    finally:
        await caller.close()
    came = [picture_of(answer) for answer in answers if answer["type"] == "processed_frame"]
    assert came, answers[-1]  # a machine that has much to do gives some up
    return f"{len(came)} of {FRAMES} live frames"


async def _film(http: ClientSession, url: str) -> str:
    videos = Videos(http, url)
    upload = await videos.upload(video(FILM_S, films()[0]))
    ended = await videos.ended(await videos.ordered(upload))
    assert ended["status"] == "completed", ended
    return f"a film of {FILM_S} s"
