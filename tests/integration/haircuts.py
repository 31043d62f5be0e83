"""Haircuts by HTTP, for tests: agreeing that a photo leaves the service, and asking."""

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
        self, photo: bytes, user_id: str = "u1", *, look: str, engine: str = "cloud"
    ) -> ClientResponse:
        """Ask for a bob where hair is cut, and for the look; the answer, read."""
        form = FormData(default_to_multipart=True)
        values = {"user_id": user_id, "engine": engine, "look": look}
        haircut = {"haircut": "Bob"} if engine == "cloud" else {}
        for name, value in {**values, **haircut}.items():
            form.add_field(name, value)
        form.add_field("image", photo, filename="me.jpg", content_type="image/jpeg")
        async with self._http.post(f"{self._url}/try-on", data=form) as answer:
            await answer.read()
            return answer

    async def made_by(
        self, photo: bytes, user_id: str = "u1", *, look: str, engine: str = "cloud"
    ) -> str:
        """Who made the picture; or why the cloud did not, where it was asked to."""
        answer = await self.ask(photo, user_id, look=look, engine=engine)
        assert answer.status == 200, await answer.text()
        return answer.headers.get("X-Fallback", answer.headers["X-AI-Model"])
