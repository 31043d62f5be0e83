"""Two instances that reach each other at addresses, as machines and pods do: what reaches the wrong
one is passed on, and who asks is found out once, by the one that has the session."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientSession, TCPConnector
from yarl import URL

from server import answering, erasure, furnishing
from server.answering import LEFT
from server.connections.runner import Inside
from server.instances import lodging, neighbours, passing
from server.instances.instance import INSTANCE
from server.instances.passing import PASSED_ON
from server.traces import opened
from storage.workspace import INCOMING
from tests.films import film
from tests.integration.client import LiveClient, realtime_path
from tests.integration.collector import Collector, collector
from tests.integration.programs import free_port
from tests.integration.redis import Redis
from tests.integration.sealed import KEY
from tests.integration.service import Service, StartService, eventually
from tests.logged import logged
from tests.pictures import jpeg
from tests.signing import FORM, KEYS, form_of, signed

__all__ = ["collector"]

API: Final = "/api/hair-tryOn"
CALL: Final = f"{API}/webrtc/s1?user_id=u1"
WATCH: Final = f"{API}/whep/s1?user_id=u1"
OTHER_KEY: Final = base64.b64encode(bytes(32)).decode()


Started = list[tuple[Service, Inside]]
Start = Callable[..., Awaitable[Started]]


@pytest.fixture
async def start(start_service: StartService, redis: Redis, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts the two, with a Redis that they share; each with where others reach it."""
    async with AsyncExitStack() as stack:

        async def both(keys: tuple[str, str] = (KEY, KEY), **settings: Any) -> Started:
            started = list[tuple[Service, Inside]]()
            for number, key in enumerate(keys):
                address = f"127.0.0.1:{free_port()}"
                service = await start_service(
                    data_dir=tmp_path / str(number),
                    redis_url=redis.url,
                    file_keys=key,
                    instance_address=address,
                    **settings,
                )
                inside = Inside(service.runner, address)
                await inside.open()
                stack.push_async_callback(inside.close)
                started.append((service, inside))
            return started

        yield both


async def asked(
    http: ClientSession, service: Service, method: str, target: str, **others: Any
) -> tuple[int, str]:
    """Status and code of the answer."""
    url = URL(service.caller.url + target, encoded=True)
    async with http.request(method, url, **others) as answer:
        is_json = answer.content_type == "application/json"
        said = await answer.json() if is_json else {}
        return answer.status, said.get("error", "")


async def test_a_signature_is_good_for_one_look(start: Start, http: ClientSession) -> None:
    """That of the instance which answers: the one that passes it on has not used it up, and it is
    used up then for both; another body is found there too."""
    (one, _), (two, _) = await start(signing_keys=KEYS)
    path = realtime_path("s1", "salon")
    client = LiveClient(
        await http.ws_connect(one.caller.url + path, headers=signed("GET", path), max_msg_size=0)
    )
    assert (await client.receive())["type"] == "connection_established"
    await client.ask("set_look", look={"color": "copper"})
    target, body = f"{API}/sessions/s1/snapshot", form_of({"user_id": "salon"})
    headers = {**signed("POST", target, body), **FORM}
    asking = asyncio.create_task(asked(http, two, "POST", target, headers=headers, data=body))
    while not asking.done():
        await client.process("f1", jpeg())
    assert await asking == (200, "")
    for service in (one, two):
        again = await asked(http, service, "POST", target, headers=headers, data=body)
        assert again == (401, "UNAUTHORIZED")
    headers = {**signed("POST", target, body), **FORM}
    other = form_of({"user_id": "salon", "engine": "local"})
    assert (await asked(http, two, "POST", target, headers=headers, data=other))[0] == 401
    await client.close()


async def test_a_gateway_is_known_by_its_address(start: Start) -> None:
    """By that from which it asked, and not by that of the instance which passed it on."""
    (one, _), (two, _) = await start(gateways="127.0.0.2")
    connector = TCPConnector(local_addr=("127.0.0.2", 0))
    async with ClientSession(connector=connector) as gateway, ClientSession() as http:
        url, mine = one.caller.url + realtime_path("s1", "u1"), {"X-User-Id": "u1"}
        async with gateway.ws_connect(url, headers=mine) as socket:
            await socket.receive()
            missing = await asked(gateway, two, "DELETE", CALL, headers=mine)
            assert missing == (404, "NOT_FOUND")
            others = await asked(gateway, two, "DELETE", CALL, headers={"X-User-Id": "u2"})
            assert others == (403, "FORBIDDEN")
            assert (await asked(http, two, "DELETE", CALL, headers=mine))[0] == 401


