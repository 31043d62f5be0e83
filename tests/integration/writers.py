"""Clients that write as fast as they are answered, and remember what was acknowledged."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import orjson
from aiohttp import ClientError, ClientSession, WSServerHandshakeError

from tests.films import Recipe, film
from tests.integration.client import realtime_path
from tests.integration.videos import Videos

RECIPE = Recipe(frames=2)


@dataclass(slots=True)
class Acknowledged:
    """What the service has said that it has."""

    sessions: set[str] = field(default_factory=set)
    uploads: set[str] = field(default_factory=set)
    results: set[str] = field(default_factory=set)

    @property
    def count(self) -> int:
        """How many of all kinds."""
        return len(self.sessions) + len(self.uploads) + len(self.results)


class Writers:
    """Write to a server until they are stopped; a server that goes away does not stop them."""

    def __init__(self, http: ClientSession, url: str, user_id: str = "writer") -> None:
        self._http = http
        self._url = url
        self._user_id = user_id
        self._videos = Videos(http, url)
        self._film = film(RECIPE)
        self._numbers = itertools.count()
        self._tasks: list[asyncio.Task[None]] = []
        self.acknowledged = Acknowledged()

    def start(self) -> None:
        """Begin."""
        for write, many in ((self._session, 3), (self._upload_and_order, 2)):
            self._tasks += [asyncio.create_task(self._again(write)) for _ in range(many)]

    async def stop(self) -> None:
        """Stop; what is not answered by then counts as not acknowledged."""
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

    async def lost(self) -> int:
        """How many of what was acknowledged the service does not have any more."""
        there = await self.there()
        return sum(
            len(said - {one[f"{kind}_id"] for one in there[f"{kind}s"]})
            for kind, said in (
                ("session", self.acknowledged.sessions),
                ("upload", self.acknowledged.uploads),
                ("result", self.acknowledged.results),
            )
        )

    async def there(self) -> dict[str, Any]:
        """The user's documents."""
        async with self._http.get(f"{self._videos.url}/user/{self._user_id}/export") as answer:
            assert answer.status == 200, await answer.text()
            made = ZipFile(BytesIO(await answer.read()))
        documents: dict[str, Any] = orjson.loads(made.read("data.json"))
        return documents

    async def _again(self, write: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await write()
            except (ClientError, OSError, AssertionError, WSServerHandshakeError):
                await asyncio.sleep(0.02)

    async def _session(self) -> None:
        session_id = f"s{next(self._numbers)}"
        address = self._url + realtime_path(session_id, self._user_id)
        async with self._http.ws_connect(address) as connection:
            greeting = await connection.receive_json(timeout=30)
            if greeting["type"] == "connection_established":
                self.acknowledged.sessions.add(session_id)

    async def _upload_and_order(self) -> None:
        upload_id = await self._videos.upload(self._film, self._user_id)
        self.acknowledged.uploads.add(upload_id)
        result_id = await self._videos.ordered(upload_id, user_id=self._user_id)
        self.acknowledged.results.add(result_id)
