"""How often somebody may do something: counted for users and addresses, by all servers together."""

import asyncio
from collections import Counter
from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession, FormData

from server.doors.api_keys import digest_of, new_key
from server.doors.costs import Costs
from server.doors.entrance import LIMITS
from server.keys import PHOTOS_COMING, UPLOADS
from server.places import Places
from server.replies import RequestRefused
from storage.redis_link import RedisLink
from storage.redis_windows import RedisWindows
from storage.windows import Window
from tests.films import Recipe, film
from tests.integration.client import realtime_path
from tests.integration.raw_requests import request
from tests.integration.redis import Redis
from tests.integration.service import Service, StartService, eventually
from tests.tokens import ADMIN, AUDIENCE, ISSUER, SECRET, token

API: Final = "/api/hair-tryOn"
TOKENS: Final[dict[str, Any]] = {
    "jwt_secret": SECRET,
    "jwt_issuer": ISSUER,
    "jwt_audience": AUDIENCE,
}
FILM: Final = film(Recipe(frames=2))


def bearer(user_id: str, **others: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(user_id, **others)}"}


def form(user_id: str, data: bytes = FILM, *, user_first: bool = True) -> FormData:
    """An upload."""
    made = FormData(default_to_multipart=True)
    if user_first:
        made.add_field("user_id", user_id)
    made.add_field("video", BytesIO(data), filename="me.mp4", content_type="video/mp4")
    if not user_first:
        made.add_field("user_id", user_id)
    return made


async def upload(http: ClientSession, service: Service, data: FormData, **headers: str) -> int:
    url = f"{service.caller.url}{API}/upload-video"
    async with http.post(url, data=data, headers=headers) as answer:
        await answer.read()
        return answer.status


async def history(
    http: ClientSession, service: Service, user_id: str = "ann", **headers: str
) -> tuple[int, dict[str, str]]:
    url = f"{service.caller.url}{API}/history/{user_id}"
    async with http.get(url, headers=headers) as answer:
        await answer.read()
        return answer.status, dict(answer.headers)


async def test_two_servers_count_together(
    redis: Redis, start_service: StartService, tmp_path: Path, http: ClientSession
) -> None:
    """200 uploads of one user's at once, at two servers on one Redis: ten pass, and no more."""
    limits: dict[str, Any] = {"redis_url": redis.url, "uploads_per_hour": 10, "max_uploads": 400}
    servers = [await start_service(data_dir=tmp_path / name, **limits) for name in "ab"]
    orders = (upload(http, servers[number % 2], form("ann")) for number in range(200))
    assert Counter(await asyncio.gather(*orders)) == {200: 10, 429: 190}
    assert await upload(http, servers[0], form("bob")) == 200
    with redis.client() as client:
        names = client.keys("*window*")
        assert names
        assert not [name for name in names if b"ann" in name]
        assert all(0 < client.pttl(name) <= 3_600_000 for name in names)


async def test_calls_are_counted_and_told(start_service: StartService, http: ClientSession) -> None:
    """What lists counts; the last answers say what is left, and when to come again."""
    service = await start_service(calls_per_hour=2)
    for left in (1, 0):
        status, headers = await history(http, service)
        assert (status, headers["RateLimit-Policy"]) == (200, '"calls";q=2;w=3600')
        assert headers["RateLimit"] == f'"calls";r={left};t=3600'
    status, headers = await history(http, service)
    assert (status, headers["RateLimit"][:15]) == (429, '"calls";r=0;t=3')
    assert 3590 < int(headers["Retry-After"]) <= 3600
    assert (await history(http, service, "bob"))[0] == 200


async def test_other_sites_use_up_nothing(start_service: StartService, http: ClientSession) -> None:
    """A picture or a window of another site's page is asked for with what a gateway knows of the
    visitor, whose calls they would be."""
    service = await start_service(gateways="127.0.0.1", calls_per_hour=1)
    ann, elsewhere = {"X-User-Id": "ann"}, {"Sec-Fetch-Site": "cross-site"}
    for _ in range(3):
        assert (await history(http, service, **ann, **elsewhere))[0] == 403
    async with http.get(f"{service.caller.url}{API}/me", headers=ann | elsewhere) as answer:
        assert answer.status == 200
    assert (await history(http, service, **ann, **{"Sec-Fetch-Site": "none"}))[0] == 200


async def test_what_does_not_count(start_service: StartService, http: ClientSession) -> None:
    """How a result is, files, what keeps live sessions going, and everybody's rights."""
    service = await start_service(calls_per_hour=1, connections_per_minute=1)
    await history(http, service)
    for path in ("result/r1?user_id=ann", "result/r1/events?user_id=ann", "ice-servers",
                 "health", "about", "shades", "user/ann/export"):  # fmt: skip
        async with http.get(f"{service.caller.url}{API}/{path}") as answer:
            assert answer.status in (200, 404), path
            assert "RateLimit" not in answer.headers
    async with http.delete(f"{service.caller.url}{API}/user/ann/data") as answer:
        assert answer.status == 200
    assert (await history(http, service))[0] == 429