async def test_what_is_passed_on_counts_once(start: Start, http: ClientSession) -> None:
    """Towards the limits, and in the meters: there of the instance that was asked."""
    (one, _), (two, _) = await start(connections_per_minute=3)
    await one.caller.join()
    answers = [(await asked(http, two, "POST", WATCH, data=b""))[0] for _ in range(3)]
    assert answers == [404, 404, 429]
    labels = {"method": "POST", "endpoint": f"{API}/whep/{{session_id}}", "status": "404"}
    counts = [
        service.services.meters.registry.get_sample_value("hair_tryon_requests_total", labels)
        for service in (one, two)
    ]
    assert counts == [None, 2]


async def test_nobody_works_on_for_who_has_left(start: Start, http: ClientSession) -> None:
    """What was passed on for them is broken off; a line tells of it where it was worked on, and
    not where it was asked for."""
    (one, _), (two, _) = await start()
    client = await one.caller.join()
    await client.ask("set_look", look={"color": "copper"})
    target, body = f"{API}/sessions/s1/snapshot", form_of({"user_id": "u1"})
    asking = asyncio.create_task(asked(http, two, "POST", target, headers=FORM, data=body))
    session = one.live.find("s1", "u1")
    assert session is not None
    await eventually(lambda: session.shots.is_taken)
    with logged(answering) as lines:
        asking.cancel()
        await eventually(lambda: bool(lines))
        await client.process("f1", jpeg())
        await eventually(lambda: len(lines) == 2)
    passed_on, worked_on = lines
    assert (passed_on["event"], passed_on["status"]) == ("request passed on", LEFT)
    assert worked_on["event"] != "request passed on"
    assert worked_on["request_id"] == passed_on["request_id"]
    labels = {"method": "POST", "endpoint": f"{API}/sessions/{{session_id}}/snapshot",
              "status": "499"}  # fmt: skip
    registry = two.services.meters.registry
    await eventually(lambda: registry.get_sample_value("hair_tryon_requests_total", labels) == 1)


