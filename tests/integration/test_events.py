"""Results watched to their end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from aiohttp import ClientResponse, ClientSession

from server import events
from server.keys import WATCHERS
from tests.integration.held import Held
from tests.integration.service import eventually


async def told(answer: ClientResponse) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The events of an answer, as they come."""
    name = ""
    async for line in answer.content:
        field, _, value = line.decode().strip().partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, orjson.loads(value)


async def watch(held: Held, result_id: str, user_id: str = "u1") -> ClientResponse:
    """Begin to watch."""
    address = f"{held.videos.url}/result/{result_id}/events"
    return await held.videos.http.get(address, params={"user_id": user_id})


async def test_progress_and_the_end_are_told(held: Held) -> None:
    """How far it is, about how long it takes, and at last the result as it can be asked for."""
    result_id = await held.videos.ordered(await held.videos.upload())
    answer = await watch(held, result_id)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["Cache-Control"] == "no-store"
    seen = []
    async with asyncio.timeout(20):
        async for name, data in told(answer):
            seen.append(name)
            if name == "progress":
                assert data["result_id"] == result_id
                assert data["time_left"] >= 1
                if data["frames_done"] == 5:
                    assert data["progress"] == 0.417
                    held.change.outcome.set_result(None)
    assert data == await held.videos.result(result_id)
    assert data["status"] == "completed"
    assert (seen[0], seen[-1], seen.count("end")) == ("progress", "end", 1)


async def test_who_comes_late_is_told_the_end(held: Held) -> None:
    """At once."""
    result_id = await held.videos.ordered(await held.videos.upload())
    await held.videos.delete(result_id)
    events_told = [event async for event in told(await watch(held, result_id))]
    assert [name for name, _ in events_told] == ["end"]
    assert events_told[0][1]["status"] == "cancelled"


async def test_others_do_not_watch(held: Held) -> None:
    """As with the result itself."""
    result_id = await held.videos.ordered(await held.videos.upload())
    assert (await watch(held, result_id, "u2")).status == 403
    assert (await watch(held, "none")).status == 404


async def test_silence_is_broken(held: Held, monkeypatch: Any) -> None:
    """By comments, so that proxies do not end the connection."""
    monkeypatch.setattr(events, "SILENCE_S", 0.0)
    result_id = await held.videos.ordered(await held.videos.upload())
    answer = await watch(held, result_id)
    async with asyncio.timeout(10):
        while (await answer.content.readline()).strip() != b":":
            pass
    answer.close()


async def test_a_deleted_result_ends_the_stream(held: Held) -> None:
    """Without a word: there is nothing to tell of."""
    result_id = await held.videos.ordered(await held.videos.upload())
    answer = await watch(held, result_id)
    services = held.service.services
    now = services.clock.utc_now()
    await services.database.results.delete(result_id, now, now)
    async with asyncio.timeout(10):
        assert {name async for name, _ in told(answer)} <= {"progress"}


async def test_a_stop_ends_the_stream(held: Held) -> None:
    """At once; a browser connects again when the service is back."""
    result_id = await held.videos.ordered(await held.videos.upload())
    answer = await watch(held, result_id)
    began_s = asyncio.get_running_loop().time()
    await held.service.runner.cleanup()
    assert asyncio.get_running_loop().time() - began_s < 1
    async with asyncio.timeout(10):
        assert {name async for name, _ in told(answer)} <= {"progress"}


async def test_watchers_are_bounded_and_let_go(held: Held) -> None:
    """Who leaves makes room; one more than there may be is told to come again."""
    places = held.service.app[WATCHERS]
    places._free = 1
    assert places._of_one is not None
    result_id = await held.videos.ordered(await held.videos.upload())
    async with ClientSession() as http:
        address = f"{held.videos.url}/result/{result_id}/events?user_id=u1"
        first = await http.get(address)
        refused = await http.get(address)
        assert (refused.status, (await refused.json())["error"]) == (503, "SERVER_FULL")
        first.close()
    await eventually(lambda: places._free == 1)
