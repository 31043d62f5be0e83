"""Haircuts by HTTP, for tests: agreeing that a photo leaves the service, and asking."""

from collections.abc import Mapping
from typing import Final

from aiohttp import ClientResponse, ClientSession, FormData

API: Final = "/api/hair-tryOn"


class Haircuts:
    """A client of one service, who speaks for any user."""

    def __init__(self, http: ClientSession, url: str) -> None:
        self._http = http
        self._url = url + API

    async def agree(self, user_id: str = "u1", *, to_cloud: bool = True) -> None:
        """To the notice as it is."""
        async with self._http.get(f"{self._url}/about") as answer:
            notice = (await answer.json())["consent"]["notice"]["version"]
        said = {"processing": True, "cloud": to_cloud, "notice": notice}
        async with self._http.put(f"{self._url}/user/{user_id}/consent", json=said) as answer:
            assert answer.status == 200, await answer.text()

    async def ask(
        self, photo: bytes, user_id: str = "u1", *, look: str | None = None
    ) -> ClientResponse:
        """Ask for a bob, and read the answer."""
        form = FormData(default_to_multipart=True)
        values = {"user_id": user_id, "engine": "cloud", "haircut": "Bob"}
        for name, value in (values if look is None else {**values, "look": look}).items():
            form.add_field(name, value)
        form.add_field("image", photo, filename="me.jpg", content_type="image/jpeg")
        async with self._http.post(f"{self._url}/try-on", data=form) as answer:
            await answer.read()
            return answer

    async def made_by(self, photo: bytes, user_id: str = "u1", *, look: str | None = None) -> str:
        """Who made the picture: ``replicate``, or why it was not that."""
        answer = await self.ask(photo, user_id, look=look)
        assert answer.status == 200, await answer.text()
        headers: Mapping[str, str] = answer.headers
        return headers.get("X-Fallback", headers["X-AI-Model"])