async def test_what_is_passed_on_is_one_trace(
    start: Start, http: ClientSession, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which the client cannot name; what instances ask each other besides is none."""
    monkeypatch.setattr(opened, "WAIT_S", 0.05)
    (one, _), (two, _) = await start(otlp_endpoint=collector.url)
    first = await one.caller.join()
    theirs = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    assert (await asked(http, two, "DELETE", CALL, headers=theirs))[0] == 404
    name = f"DELETE {API}/webrtc/{{session_id}}"
    await eventually(lambda: len(collector.named(name)) == 2)
    whole, part = sorted(collector.named(name), key=lambda span: span.parent_id)
    assert (whole.parent_id, whole.trace_id) == ("", part.trace_id)
    assert collector.parts_of(whole) == [part]
    assert whole.trace_id != "a" * 32
    await two.caller.join()
    await first.until_closed()
    await asked(http, two, "DELETE", CALL)
    await eventually(lambda: len(collector.named(name)) == 3)
    assert not collector.named("POST")


async def test_what_another_does_not_trace_is_not_traced(
    start: Start, http: ClientSession, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That which was asked has chosen for both."""
    monkeypatch.setattr(opened, "WAIT_S", 0.05)
    (one, _), (two, _) = await start(otlp_endpoint=collector.url)
    await one.caller.join()
    monkeypatch.setattr(two.services.traces, "_share", 0.0)
    assert (await asked(http, two, "DELETE", CALL))[0] == 404
    assert (await asked(http, one, "DELETE", CALL))[0] == 404
    await eventually(lambda: bool(collector.named(f"DELETE {API}/webrtc/{{session_id}}")))
    assert len(collector.named(f"DELETE {API}/webrtc/{{session_id}}")) == 1


async def test_nothing_is_passed_on_twice(start: Start, http: ClientSession) -> None:
    """Each takes the session for the other's; it is nobody's."""
    (one, _), (two, _) = await start()
    homes = one.app[INSTANCE].lodging._homes
    await homes.claim("s1", two.app[INSTANCE].address, 0)
    assert await asked(http, one, "DELETE", CALL) == (404, "NOT_FOUND")
    await homes.claim("s1", one.app[INSTANCE].address, 0)
    assert await asked(http, two, "DELETE", CALL) == (404, "NOT_FOUND")


async def test_an_instance_that_cannot_be_reached_is_gone(
    start: Start, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had is nowhere; its sessions are taken up elsewhere, and end there as soon as it
    hears of that."""
    monkeypatch.setattr(lodging, "RENEW_S", 0.2)
    (one, inside), (two, _) = await start()
    first = await one.caller.join()
    await inside.close()
    assert await asked(http, two, "DELETE", CALL) == (404, "NOT_FOUND")
    second = await two.caller.join()
    assert (await first.until_closed()).code == 4409
    assert (await second.process("f1", jpeg()))["type"] == "processed_frame"


async def test_without_redis_it_is_not_said_that_there_is_none(
    start: Start, http: ClientSession, redis: Redis
) -> None:
    """The call is at the other instance, where it is found at once."""
    (one, _), (two, _) = await start()
    await one.caller.join()
    redis.stop()
    assert await asked(http, two, "DELETE", CALL) == (503, "SERVER_FULL")
    assert await asked(http, one, "DELETE", CALL) == (404, "NOT_FOUND")


async def test_a_request_may_name_the_whole_address(start: Start) -> None:
    """As those do that come by a proxy (RFC 9112, 3.2.2); and more than it is about."""
    (one, _), (two, _) = await start()
    await one.caller.join()
    for target in (f"http://localhost{CALL}", f"{CALL}#here"):
        reader, writer = await asyncio.open_connection("127.0.0.1", two.runner.addresses[0][1])
        writer.write(f"DELETE {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 404 ")
        writer.close()
        await writer.wait_closed()


async def test_a_body_that_breaks_is_its_clients_fault(start: Start) -> None:
    """Whichever instance reads it; nothing is said of the other."""
    (one, _), (two, _) = await start()
    await one.caller.join()
    fields = "".join(f"{name}: {value}\r\n" for name, value in FORM.items())
    head = f"POST {API}/sessions/s1/snapshot HTTP/1.1\r\nHost: localhost\r\n{fields}"
    places = two.app[PASSED_ON]
    free = places._free
    reader, writer = await asyncio.open_connection("127.0.0.1", two.runner.addresses[0][1])
    with logged(passing) as lines:
        writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n2\r\n--\r\n".encode())
        await eventually(lambda: places._free == free - 1)
        writer.write(b"no size\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
    writer.close()
    await writer.wait_closed()
    assert "another instance does not answer" not in [line["event"] for line in lines]


async def test_instances_with_other_keys_are_not_believed(
    start: Start, http: ClientSession
) -> None:
    """And that is told; sessions can be taken up all the same."""
    (one, _), (two, _) = await start(keys=(KEY, OTHER_KEY))
    await one.caller.join()
    assert await asked(http, two, "DELETE", CALL) == (503, "SERVER_FULL")
    await two.caller.join()


async def test_a_film_on_its_way_is_found_by_an_erasure_elsewhere(
    start: Start, http: ClientSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also if it says at its end only whose it is."""
    monkeypatch.setattr(erasure, "OTHERS_S", 0.01)
    (one, _), (two, _) = await start()
    erased, incoming = asyncio.Event(), tmp_path / "0" / "work" / INCOMING
    film_part = form_of({}, {"video": film()}).rpartition(b"\r\n--")[0]

    async def pieces() -> AsyncIterator[bytes]:
        yield film_part
        await erased.wait()
        yield b"\r\n" + form_of({"user_id": "u1"})

    sending = asyncio.create_task(
        asked(http, one, "POST", f"{API}/upload-video", headers=FORM, data=pieces())
    )
    await eventually(lambda: any(incoming.iterdir()))
    assert (await asked(http, two, "DELETE", f"{API}/user/u1/data"))[0] == 200
    erased.set()
    assert await sending == (409, "DATA_ERASED")


async def test_a_picture_may_take_as_long_as_the_cloud(
    start: Start, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is paid for, whoever waits for it."""
    monkeypatch.setattr(neighbours, "ANSWER_S", 0.1)
    (one, _), (two, _) = await start()
    monkeypatch.setattr(two.app[INSTANCE].neighbours, "_body_timeout_s", 0.0)
    client = await one.caller.join()
    await client.ask("set_look", look={"color": "copper"})
    target, body = f"{API}/sessions/s1/snapshot", form_of({"user_id": "u1"})
    asking = asyncio.create_task(asked(http, two, "POST", target, headers=FORM, data=body))
    session = one.live.find("s1", "u1")
    assert session is not None
    await eventually(lambda: session.shots.is_taken)
    await asyncio.wait([asking], timeout=0.3)
    await client.process("f1", jpeg())
    assert await asking == (200, "")


async def test_one_session_leaves_places_to_the_others(
    start: Start, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slowly is sent what is to be passed on to it."""
    monkeypatch.setattr(furnishing, "PASSED_ON_OF_ONE", 2)
    (one, _), (two, _) = await start()
    for session_id in ("s1", "s2"):
        await one.caller.join(session_id)
    done, places, target = asyncio.Event(), two.app[PASSED_ON], f"{API}/sessions/s1/snapshot"

    async def slow() -> AsyncIterator[bytes]:
        yield b"--"
        await done.wait()

    free = places._free
    sending = [
        asyncio.create_task(asked(http, two, "POST", target, headers=FORM, data=slow()))
        for _ in range(2)
    ]
    await eventually(lambda: places._free == free - 2)
    assert await asked(http, two, "DELETE", CALL) == (429, "RATE_LIMITED")
    assert (await asked(http, two, "DELETE", CALL.replace("s1", "s2")))[0] == 404
    done.set()
    assert [status for status, _ in await asyncio.gather(*sending)] == [400, 400]
