"""Two workers behind one port: whatever reaches the wrong one finds its session all the same."""

import asyncio
import re
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, closing
from typing import Any

import psutil
import pytest
from aiohttp import ClientSession, TCPConnector, UnixConnector

from server.instances.neighbours import MISDIRECTED
from server.instances.seals import HEADER
from storage.layout import DATABASE_FILE
from tests import pictures
from tests.integration.browser import OpenTab, Tab
from tests.integration.client import Caller, LiveClient
from tests.integration.process import ServerProcess, shared_process
from tests.integration.redis import Redis
from tests.integration.service import eventually
from tests.rtc import RtcClient, Watcher

HOME = "hair-tryon:home:"
LOOK = {"engine": "classic", "color": "#c03020"}
WITHIN_S = 45.0


@pytest.fixture(scope="module")
def shared_redis() -> Iterator[Redis]:
    """For a file's tests."""
    server = Redis()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def workers(
    shared_redis: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A service of two workers, with one thread each."""
    folder = tmp_path_factory.mktemp("workers")
    counts = {"workers": 2, "threads": 1}
    one = ServerProcess(folder, redis_url=shared_redis.url, log_level="debug", **counts)
    with shared_process(one) as server:
        yield server


@pytest.fixture
async def calls(workers: ServerProcess) -> AsyncIterator[ClientSession]:
    """A client whose requests come by a new connection each; it begins when nobody is live."""
    async with ClientSession(connector=TCPConnector(force_close=True)) as http:
        await until(http, workers, 'active_connections{transport="websocket"}', 0)
        await until(http, workers, 'active_connections{transport="webrtc"}', 0)
        yield http


@pytest.fixture
async def caller(calls: ClientSession, workers: ServerProcess) -> AsyncIterator[Caller]:
    """Connects live clients."""
    caller = Caller(calls, workers.url)
    yield caller
    await caller.close()


async def metric(http: ClientSession, server: ServerProcess, name: str) -> float | None:
    """What all workers together have counted."""
    async with http.get(f"{server.url}/metrics") as answer:
        found = re.search(
            rf"^hair_tryon_{re.escape(name)} (\S+)$", await answer.text(), re.MULTILINE
        )
    return float(found[1]) if found else None


async def until(http: ClientSession, server: ServerProcess, name: str, wanted: float) -> None:
    """Return when it has counted so many."""
    async with asyncio.timeout(WITHIN_S):
        while await metric(http, server, name) != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def ready(http: ClientSession, server: ServerProcess) -> dict[str, Any]:
    async with http.get(f"{server.url}/readyz") as answer:
        said: dict[str, Any] = await answer.json()
        return said


def homes(redis: Redis) -> dict[str, str]:
    """Where the live sessions are."""
    with redis.client() as plain:
        found = {name.decode(): plain.get(name) for name in plain.keys(f"{HOME}*")}
    return {
        name.removeprefix(HOME): at.decode().rpartition(" ")[0] for name, at in found.items() if at
    }


def looks(server: ServerProcess) -> set[str]:
    """Sessions whose looks are in the database."""
    path = server.data_dir / DATABASE_FILE
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        found = database.execute("SELECT session_id FROM sessions WHERE look LIKE '%c03020%'")
        return {session_id for (session_id,) in found}


async def test_sessions_are_spread_and_counted_together(
    caller: Caller, calls: ClientSession, workers: ServerProcess, shared_redis: Redis
) -> None:
    """Each worker gets its part; one scrape tells what both have counted, each one's memory, and
    the disk that they share once, whichever is asked."""
    before = await metric(calls, workers, 'frames_delivered_total{transport="websocket"}') or 0.0
    clients = [await caller.join(f"spread-{number}") for number in range(6)]
    for client in clients:
        await client.process("f1", pictures.jpeg())
    await until(calls, workers, 'frames_delivered_total{transport="websocket"}', before + 6)
    await until(calls, workers, 'active_connections{transport="websocket"}', 6)
    at = list(homes(shared_redis).values())
    assert len(set(at)) == 2
    assert min(at.count(one) for one in at) >= 2
    async with calls.get(f"{workers.url}/metrics") as answer:
        text = await answer.text()
    assert re.findall(r'^process_resident_memory_bytes\{worker="(\d)"\}', text, re.MULTILINE) == [
        "0",
        "1",
    ]
    disk_bytes = float(shutil.disk_usage(workers.data_dir).total)
    for _ in range(4):
        assert await metric(calls, workers, 'disk_bytes{folder="data"}') == disk_bytes
    assert await ready(calls, workers) == {"status": "ready", "reasons": [], "missed": []}


async def test_a_session_is_taken_over_from_the_other_worker(
    caller: Caller, shared_redis: Redis
) -> None:
    """With the look that it had, which the other worker writes before it lets go; nobody else may
    have it."""
    client = await caller.join("taken", "u1")
    was_at = homes(shared_redis)["taken"]
    await client.ask("set_look", look=LOOK)
    async with asyncio.timeout(WITHIN_S):
        # The other worker is given it only when it has less to do, which may take some tries.
        while homes(shared_redis).get("taken", was_at) == was_at:
            former, client = client, await caller.connect("taken", "u1")
            greeting = await client.receive()
            assert greeting["type"] == "connection_established", greeting
            assert greeting["look"]["color"] == LOOK["color"]
            assert (await former.until_closed()).code == 4409
    thief = await caller.connect("taken", "u2")
    assert (await thief.receive())["error"] == "SESSION_FORBIDDEN"
    assert (await client.process("f1", pictures.jpeg()))["type"] == "processed_frame"


async def passed_on(server: ServerProcess, ask: Callable[[], Awaitable[None]]) -> None:
    """Ask until it was the wrong worker that was asked; the answers have to be right each time."""
    before = server.output.count("request passed on")
    async with asyncio.timeout(WITHIN_S):
        while server.output.count("request passed on") == before:
            await ask()
            await asyncio.sleep(0.05)  # what the process says is read a moment later


async def test_calls_are_found_at_the_other_worker(
    calls: ClientSession, workers: ServerProcess
) -> None:
    """Who watches is passed on, sees pictures, and leaves; and so does who calls."""
    async with AsyncExitStack() as stack:
        client = RtcClient(calls, workers.url, "VP8", direction="sendonly")
        stack.push_async_callback(client.close)
        await client.connect()

        async def watch() -> None:
            watcher = Watcher(calls, workers.url, "VP8")
            stack.push_async_callback(watcher.close)
            await watcher.connect()
            await eventually(lambda: bool(watcher.screen.pictures))
            async with calls.delete(watcher.location) as answer:
                assert answer.status == 200

        async def hang_up_another() -> None:
            async with calls.delete(client.location, headers={"If-Match": '"x"'}) as answer:
                assert (answer.status, (await answer.json())["error"]) == (412, "INVALID_OFFER")
                ids.append(answer.headers["X-Request-Id"])

        ids = list[str]()
        await passed_on(workers, watch)
        await passed_on(workers, hang_up_another)
        # A line of each worker has the same id.
        await eventually(lambda: workers.output.count(ids[-1]) >= 2)
        async with calls.delete(client.location) as answer:
            assert answer.status == 200
        await until(calls, workers, 'active_connections{transport="webrtc"}', 0)
        async with calls.delete(client.location) as answer:
            assert answer.status == 404


async def test_nobody_else_passes_on(
    caller: Caller, calls: ClientSession, workers: ServerProcess, shared_redis: Redis
) -> None:
    """What instances ask each other is no address for others, whatever they say; and at theirs
    nothing is answered that has no seal."""
    await caller.join("mine", "u1")
    target = "/-/hand-over?session_id=mine&user_id=u1"
    forged = {HEADER: f"1;127.0.0.1;{'a' * 32};{'b' * 64}"}
    async with calls.post(workers.url + target, headers=forged) as answer:
        assert answer.status == 404
    path = homes(shared_redis)["mine"].removeprefix("unix:")
    async with ClientSession(connector=UnixConnector(path)) as inside:
        for headers in ({}, forged):
            async with inside.post(f"http://localhost{target}", headers=headers) as answer:
                assert answer.status == MISDIRECTED
        async with inside.get("http://localhost/livez") as answer:
            assert answer.status == MISDIRECTED
    assert "mine" in homes(shared_redis)


async def test_an_erasure_ends_sessions_everywhere(
    caller: Caller, calls: ClientSession, workers: ServerProcess, shared_redis: Redis
) -> None:
    """Whichever worker does it: there are sessions at both."""
    clients, at = list[LiveClient](), set[str]()
    while len(at) < 2:
        session_id = f"erased-{len(clients)}"
        clients.append(await caller.join(session_id, "gone"))
        at.add(homes(shared_redis)[session_id])
    async with calls.delete(f"{workers.url}/api/hair-tryOn/user/gone/data") as answer:
        said = await answer.json()
    assert (answer.status, said["live_sessions"]) == (200, len(clients))
    for client in clients:
        assert (await client.until_closed()).code == 4410


async def all_there(http: ClientSession, server: ServerProcess) -> None:
    """Return when no worker is missed."""
    async with asyncio.timeout(WITHIN_S):
        while (await ready(http, server))["missed"]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def worker_of(server: ServerProcess, home: str) -> psutil.Process:
    """The process of the worker that is at home there."""
    slot = home.removesuffix(".sock").rpartition("/")[2]
    workers = psutil.Process(server.pid).children()
    return next(one for one in workers if f'"slot":{slot}' in " ".join(one.cmdline()))


async def live_by_webrtc(open_tab: OpenTab, server: ServerProcess) -> Tab:
    """A visitor, with a look on."""
    tab = await open_tab(server.url, transport="auto")
    await tab.start_camera()
    await tab.choose("royal-blue")
    assert await tab.data("readout", "transport") == "webrtc"
    return tab


async def comes_back_by_itself(tab: Tab, asked: list[tuple[str, str | None]]) -> None:
    """A browser would not notice for six seconds that nobody answers: the page asks about its call
    when no picture comes, and is told that there is none."""
    await eventually(lambda: ("POST", None) in asked)
    await tab.wait_for_frames()
    (method, etag), *_ = asked
    assert method == "PATCH"
    assert etag != "*"  # which is for a call whose way is lost
    assert await tab.data("readout", "transport") == "webrtc"
    assert await tab.words("look-name") == "Royal blue"
    await tab.page.locator("#stop").click()


async def test_a_worker_is_killed(
    caller: Caller,
    calls: ClientSession,
    workers: ServerProcess,
    shared_redis: Redis,
    open_tab: OpenTab,
) -> None:
    """The other's sessions go on; its own are taken up there with their look, at once, a visitor's
    by WebRTC, too; what it had counted stays counted; and another takes its place."""
    tab = await live_by_webrtc(open_tab, workers)
    [visit] = homes(shared_redis)
    clients = {f"kill-{number}": await caller.join(f"kill-{number}") for number in range(4)}
    for client in clients.values():
        await client.ask("set_look", look=LOOK)
        await client.process("f1", pictures.jpeg())
    await eventually(lambda: looks(workers) >= clients.keys())  # within two seconds
    counted = await metric(calls, workers, 'frames_delivered_total{transport="websocket"}')
    at = homes(shared_redis)
    victim = worker_of(workers, at[visit])
    theirs = [name for name in clients if at[name] == at[visit]]
    assert 0 < len(theirs) < len(clients)
    asked = list[tuple[str, str | None]]()
    tab.page.on("request", lambda one: asked.append((one.method, one.headers.get("if-match"))))
    victim.send_signal(signal.SIGKILL)
    for name in theirs:
        assert (await clients[name].until_closed()).code == 1006
        clients[name] = await caller.connect(name)
        assert (await clients[name].receive())["look"]["color"] == LOOK["color"]
    for client in clients.values():
        assert (await client.process("f2", pictures.jpeg()))["type"] == "processed_frame"
    await until(calls, workers, 'frames_delivered_total{transport="websocket"}', (counted or 0) + 4)
    await comes_back_by_itself(tab, asked)
    assert workers.output.count("worker ended") == 1
    await all_there(calls, workers)
    with pytest.raises(psutil.NoSuchProcess):
        psutil.Process(victim.pid)
