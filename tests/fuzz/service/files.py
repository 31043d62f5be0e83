"""Pictures and films that are damaged, and what is asked of them afterwards."""

import asyncio
import json
import random
from io import BytesIO
from typing import Any, Final

from aiohttp import FormData

from tests.fuzz.mutation import mutated
from tests.fuzz.service.ground import API, USER, Ground
from tests.fuzz.targets.live import LOOK
from tests.fuzz.targets.pictures import FILM_WORDS, FILMS, PICTURES, WORDS
from tests.pictures import jpeg, portrait

NAMES: Final = ("me.mp4", "me.mov", "me.avi", "me.webm")
LOOKS: Final = (json.dumps(LOOK), '{"color":"copper"}', '{"engine":"classic","color":"#112233"}')
PORTRAIT: Final = jpeg(portrait(), quality=60)
ENDED: Final = ("completed", "failed", "cancelled")
PATIENCE: Final = 100


class Photos:
    """``try-on``."""

    name = "photos"

    def __init__(self, number: int) -> None:
        self.number = number

    async def once(self, ground: Ground, rng: random.Random) -> None:
        """Any of its pictures may be damaged."""
        photo = mutated(rng.choice((*PICTURES, PORTRAIT)), rng, WORDS)
        form = FormData(default_to_multipart=True)
        form.add_field("user_id", USER)
        form.add_field("look", rng.choice(LOOKS))
        form.add_field("image", BytesIO(photo), filename="me.jpg")
        for name in ("style_image", "color_image"):
            if rng.random() < 0.2:
                other = mutated(rng.choice((*PICTURES, PORTRAIT)), rng, WORDS)
                form.add_field(name, BytesIO(other), filename="you.png")
                photo += other
        await ground.ask(self.name, "POST", f"{API}/try-on", form, sent=photo)

    async def tidy(self, ground: Ground) -> None:
        """Nothing is kept."""


class Films:
    """``upload-video``, and an order for what is taken."""

    name = "uploads"

    def __init__(self, number: int) -> None:
        self.number = number

    async def once(self, ground: Ground, rng: random.Random) -> None:
        """A film from its upload to its end."""
        which = rng.randrange(len(FILMS))
        data = mutated(FILMS[which], rng, FILM_WORDS)
        form = FormData(default_to_multipart=True)
        form.add_field("user_id", USER)
        form.add_field("video", BytesIO(data), filename=NAMES[which])
        path = f"{API}/upload-video"
        status, body, _ = await ground.ask(self.name, "POST", path, form, sent=data)
        if status == 200:
            await self._order(ground, rng, json.loads(body)["upload_id"], data)

    async def tidy(self, ground: Ground) -> None:
        """All of it goes."""
        await ground.ask(self.name, "DELETE", f"{API}/user/{USER}/data")

    async def _order(self, ground: Ground, rng: random.Random, upload_id: str, data: bytes) -> None:
        form = FormData(default_to_multipart=True)
        for name, value in {
            "user_id": USER, "upload_id": upload_id, "look": LOOKS[2],
            "stabilize": rng.choice(("true", "false")), "sampling_rate": "0.5",
        }.items():  # fmt: skip
            form.add_field(name, value)
        path = f"{API}/process-video"
        status, body, _ = await ground.ask(self.name, "POST", path, form, sent=data)
        if status not in (200, 202):
            return
        place = f"{API}/result/{json.loads(body)['result_id']}?user_id={USER}"
        found = await self._ended(ground, place, data)
        if found.get("video_url"):
            headers = {"Range": rng.choice(("bytes=0-9", "bytes=-5", "bytes=9999999-", "x"))}
            await ground.ask(self.name, "GET", found["video_url"], sent=data, headers=headers)

    async def _ended(self, ground: Ground, place: str, data: bytes) -> dict[str, Any]:
        for _ in range(PATIENCE):
            status, body, _ = await ground.ask(self.name, "GET", place, sent=data)
            if status != 200:
                return {}
            found: dict[str, Any] = json.loads(body)
            if found["status"] in ENDED:
                ground.counts[f"{self.name} {found['status']}"] += 1
                return found
            await asyncio.sleep(0.2)
        ground.finds.note(self.name, "an order that does not end", data)
        return {}
