"""Who somebody is, by each of the ways in which they can show it, and what is theirs."""

from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession, WSMsgType
from yarl import URL

from processing.local.classic.engine import ClassicEngine
from server.doors.api_keys import digest_of, new_key
from server.doors.caller import NOBODY
from server.doors.entrance import DOORKEEPER
from server.doors.tickets import Tickets
from tests.integration.service import Service, StartService
from tests.integration.videos import Videos
from tests.tokens import AUDIENCE, ISSUER, SECRET, token

API: Final = "/api/hair-tryOn"
TOKENS: Final[dict[str, Any]] = {
    "jwt_secret": SECRET,
    "jwt_issuer": ISSUER,
    "jwt_audience": AUDIENCE,
}


def bearer(user_id: str, **others: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(user_id, **others)}"}


async def history(http: ClientSession, service: Service, user_id: str, **headers: str) -> int:
    """The status of asking for a user's history."""
    url = f"{service.caller.url}{API}/history/{user_id}"
    async with http.get(url, headers=headers) as answer:
        return answer.status


async def ticket(http: ClientSession, service: Service, user_id: str) -> str:
    """A ticket of this user's."""
    async with http.post(f"{service.caller.url}{API}/tickets", headers=bearer(user_id)) as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (201, "no-store")
        return str((await answer.json())["ticket"])


async def let_in(http: ClientSession, service: Service, user_id: str, name: str) -> int:
    """101 or the closing code, of a live session with this ticket."""
    url = f"{service.caller.url}{API}/realtime/s-{user_id}"
    async with http.ws_connect(url, params={"user_id": user_id, "ticket": name}) as socket:
        if (await socket.receive_json())["type"] != "error":
            return 101
        assert (await socket.receive()).type is WSMsgType.CLOSE
        return socket.close_code or 0


async def test_a_ticket_opens_a_live_session_once(
    start_service: StartService, http: ClientSession
) -> None:
    """Of the user who has it, at addresses that take tickets, and nowhere else."""
    service = await start_service(**TOKENS)
    first = await ticket(http, service, "ann")
    assert await let_in(http, service, "ann", first) == 101
    assert await let_in(http, service, "ann", first) == 4401
    assert await let_in(http, service, "bob", await ticket(http, service, "ann")) == 4403
    async with http.get(
        f"{service.caller.url}{API}/history/ann",
        params={"ticket": await ticket(http, service, "ann")},
    ) as answer:
        assert answer.status == 401
    async with http.get(
        f"{service.caller.url}{API}/user/ann/export",
        params={"ticket": await ticket(http, service, "ann")},
    ) as answer:
        assert (answer.status, answer.content_type) == (200, "application/zip")


async def test_a_gateway_is_believed_by_its_address(
    start_service: StartService, http: ClientSession, tmp_path: Path
) -> None:
    """Whom it names is who asks; from anywhere else the header says nothing."""
    service = await start_service(gateways="127.0.0.0/8, ::1", gateway_user_header="X-Who")
    assert await history(http, service, "ann", **{"X-Who": "ann"}) == 200
    assert await history(http, service, "ann", **{"X-Who": "bob"}) == 403
    assert await history(http, service, "ann", **{"X-Who": "../ann"}) == 401
    assert await history(http, service, "ann") == 401
    elsewhere = await start_service(
        gateways="10.0.0.0/8, 127.0.0.2", gateway_user_header="X-Who", data_dir=tmp_path / "other"
    )
    assert await history(http, elsewhere, "ann", **{"X-Who": "ann"}) == 401
    forwarded = {"X-Who": "ann", "X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1"}
    assert await history(http, elsewhere, "ann", **forwarded) == 401


async def test_meters_are_read_from_their_networks(
    start_service: StartService, http: ClientSession, tmp_path: Path
) -> None:
    """Without credentials, by who connects from there; nothing else is, and from anywhere else an
    address that is only told of does not count."""

    async def scraped(service: Service, **headers: str) -> int:
        async with http.get(f"{service.caller.url}/metrics", headers=headers) as answer:
            return answer.status

    keys: dict[str, Any] = {"api_keys": f"salon={digest_of(new_key())}"}
    service = await start_service(metrics_networks="127.0.0.0/8, ::1", **keys)
    assert await scraped(service) == 200
    assert await history(http, service, "ann") == 401
    assert await scraped(service, **{"X-Forwarded-For": "127.0.0.1"}) == 401
    elsewhere = await start_service(
        metrics_networks="10.0.0.0/8", proxies="127.0.0.1", data_dir=tmp_path / "other", **keys
    )
    assert await scraped(elsewhere) == 401
    assert await scraped(elsewhere, **{"X-Forwarded-For": "10.0.0.1"}) == 401
    assert await scraped(elsewhere, Forwarded="for=10.0.0.1") == 401


async def test_an_enterprise_acts_for_its_customers(
    start_service: StartService, http: ClientSession
) -> None:
    """By its key: for itself and for those whose ids begin with its own."""
    key = new_key()
    service = await start_service(api_keys=f"salon={digest_of(key)}, studio={digest_of(new_key())}")
    mine = {"X-API-Key": key}
    asked = [await history(http, service, user, **mine) for user in ("salon", "salon:ann", "salons",
                                                                     "studio", "ann")]  # fmt: skip
    assert asked == [200, 200, 403, 403, 403]
    assert await history(http, service, "salon", **{"X-API-Key": new_key()}) == 401
    assert await history(http, service, "salon") == 401