async def test_an_upload_is_refused_before_its_film_is_read(
    start_service: StartService, http: ClientSession
) -> None:
    """Where it is known whose it is; what was refused is no call."""
    service = await start_service(**TOKENS, uploads_per_hour=1, calls_per_hour=2)
    assert await upload(http, service, form("ann"), **bearer("ann")) == 200
    for _ in range(3):
        late = form("ann", bytes(10_000_000), user_first=False)
        assert await upload(http, service, late, **bearer("ann")) == 429
    assert (await history(http, service, **bearer("ann")))[0] == 200
    assert (await history(http, service, **bearer("ann")))[0] == 429


async def test_whoever_acts_for_a_user(start_service: StartService, http: ClientSession) -> None:
    """An admin's and an enterprise's requests are those of the user whom they name."""
    key = new_key()
    keys = f"salon={digest_of(key)}"
    service = await start_service(**TOKENS, api_keys=keys, uploads_per_hour=1, calls_per_hour=2)
    salon = {"X-API-Key": key}
    root = bearer("root", scope=ADMIN)
    for user_id in ("salon:a", "salon:b"):
        assert await upload(http, service, form(user_id), **salon) == 200
        assert await upload(http, service, form(user_id), **salon) == 429
    assert (await history(http, service, "salon:a", **root))[0] == 200
    assert (await history(http, service, "salon:a", **salon))[0] == 429
    assert (await history(http, service, "ann", **root))[0] == 200


async def test_the_forms_user_counts(start_service: StartService, http: ClientSession) -> None:
    """Whoever else the address names."""
    service = await start_service(uploads_per_hour=1)
    url = f"{service.caller.url}{API}/upload-video?user_id="
    for name, expected in (("bob", 200), ("eve", 429)):
        async with http.post(url + name, data=form("ann")) as answer:
            assert answer.status == expected
    assert await upload(http, service, form("bob")) == 200


async def test_a_form_that_names_nobody(start_service: StartService, http: ClientSession) -> None:
    """It counts as its sender's own."""
    key = new_key()
    service = await start_service(api_keys=f"salon={digest_of(key)}", uploads_per_hour=2)
    nameless = FormData({"other": "x"}, default_to_multipart=True)
    for data, expected in ((nameless, 422), (form("salon"), 200), (form("salon"), 429)):
        assert await upload(http, service, data, **{"X-API-Key": key}) == expected


async def test_used_up_calls_cost_no_uploads(
    start_service: StartService, http: ClientSession
) -> None:
    """What is refused for one reason uses up nothing of another's."""
    service = await start_service(uploads_per_hour=5, calls_per_hour=1)
    assert (await history(http, service))[0] == 200
    url = f"{service.caller.url}{API}/upload-video"
    for _ in range(2):
        async with http.post(url, data=form("ann")) as answer:
            assert answer.status == 429
            assert answer.headers["RateLimit-Policy"] == '"calls";q=1;w=3600'
    windows, uploads = service.app[LIMITS].windows, service.app[LIMITS].of[Costs.UPLOAD][0]
    assert (await windows.look(uploads, sha256(b"user ann").hexdigest())).left == 5


async def test_a_redis_that_forgets(
    redis: Redis, start_service: StartService, http: ClientSession
) -> None:
    """Each server knows what it has let through."""
    service = await start_service(redis_url=redis.url, calls_per_hour=1)
    assert (await history(http, service))[0] == 200
    with redis.client() as client:
        client.flushall()
    assert (await history(http, service))[0] == 429


async def test_a_full_server_counts_nothing(
    start_service: StartService, http: ClientSession
) -> None:
    """503, before anything is looked at: whoever comes again has lost nothing."""
    service = await start_service(**TOKENS, max_uploads=1, uploads_per_hour=1)
    with service.app[UPLOADS].one():
        for _ in range(3):
            assert await upload(http, service, form("ann"), **bearer("ann")) == 503
        assert await upload(http, service, form("ann")) == 503
    assert await upload(http, service, form("ann"), **bearer("ann")) == 200


async def test_one_sender_keeps_nobody_out(
    start_service: StartService, http: ClientSession
) -> None:
    """Who sends as slowly as may be has a part of the places, and all others are for others."""
    service = await start_service(**TOKENS, max_uploads=4, max_photos=1, uploads_per_hour=3)
    for path, places in (("upload-video", UPLOADS), ("try-on", PHOTOS_COMING)):
        for _ in range(2):
            client = await service.caller.connect_plain()
            head = request(f"POST {API}/{path}", f"Authorization: {bearer('ann')['Authorization']}",
                           "Content-Type: multipart/form-data; boundary=B", "Content-Length: 99",
                           )  # fmt: skip
            await client.send_raw(head + b"--B\r\n")
        await eventually(partial(has_no_place, service.app[places], "ann"))
    for _ in range(3):
        assert await upload(http, service, form("ann"), **bearer("ann")) == 429
    url = f"{service.caller.url}{API}/try-on"
    for user_id, status in (("ann", 429), ("bob", 422)):
        async with http.post(url, data=form(user_id), headers=bearer(user_id)) as answer:
            assert answer.status == status
    assert await upload(http, service, form("bob"), **bearer("bob")) == 200
    windows, uploads = service.app[LIMITS].windows, service.app[LIMITS].of[Costs.UPLOAD][0]
    assert (await windows.look(uploads, sha256(b"user ann").hexdigest())).left == 1


