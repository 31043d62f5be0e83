"""The gateway of deploy/nginx: a real nginx with its very configuration, before the service."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

from aiohttp import ClientSession, TCPConnector

from server.keys import UPLOADS
from tests.films import film
from tests.integration.client import Caller, picture_of
from tests.integration.held import Held
from tests.integration.nginx import Nginx, nginx
from tests.integration.programs import free_port
from tests.integration.service import Service, StartService, eventually
from tests.integration.test_events import told
from tests.integration.videos import API, Videos
from tests.pictures import jpeg

FORM = (
    b'--film\r\nContent-Disposition: form-data; name="user_id"\r\n\r\nu1\r\n'
    b'--film\r\nContent-Disposition: form-data; name="video"; filename="me.mp4"\r\n'
    b"Content-Type: video/mp4\r\n\r\n"
)
ONE_OF_A_KIND = ("Strict-Transport-Security", "X-Content-Type-Options", "Cache-Control", "Date")


@asynccontextmanager
async def through(
    folder: Path, service: Service, *others: str
) -> AsyncIterator[tuple[Nginx, ClientSession]]:
    """A gateway before the service and other addresses, and a client that takes its certificate as
    it is, at another address than the gateway's."""
    async with (
        nginx(folder / "nginx", service.caller.url, *others) as gateway,
        ClientSession(connector=TCPConnector(ssl=False, local_addr=("127.0.0.2", 0))) as http,
    ):
        yield gateway, http


async def test_a_live_session(service: Service, tmp_path: Path) -> None:
    """Frames go and come in both forms, also from a page at the gateway's name; the service says
    goodbye through it; what is logged names nobody."""
    async with through(tmp_path, service) as (gateway, http):
        http.headers["Origin"] = gateway.url
        caller = Caller(http, gateway.url)
        client = await caller.join("session-1", "user-1", binary=True)
        assert (await client.ask("set_look", look={"color": "copper"}))["type"] == "look_set"
        assert picture_of(await client.process("f1", jpeg())) != jpeg()
        await client.send_bytes(struct.pack("!BBHI", 1, 1, 0, 7) + jpeg())
        answer = await client.receive_any()
        assert isinstance(answer, bytes)
        assert struct.unpack("!BBHI", answer[:8])[3] == 7
        stopping = asyncio.create_task(service.runner.cleanup())
        closing = await client.until_closed()
        assert (closing.code, closing.messages[0]["type"]) == (1001, "server_closing")
        await stopping
        await eventually(lambda: '"status":101' in gateway.log.read_text())
        assert not [name for name in ("session-1", "user-1") if name in gateway.log.read_text()]