async def test_whoever_is_refused_is_told_what_is_needed(
    start_service: StartService, http: ClientSession, tmp_path: Path
) -> None:
    """By the ways that there are; what a proxy on the way wants besides is in none's way."""
    key, basic = new_key(), {"Authorization": "Basic eDp5"}
    keys = f"salon={digest_of(key)}"
    service = await start_service(api_keys=keys)
    both = await start_service(**TOKENS, api_keys=keys, data_dir=tmp_path / "other")
    for one, needed in (
        (service, "a key (X-API-Key)"),
        (both, "a token (Authorization: Bearer …) or a key (X-API-Key)"),
    ):
        async with http.get(f"{one.caller.url}{API}/me", headers=basic) as answer:
            assert (await answer.json())["message"] == f"Needed is {needed}"
        assert await history(http, one, "salon", **basic, **{"X-API-Key": key}) == 200
    twice = [("Authorization", f"Bearer {token('ann')}")] * 2
    async with http.get(f"{both.caller.url}{API}/me", headers=twice) as answer:
        assert (await answer.json())["message"] == "Authorization: is there 2 times"


async def test_ids_are_as_auth_services_make_them(start_service: StartService) -> None:
    """Signs in them mean something in addresses: what is theirs is found, and erased."""
    service = await start_service(**TOKENS)
    who = "auth0|5f7c:a+b@c.d"
    async with ClientSession(headers=bearer(who)) as mine:
        await Videos(mine, service.caller.url).upload(user_id=who)
        assert await let_in(mine, service, "auth0", await ticket(mine, service, who)) == 4403
        assert await history(mine, service, who) == 200
        assert await history(mine, service, "auth0") == 403
        url = URL(service.caller.url).joinpath(API.strip("/"), "user", who, "data")
        async with mine.delete(url) as answer:
            assert (answer.status, (await answer.json())["uploads"]) == (200, 1)


async def test_files_are_their_users(start_service: StartService, http: ClientSession) -> None:
    """Another user's file is as one that is not there; a signed address is good for everybody."""
    service = await start_service(ClassicEngine(), **TOKENS)
    ann, bob, admin = bearer("ann"), bearer("bob"), bearer("root", scope="hair-tryon:admin")
    async with ClientSession(headers=ann) as mine:
        videos = Videos(mine, service.caller.url)
        upload_id = await videos.upload(user_id="ann")
        result_id = await videos.ordered(upload_id, user_id="ann")
        url = f"{service.caller.url}{API}/result/{result_id}"
        document: dict[str, Any] = {}
        while document.get("status") != "completed":
            async with mine.get(url, params={"user_id": "ann"}) as answer:
                document = await answer.json()
    for name in ("video_url", "thumbnail_url"):
        plain, signed = document[name], document[f"signed_{name}"]
        statuses = []
        for path, headers in [(plain, {}), (plain, bob), (plain, ann), (plain, admin), (signed, {}),
                              (f"{signed}x", {}), (f"{plain}?signature=x", {})]:  # fmt: skip
            async with http.get(service.caller.url + path, headers=headers) as answer:
                statuses.append(answer.status)
        assert statuses == [401, 404, 200, 200, 200, 403, 403]
    async with http.get(url, params={"user_id": "bob"}, headers=bob) as answer:
        assert answer.status == 403
    async with http.get(f"{url}x", params={"user_id": "bob"}, headers=bob) as answer:
        assert answer.status == 404


async def test_another_users_upload_cannot_be_told_from_none(
    start_service: StartService, http: ClientSession
) -> None:
    """Who orders with it is told that there is no such upload."""
    service = await start_service(ClassicEngine(), **TOKENS)
    async with ClientSession(headers=bearer("ann")) as mine:
        upload_id = await Videos(mine, service.caller.url).upload(user_id="ann")
    async with ClientSession(headers=bearer("bob")) as other:
        videos = Videos(other, service.caller.url)
        answers = [await videos.order(one, user_id="bob") for one in (upload_id, "none")]
        documents = [await answer.json() for answer in answers]
    assert [answer.status for answer in answers] == [404, 404]
    assert documents[0]["message"] == documents[1]["message"]


async def test_a_demos_ticket_opens_no_closed_door(
    start_service: StartService, http: ClientSession, tmp_path: Path
) -> None:
    """Though both seal with the same keys: nobody has shown anything there."""
    key: dict[str, Any] = {"file_keys": f"{'A' * 43}="}
    demo = await start_service(**key, data_dir=tmp_path / "demo")
    async with http.post(f"{demo.caller.url}{API}/tickets") as answer:
        name = str((await answer.json())["ticket"])
    closed = await start_service(**key, **TOKENS)
    keyring = closed.services.files.keyring
    sealed = Tickets(keyring, closed.app[DOORKEEPER].tickets._uses, closed.services.clock)
    assert await let_in(http, closed, "ann", name) == 4401
    assert await let_in(http, closed, "ann", sealed.issue(NOBODY)) == 4403
