"""Videos by HTTP, for tests: uploading, ordering and waiting."""

import asyncio
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, Final

from aiohttp import ClientResponse, ClientSession, FormData

from tests.films import Recipe, film

API: Final = "/api/hair-tryOn"
LOOK: Final = '{"engine": "classic", "color": "copper"}'
"""An engine that needs nothing but OpenCV, so that a job takes no longer than its process."""
PATIENCE_S: Final = 30.0


class Videos:
    """A client of the service's videos, of the user ``u1`` if it does not say another."""

    def __init__(self, http: ClientSession, url: str) -> None:
        self.http = http
        self.url = url + API

    async def upload(self, data: bytes | None = None, user_id: str = "u1") -> str:
        """Upload a film; the upload's id."""
        form = FormData(default_to_multipart=True)
        form.add_field("user_id", user_id)
        video = BytesIO(film(Recipe(has_audio=True)) if data is None else data)
        form.add_field("video", video, filename="me.mp4", content_type="video/mp4")
        async with self.http.post(f"{self.url}/upload-video", data=form) as answer:
            assert answer.status == 200, await answer.text()
            return str((await answer.json())["upload_id"])

    async def order(
        self,
        upload_id: str,
        files: Mapping[str, bytes] = {},
        *,
        key: str | None = None,
        no_cache: bool = False,
        **fields: Any,
    ) -> ClientResponse:
        """Ask for a video to be changed; ``no_cache`` does not take one that is there."""
        form = FormData(default_to_multipart=True)
        values = {"upload_id": upload_id, "user_id": "u1", "look": LOOK, **fields}
        for name, value in values.items():
            if value is not None:
                form.add_field(name, str(value))
        for name, data in files.items():
            form.add_field(name, BytesIO(data), filename=f"{name}.jpg", content_type="image/jpeg")
        headers = {} if key is None else {"Idempotency-Key": key}
        if no_cache:
            headers["Cache-Control"] = "no-cache"
        return await self.http.post(f"{self.url}/process-video", data=form, headers=headers)

    async def ordered(self, upload_id: str, **fields: Any) -> str:
        """Ask for it, and be heard; the result's id."""
        answer = await self.order(upload_id, **fields)
        assert answer.status == 202, await answer.text()
        return str((await answer.json())["result_id"])

    async def result(self, result_id: str, user_id: str = "u1") -> dict[str, Any]:
        """How far it is."""
        address = f"{self.url}/result/{result_id}"
        async with self.http.get(address, params={"user_id": user_id}) as answer:
            assert answer.status == 200, await answer.text()
            document: dict[str, Any] = await answer.json()
            return document

    async def ended(self, result_id: str, user_id: str = "u1") -> dict[str, Any]:
        """What became of it, when it has ended."""
        return await self.until(result_id, "completed", "failed", "cancelled", user_id=user_id)

    async def until(self, result_id: str, *states: str, user_id: str = "u1") -> dict[str, Any]:
        """Its document as soon as it is in one of these states."""
        return await self._when(result_id, user_id, lambda it: it["status"] in states)

    async def until_frames(self, result_id: str, frames: int) -> dict[str, Any]:
        """Its document as soon as so many frames are done."""
        return await self._when(result_id, "u1", lambda it: it["frames_done"] >= frames)

    async def _when(
        self, result_id: str, user_id: str, is_so: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            while not is_so(document := await self.result(result_id, user_id)):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return document

    async def file(self, address: str, **headers: str) -> tuple[int, bytes, Mapping[str, str]]:
        """The file behind an address: status, bytes and headers."""
        root = self.url.removesuffix(API)
        async with self.http.get(root + address, headers=headers) as answer:
            return answer.status, await answer.read(), answer.headers

    async def delete(self, result_id: str, user_id: str = "u1") -> tuple[int, str]:
        """Call it off, or have it forgotten: status and text."""
        address = f"{self.url}/result/{result_id}"
        async with self.http.delete(address, params={"user_id": user_id}) as answer:
            return answer.status, await answer.text()