def has_no_place(places: Places, user_id: str) -> bool:
    try:
        places.check(user_id)
    except RequestRefused:
        return True
    return False


async def test_live_connections_of_an_address(start_service: StartService) -> None:
    """Whoever's they are; a proxy's word is taken for the address, and nobody else's."""
    service = await start_service(connections_per_minute=1, proxies="127.0.0.1")
    one, other = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.1, 192.0.2.2"}
    assert await _greeted(service, "s1", **one) == "connection_established"
    assert await _greeted(service, "s2", **one) == "RATE_LIMITED"
    assert await _greeted(service, "s3", **other) == "connection_established"
    url = f"{service.caller.url}{API}/webrtc/s4?user_id=u1"
    async with service.caller.http.post(url, data="v=0", headers=one) as answer:
        assert (answer.status, (await answer.json())["error"]) == (429, "RATE_LIMITED")


async def test_a_limit_is_told_apart(start_service: StartService) -> None:
    """In a socket as in an answer: how much within how long, and when again. How much may go on at
    once says nothing of that."""
    service = await start_service(connections_per_minute=2, max_user_sessions=1)
    client = await service.caller.join("s1")
    assert "details" not in await _first(service, "s2")
    url = f"{service.caller.url}{API}/webrtc/s2?user_id=u1"
    async with service.caller.http.post(url, data="v=0") as answer:
        by_call = (await answer.json())["details"]["limit"]
    by_socket = (await _first(service, "s2"))["details"]["limit"]
    for limit in (by_call, by_socket):
        assert 0 < limit.pop("again_in_s") <= 60
        assert limit == {"name": "connections", "amount": 2, "within_s": 60}
    await client.close()


async def test_who_shows_nothing_connects_no_more_often(start_service: StartService) -> None:
    """An address is counted before it is found out who asks."""
    service = await start_service(**TOKENS, connections_per_minute=1)
    assert await _greeted(service, "s1") == "UNAUTHORIZED"
    assert await _greeted(service, "s1", **bearer("u1")) == "RATE_LIMITED"


async def _greeted(service: Service, session_id: str, **headers: str) -> str:
    """The first word of a live session, or why there is none."""
    first = await _first(service, session_id, **headers)
    return str(first.get("error", first["type"]))


async def _first(service: Service, session_id: str, **headers: str) -> dict[str, Any]:
    url = service.caller.url + realtime_path(session_id, "u1")
    async with service.caller.http.ws_connect(url, headers=headers) as socket:
        first: dict[str, Any] = await socket.receive_json()
        return first


async def test_live_sessions_of_a_user(start_service: StartService) -> None:
    """So many at once; one that comes back, and other users, are let in."""
    service = await start_service(max_user_sessions=1)
    client = await service.caller.join("s1")
    assert await _greeted(service, "s2") == "RATE_LIMITED"
    again = await service.caller.connect("s1")
    assert (await again.receive())["type"] == "connection_established"
    await client.close()
    await again.close()
    await service.settled()
    assert await _greeted(service, "s2") == "connection_established"


async def test_without_redis_each_counts_alone(
    redis: Redis, start_service: StartService, http: ClientSession
) -> None:
    """A Redis that is away keeps nobody out, and lets nobody begin anew."""
    service = await start_service(redis_url=redis.url, calls_per_hour=2)
    assert (await history(http, service))[0] == 200
    await asyncio.to_thread(redis.stop)
    assert [(await history(http, service))[0] for _ in range(3)] == [200, 429, 429]


async def test_windows_on_redis(redis: Redis) -> None:
    """The first is free again when its time is over, and the others are not."""
    link = RedisLink(redis.url)
    windows, window = RedisWindows(link), Window("quick", 2, 1)
    first = await windows.take(window, "a")
    assert (first.is_free, first.left) == (True, 1)
    assert 0.5 < first.again_s <= 1
    await asyncio.sleep(0.3)
    assert (await windows.take(window, "a")).left == 0
    refused = await windows.take(window, "a")
    assert not refused.is_free
    assert (await windows.take(window, "b")).is_free
    await asyncio.sleep(refused.again_s + 0.05)
    assert (await windows.take(window, "a")).is_free
    assert not (await windows.take(window, "a")).is_free
    await link.close()
