"""Pages of other sites: those that are listed may ask, the others may change nothing."""

from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientSession, FormData, WSServerHandshakeError

from server.doors.origins import METHODS
from server.routes import told
from tests.integration.service import Service, StartService
from tests.tokens import AUDIENCE, ISSUER, SECRET

API: Final = "/api/hair-tryOn"
APP: Final = "https://app.example.com"
OTHERS: Final = ["https://evil.example", "null", "https://app.example.com.evil.example", "*",
                 "http://app.example.com", "https://app.example.com:8443", "", "é", "http://[",
                 "http://a]b"]  # fmt: skip
PERMISSIONS: Final = "Access-Control-Allow-"


@pytest.fixture
async def service(start_service: StartService) -> Service:
    """One whose app lives elsewhere."""
    return await start_service(origins=f"https://other.example, {APP}")


async def ask(service: Service, method: str, path: str, origin: str | None, **rest: Any) -> Any:
    """The answer to a page's request."""
    headers = {**rest.pop("headers", {}), **({} if origin is None else {"Origin": origin})}
    url = service.caller.url + path
    async with service.caller.http.request(method, url, headers=headers, **rest) as answer:
        await answer.read()
        return answer


def permissions(answer: Any) -> list[str]:
    """The names of what a browser is permitted."""
    return [name for name in answer.headers if name.startswith(PERMISSIONS)]


async def test_a_listed_page_may_ask(service: Service) -> None:
    """It is named, whatever the answer is; other names of headers are told to it."""
    for path, status in [("shades", 200), ("history/ann", 200), ("nowhere", 404)]:
        answer = await ask(service, "GET", f"{API}/{path}", APP)
        assert answer.status == status
        assert answer.headers["Access-Control-Allow-Origin"] == APP
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert "X-Request-Id" in answer.headers["Access-Control-Expose-Headers"]
        assert "Origin" in answer.headers.getall("Vary")
    deleted = await ask(service, "DELETE", f"{API}/user/ann/data", APP)
    assert deleted.status == 200


async def test_a_preflight_needs_no_credentials(start_service: StartService) -> None:
    """Browsers send none with it."""
    service = await start_service(
        origins=APP, jwt_secret=SECRET, jwt_issuer=ISSUER, jwt_audience=AUDIENCE
    )
    asked = {"Access-Control-Request-Method": "POST"}
    for path in ("upload-video", "webrtc/s1?user_id=ann", "nowhere"):
        answer = await ask(service, "OPTIONS", f"{API}/{path}", APP, headers=asked)
        assert (answer.status, answer.headers["Access-Control-Max-Age"]) == (204, "3600")
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        foreign = await ask(service, "OPTIONS", f"{API}/{path}", OTHERS[0], headers=asked)
        assert foreign.status in (401, 404, 405)
        assert permissions(foreign) == []


@pytest.mark.parametrize("origin", OTHERS)
async def test_other_pages_are_permitted_nothing(service: Service, origin: str) -> None:
    """What they read is not shown to them, and what would change something is refused."""
    read = await ask(service, "GET", f"{API}/history/ann", origin)
    assert (read.status, permissions(read)) == (200, [])
    form = FormData({"user_id": "ann"}, default_to_multipart=True)
    for method, path, data in [("POST", "upload-video", form), ("DELETE", "user/ann/data", None),
                               ("POST", "webrtc/s1?user_id=ann", None),
                               ("PATCH", "webrtc/s1?user_id=ann", None)]:  # fmt: skip
        refused = await ask(service, method, f"{API}/{path}", origin, data=data)
        assert (refused.status, permissions(refused)) == (403, [])


@pytest.mark.parametrize(
    ("told", "origin", "status"),
    [
        ("same-origin", "https://outside.example", 200),
        ("same-origin", "null", 200),
        ("cross-site", "", 403),
        ("same-site", "", 403),
        ("none", "", 403),
    ],
)
async def test_browsers_say_which_page_is_the_own(
    service: Service, told: str, origin: str, status: int
) -> None:
    """They know by which scheme and name they asked, whatever a proxy has made of it; an empty
    origin stands for one of the same name."""
    origin = origin or service.caller.url.replace("http:", "https:")
    headers = {"Sec-Fetch-Site": told}
    answer = await ask(service, "DELETE", f"{API}/user/ann/data", origin, headers=headers)
    assert answer.status == status
    listed = await ask(service, "DELETE", f"{API}/user/ann/data", APP, headers=headers)
    assert listed.status == 200


async def test_of_sockets_the_name_decides_too(service: Service) -> None:
    """A socket's scheme is another than its page's, so that a browser's word may be no."""
    assert await opened(service, service.caller.url, "cross-site") == 101
    assert await opened(service, "https://outside.example", "same-origin") == 101
    assert await opened(service, "https://evil.example", "cross-site") == 403


async def opened(service: Service, origin: str | None, told: str | None = None) -> int:
    """The status of the answer to who opens a live session."""
    url = f"{service.caller.url}{API}/realtime/s1"
    headers = {} if origin is None else {"Origin": origin}
    headers |= {} if told is None else {"Sec-Fetch-Site": told}
    async with ClientSession() as http:
        try:
            async with http.ws_connect(url, params={"user_id": "ann"}, headers=headers) as socket:
                assert (await socket.receive_json())["type"] == "connection_established"
        except WSServerHandshakeError as error:
            return error.status
    return 101


@pytest.mark.parametrize("origin", OTHERS)
async def test_sockets_are_guarded(service: Service, origin: str) -> None:
    """No browser does it: a page of any site can open one."""
    assert await opened(service, origin) == 403
    assert [await opened(service, good) for good in (None, APP, service.caller.url)] == [101] * 3


async def test_without_a_list_there_is_only_the_own_page(start_service: StartService) -> None:
    """No answer varies then."""
    service = await start_service()
    answer = await ask(service, "GET", f"{API}/shades", APP)
    assert (answer.status, permissions(answer)) == (200, [])
    assert "Vary" not in answer.headers
    assert (await ask(service, "DELETE", f"{API}/user/ann/data", APP)).status == 403
    own = await ask(service, "DELETE", f"{API}/user/ann/data", service.caller.url)
    assert own.status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("LOCALHOST:80", 200), ("127.0.0.1:1", 200), ("[::1]:8000", 200),
     ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("[::2]", 421), ("[", 421),
     ("[::1]evil.example", 421)],
)  # fmt: skip
async def test_a_demo_answers_to_its_own_names(
    start_service: StartService, tmp_path: Path, host: str, status: int
) -> None:
    """Another site's name that leads here brings nobody in; who means it may have any name."""
    service = await start_service()
    answer = await ask(service, "GET", f"{API}/history/ann", None, headers={"Host": host})
    assert answer.status == status
    meant = await start_service(insecure=True, data_dir=tmp_path / "meant")
    answer = await ask(meant, "GET", f"{API}/history/ann", None, headers={"Host": host})
    assert answer.status == 200


def test_all_methods_may_be_asked_for() -> None:
    """A page that is listed can do what the table of contents has."""
    there = {one.route.method for one in told()}
    assert there <= set(METHODS.split(", "))
