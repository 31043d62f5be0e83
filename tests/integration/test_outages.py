"""A database or a Redis that goes away for a while, under live load, and comes back."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from tests import pictures
from tests.integration.client import Caller, LiveClient, text_of
from tests.integration.mongod import Mongod
from tests.integration.process import ServerProcess
from tests.integration.redis import Redis
from tests.integration.writers import Writers

HOWS = ["killed", "standing still"] if "TEST_AWAY_S" in os.environ else ["killed"]
"""One that stands still fails as one that was killed, but later."""
PATIENT: dict[str, str | float] = {"target_latency_ms": 20_000.0}
"""No frame is late, as the machine is noisy."""
AWAY_S = float(os.environ.get("TEST_AWAY_S", "2"))
FRAME_S = 1 / 15
LOOK = {"engine": "classic", "color": "copper"}


class Streamer:
    """A live client at fifteen frames a second."""

    def __init__(self, client: LiveClient) -> None:
        self._client = client
        self._frame = pictures.jpeg(pictures.noise(160, 120))
        self.sent = self.processed = 0
        self._longest_s = 0.0
        self._tasks = [asyncio.create_task(self._send()), asyncio.create_task(self._receive())]

    async def stop(self) -> int:
        """Wait for the last answers, and leave; how many frames came back changed."""
        self._tasks[0].cancel()
        async with asyncio.timeout(10):
            while self.processed < self.sent:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        self._tasks[1].cancel()
        await asyncio.wait(self._tasks)
        await self._client.close()
        return self.processed

    async def _send(self) -> None:
        while True:
            await self._client.send_frame(f"f{self.sent}", self._frame)
            self.sent += 1
            await asyncio.sleep(FRAME_S)

    async def _receive(self) -> None:
        while True:
            answer = await self._client.receive()
            assert answer["type"] == "processed_frame", answer
            self.processed += 1


async def streamer(caller: Caller, session_id: str) -> Streamer:
    """A client whose look is worn."""
    client = await caller.join(session_id, "ann")
    assert (await client.ask("set_look", look=LOOK))["type"] == "look_set"
    return Streamer(client)


async def ask(http: ClientSession, url: str) -> tuple[int, dict[str, Any], str | None]:
    """Status, document, and Retry-After."""
    async with http.get(url) as answer:
        return answer.status, await answer.json(), answer.headers.get("Retry-After")


async def until_ok(http: ClientSession, url: str, what: dict[str, Any]) -> None:
    """Return when the document has these values."""
    async with asyncio.timeout(30):
        while True:
            with suppress(OSError):
                _, document, _ = await ask(http, url)
                if what.items() <= document.items():
                    return
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("how", HOWS)
async def test_a_database_goes_away_and_comes_back(
    own_mongod: Mongod, tmp_path: Path, http: ClientSession, how: str
) -> None:
    """Live sessions go on, requests that need it are told when to come again, new sessions are
    refused; when it is back everything works by itself, and each session has its document, with
    all of its frames, also one that ended meanwhile."""
    server = ServerProcess(tmp_path / "data", mongodb_uri=own_mongod.database("away"), **PATIENT)
    await server.start()
    caller = Caller(http, server.url)
    health = f"{server.url}/api/hair-tryOn/health"
    history = f"{server.url}/api/hair-tryOn/history/ann"
    try:
        staying, leaving = await streamer(caller, "stays"), await streamer(caller, "leaves")
        await until_ok(http, health, {"status": "healthy", "mongodb": "connected"})
        await asyncio.sleep(1.5)
        await asyncio.to_thread(own_mongod.kill if how == "killed" else own_mongod.pause)
        before = staying.processed
        left = await leaving.stop()
        status, document, again = await ask(http, history)
        assert (status, document["error"]) == (503, "STORAGE_UNAVAILABLE")
        assert again is not None
        refused = await (await caller.connect("new", "ann")).until_closed()
        assert refused.code == 1013
        status, document, _ = await ask(http, health)
        assert (status, document["mongodb"]) == (503, "unavailable")
        await asyncio.sleep(AWAY_S)
        during = staying.processed - before
        assert during > AWAY_S / FRAME_S * 0.5
        await asyncio.to_thread(own_mongod.start if how == "killed" else own_mongod.resume)
        await until_ok(http, health, {"status": "healthy", "mongodb": "connected"})
        assert (await ask(http, history))[0] == 200
        stayed = await staying.stop()
        await caller.join("new", "ann")
        await until_documents(http, server, {"stays": stayed, "leaves": left})
    finally:
        await caller.close()
        await server.stop()


async def until_documents(
    http: ClientSession, server: ServerProcess, frames: dict[str, int]
) -> None:
    """Return when each of these sessions has its document, with its frames and an end."""
    async with asyncio.timeout(15):
        while True:
            documents = (await Writers(http, server.url, "ann").there())["sessions"]
            ended = {
                one["session_id"]: one["frames_processed"]
                for one in documents
                if one["status"] == "disconnected"
            }
            if frames.items() <= ended.items():
                return
            await asyncio.sleep(0.2)


async def test_a_redis_goes_away_and_comes_back(tmp_path: Path, http: ClientSession) -> None:
    """Live sessions go on, photos are worn though they cannot be kept, health says what is away,
    and the cache is used again when it is back."""
    redis = Redis()
    redis.start()
    server = ServerProcess(tmp_path / "data", redis_url=redis.url, **PATIENT)
    await server.start()
    caller = Caller(http, server.url)
    health = f"{server.url}/api/hair-tryOn/health"
    try:
        stream = await streamer(caller, "stays")
        await until_ok(http, health, {"status": "healthy", "cache": "connected"})
        await asyncio.to_thread(redis.stop)
        before = stream.processed
        other = await caller.join("other", "ann")
        photo = text_of(pictures.jpeg(pictures.portrait()))
        assert (await other.ask("set_style_image", image_data=photo))["type"] == "style_set"
        await until_ok(http, health, {"status": "healthy", "cache": "unavailable"})
        assert (await ask(http, f"{server.url}/api/hair-tryOn/history/ann"))[0] == 200
        await asyncio.sleep(AWAY_S)
        assert stream.processed - before > AWAY_S / FRAME_S * 0.5
        await asyncio.to_thread(redis.start)
        await until_ok(http, health, {"status": "healthy", "cache": "connected"})
        stayed = await stream.stop()
        await other.close()
        await until_documents(http, server, {"stays": stayed})
    finally:
        await caller.close()
        await server.stop()
        await asyncio.to_thread(redis.stop)