async def test_an_upload_is_passed_on_as_it_comes(service: Service, tmp_path: Path) -> None:
    """Not when all of it is there: the service has its place taken, and counts, from the start."""
    places, half = service.app[UPLOADS], asyncio.Event()
    free, data = places._free, film()

    async def body() -> AsyncIterator[bytes]:
        yield FORM + data[: len(data) // 2]
        await half.wait()
        yield data[len(data) // 2 :] + b"\r\n--film--\r\n"

    async with through(tmp_path, service) as (gateway, http):
        headers = {"Content-Type": "multipart/form-data; boundary=film"}
        sending = asyncio.create_task(
            http.post(f"{gateway.url}{API}/upload-video", data=body(), headers=headers)
        )
        await eventually(lambda: places._free < free)
        half.set()
        answer = await sending
        assert (answer.status, (await answer.json())["frame_count"]) == (200, 12)


async def test_events_come_one_by_one(held: Held, tmp_path: Path) -> None:
    """Progress while the film is being changed, and the end when it is."""
    async with through(tmp_path, held.service) as (gateway, http):
        videos = Videos(http, gateway.url)
        result_id = await videos.ordered(await videos.upload())
        address = f"{videos.url}/result/{result_id}/events"
        answer, seen = await http.get(address, params={"user_id": "u1"}), []
        async with asyncio.timeout(20):
            async for name, data in told(answer):
                seen.append(name)
                if name == "progress" and data["frames_done"] == 5:
                    held.change.outcome.set_result(None)
        assert (seen[0], seen[-1]) == ("progress", "end")
        status, made, _ = await videos.file(data["video_url"])
        assert (status, made) == (200, b"made")


async def test_who_asks_is_not_what_clients_write(
    start_service: StartService, tmp_path: Path
) -> None:
    """Their X-Forwarded-For is replaced, and their X-User-Id taken away."""
    service = await start_service(
        proxies="127.0.0.1", gateways="127.0.0.1", connections_per_minute=2, jwt_secret="s" * 32,
        jwt_issuer="i", jwt_audience="a",
    )  # fmt: skip
    async with through(tmp_path, service) as (gateway, http):
        async with http.get(f"{gateway.url}{API}/me", headers={"X-User-Id": "ann"}) as answer:
            assert answer.status == 401
        statuses = []
        for number in range(3):
            headers = {"X-Forwarded-For": f"192.0.2.{number}"}
            async with http.post(f"{gateway.url}{API}/tickets", headers=headers) as answer:
                statuses.append(answer.status)
        assert statuses == [401, 401, 429]


async def test_an_instance_that_is_away_is_not_missed(service: Service, tmp_path: Path) -> None:
    """Half of what comes would be for it, and goes to the other one: live sessions, what is asked,
    and what has a body, which is passed on as it comes."""
    async with through(tmp_path, service, f"http://127.0.0.1:{free_port()}") as (gateway, http):
        caller, upload = Caller(http, gateway.url), f"{gateway.url}{API}/upload-video"
        for number in range(8):
            client = await caller.join(f"s{number}")
            assert (await client.process("f1", jpeg()))["type"] == "processed_frame"
            async with http.get(f"{gateway.url}{API}/shades") as answer:
                assert answer.status == 200
            async with http.post(upload, data={"user_id": "u1"}) as answer:
                assert answer.status == 400


async def test_a_session_comes_to_one_instance(start_service: StartService, tmp_path: Path) -> None:
    """Whichever it is: who takes it over comes there, too, and others are elsewhere."""
    one = await start_service()
    other = await start_service(data_dir=tmp_path / "other")
    async with through(tmp_path, one, other.caller.url) as (gateway, http):
        caller, names = Caller(http, gateway.url), [f"s{number}" for number in range(16)]
        first = [await caller.join(name) for name in names]
        for client, name in zip(first, names, strict=True):
            await caller.join(name)
            ended = await client.until_closed()
            assert (ended.code, ended.messages[0]["error"]) == (4409, "SESSION_TAKEN_OVER")
        assert len(one.live) + len(other.live) == len(names)
        assert min(len(one.live), len(other.live)) > 0


async def test_what_the_gateway_says_itself(service: Service, tmp_path: Path) -> None:
    """People are sent to TLS; nothing is said twice; what it refuses is said as the service says
    it; and when the service is away it says so."""
    async with through(tmp_path, service) as (gateway, http):
        upload = f"{gateway.plain_url}{API}/upload-video?a=b"
        async with http.post(upload, allow_redirects=False) as answer:
            assert answer.status == 308
            assert answer.headers["Location"] == f"https://127.0.0.1{API}/upload-video?a=b"
        async with http.get(f"{gateway.plain_url}/gateway") as answer:
            assert answer.status == 200
        async with http.get(f"{gateway.url}/") as answer:
            assert [len(answer.headers.getall(name)) for name in ONE_OF_A_KIND] == [1] * 4
        assert await _refusal(http, f"{gateway.url}/metrics") == (404, "NOT_FOUND")
        too_large = BytesIO(bytes((1 << 20) + 1))
        assert await _refusal(http, f"{gateway.url}/", too_large) == (413, "FILE_TOO_LARGE")
        await service.runner.cleanup()
        assert await _refusal(http, f"{gateway.url}/") == (503, "SERVER_CLOSING")


async def _refusal(http: ClientSession, url: str, body: BytesIO | None = None) -> tuple[int, str]:
    method = "GET" if body is None else "POST"
    async with http.request(method, url, data=body) as answer:
        said = await answer.json()
        assert said["request_id"] == answer.headers["X-Request-Id"]
        assert [len(answer.headers.getall(name)) for name in ONE_OF_A_KIND] == [1] * 4
        return answer.status, said["error"]
