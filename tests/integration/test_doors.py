"""Every address, with every kind of credential: the table of contents says which there are."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import pytest
from aiohttp import ClientSession, WSMsgType
from yarl import URL

from server import answering
from server.doors.access import Access
from server.logs import pseudonym
from server.openapi.operation import Told
from server.routes import told
from tests.integration.auth_service import AuthService, auth
from tests.integration.service import Service, StartService
from tests.logged import logged
from tests.signing import FORM, KEYS, form_of, signed
from tests.tokens import AUDIENCE, ISSUER, SECRET, KeyPairs, claims, token, unsigned

__all__ = ["auth"]

ADDRESSES: Final = told()
GUARDED: Final = [one for one in ADDRESSES if one.operation.access is not Access.PUBLIC]
FOR_ADMINS: Final = frozenset({Access.ADMIN, Access.METERS})
BODIES: Final = {"offer": b"v=0\r\n", "trickle": b"a=end-of-candidates\r\n"}
GATEWAY: Final = "127.0.0.1"


Credentials: TypeAlias = Mapping[str, str] | Callable[[str, str, bytes], Mapping[str, str]]
"""Headers, or what makes them of a request's method, its path with the query, and its body."""


@dataclass(frozen=True, slots=True)
class Signing:
    """How this service's tokens are signed, rightly and wrongly."""

    settings: Mapping[str, Any]
    good: Callable[..., str]
    forged: Callable[[], str]


def by_secret() -> Signing:
    """The auth service and this one know a secret."""
    other = "a secret that nobody gave us, of 32 bytes"
    return Signing({"jwt_secret": SECRET}, token, lambda: token(key=other))


def by_public_key(auth: AuthService) -> Signing:
    """The auth service publishes its keys; the forger signs with a public one as with a secret."""
    pairs = KeyPairs()
    auth.answer = pairs.jwks()

    def confused() -> str:
        header = {"alg": "HS256", "kid": "rsa"}
        return unsigned(claims(), header, pairs.pem("rsa")[:32])

    return Signing({"jwt_keys_url": auth.url}, lambda *a, **k: pairs.token("ec", *a, **k), confused)


@pytest.fixture(params=["secret", "public key"])
def signing(request: pytest.FixtureRequest, auth: AuthService) -> Signing:
    return by_secret() if request.param == "secret" else by_public_key(auth)


@pytest.fixture
async def service(start_service: StartService, signing: Signing) -> Service:
    """A service that lets in who has a token, and who signs."""
    return await start_service(
        jwt_issuer=ISSUER, jwt_audience=AUDIENCE, signing_keys=KEYS, **signing.settings
    )


def name_of(one: Told) -> str:
    return f"{one.route.method} {one.route.path}"


async def ask(
    http: ClientSession, service: Service, one: Told, user_id: str, credentials: Credentials
) -> tuple[int, Any]:
    """The status and the document of an answer; of a socket its closing code and last message."""
    path = one.route.path.format(
        session_id=f"s-{user_id}", result_id="r1", user_id=quote(user_id), viewer_id="v1",
        tier="free", style_id="st1",
        name=f"result_{'0' * 8}-{'0' * 4}-{'0' * 4}-{'0' * 4}-{'0' * 12}.mp4",
    )  # fmt: skip
    url = f"{service.caller.url}{path}?user_id={quote(user_id)}"
    body = BODIES.get(getattr(one.route.handler, "__name__", ""), b"")
    if one.operation.form is not None:
        body, url = form_of({"user_id": user_id}), url.partition("?")[0]
    headers = dict(FORM) if one.operation.form is not None else {}
    if not isinstance(credentials, Mapping):
        credentials = credentials(one.route.method, URL(url).raw_path_qs, body)
    headers |= credentials
    if one.operation.access is Access.SOCKET:
        return await _ask_socket(http, url, headers)
    method = http.request(one.route.method, url, headers=headers, data=body or None)
    async with method as answer:
        is_json = answer.content_type == "application/json"
        return answer.status, await answer.json() if is_json else await answer.read()


async def _ask_socket(http: ClientSession, url: str, headers: Mapping[str, str]) -> tuple[int, Any]:
    async with http.ws_connect(url, headers=headers) as socket:
        last = await socket.receive_json()
        if last["type"] != "error":
            return 101, last
        assert (await socket.receive()).type is WSMsgType.CLOSE
        return socket.close_code or 0, last


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def wrong(signing: Signing) -> dict[str, Credentials]:
    """Credentials that let nobody in."""
    good = signing.good()
    return {
        "none": {},
        "expired": bearer(signing.good(exp=int(time.time()) - 60)),
        "not yet": bearer(signing.good(nbf=int(time.time()) + 600)),
        "issuer": bearer(signing.good(iss="https://other.example.com")),
        "audience": bearer(signing.good(aud="other")),
        "alg none": bearer(unsigned(claims(), {"alg": "none", "kid": "ec"})),
        "forged": bearer(signing.forged()),
        "half": bearer(good[: len(good) // 2]),
        "no token": bearer("x"),
        "empty": bearer(""),
        "scheme": {"Authorization": f"Basic {good}"},
        "header of a gateway": {"X-User-Id": "ann"},
        "API key": {"X-API-Key": good},
        **wrongly_signed(bearer(good)),
    }


def wrongly_signed(good: Mapping[str, str]) -> dict[str, Credentials]:
    """Signatures of these very requests that are not good, beside a good token too."""
    long_ago_s = time.time() - 600
    return {
        "signed long ago": lambda *asked: signed(*asked, now_s=long_ago_s),
        "signed ahead of time": lambda *asked: signed(*asked, now_s=long_ago_s + 1200),
        "signed with another secret": lambda *asked: signed(*asked, secret=SECRET),
        "signed by nobody": lambda *asked: signed(*asked, key_id="nobody"),
        "signed by another": lambda *asked: {**signed(*asked), "X-Key-Id": "studio"},
        "another address": lambda method, target, body: signed(method, target + "&", body),
        "half a signature": lambda *asked: {**signed(*asked), "X-Signature": "v1=00"},
        "no signature": lambda *asked: {**signed(*asked), "X-Signature": "", **good},
        "a token besides": lambda *asked: {**signed(*asked, secret=SECRET), **good},
    }


async def test_nobody_gets_in_without_a_good_token(
    service: Service, http: ClientSession, signing: Signing
) -> None:
    """401 with the one shape of errors, whatever is wrong, and told in the socket's own way."""
    for one, (kind, headers) in product(GUARDED, wrong(signing).items()):
        status, document = await ask(http, service, one, "ann", headers)
        assert status in (401, 4401), (name_of(one), kind, status, document)
        assert document["error"] == "UNAUTHORIZED", (name_of(one), kind)
        assert document["message"]
        assert document["request_id"]


async def test_everybody_asks_for_themselves(
    service: Service, http: ClientSession, signing: Signing
) -> None:
    """Who names another user is refused, and an admin is not."""
    ann = bearer(signing.good("ann"))
    admin = bearer(signing.good("root", scope="profile hair-tryon:admin"))
    for one in GUARDED:
        status, document = await ask(http, service, one, "bob", ann)
        refused = (status, document["error"])
        assert refused in [(403, "FORBIDDEN"), (4403, "FORBIDDEN")], name_of(one)
        is_for_admins = one.operation.access in FOR_ADMINS
        for user_id, headers in [("ann", ann), ("bob", admin)]:
            status, document = await ask(http, service, one, user_id, headers)
            if is_for_admins and headers is ann:
                assert (status, document["error"]) == (403, "FORBIDDEN"), name_of(one)
                continue
            assert status not in (401, 403, 4401, 4403, 500), (name_of(one), status, document)


async def test_it_is_told_who_asked_for_anothers(
    service: Service, http: ClientSession, signing: Signing
) -> None:
    """And not whose it was: who goes through others' ids would be seen by nobody."""
    address = f"{service.caller.url}/api/hair-tryOn/history/bob"
    with logged(answering) as lines:
        async with http.get(address, headers=bearer(signing.good("ann"))) as answer:
            assert answer.status == 403
    assert [line["user_id"] for line in lines] == [pseudonym("ann")]


async def test_who_signs_asks_for_itself_and_its_customers(
    service: Service, http: ClientSession
) -> None:
    """And for nobody else."""
    for one, (user_id, is_theirs) in product(
        GUARDED, [("salon", True), ("salon:ann", True), ("salons", False), ("ann", False)]
    ):
        status, document = await ask(http, service, one, user_id, signed)
        if is_theirs and one.operation.access not in FOR_ADMINS:
            assert status not in (401, 403, 4401, 4403, 500), (name_of(one), status, document)
        else:
            assert document["error"] == "FORBIDDEN", (name_of(one), status)


async def test_public_addresses_ask_nobody(service: Service, http: ClientSession) -> None:
    """With bad credentials too: a page must load before anybody can sign in."""
    for one, headers in product(ADDRESSES, ({}, bearer("x"))):
        if one not in GUARDED:
            status, _ = await ask(http, service, one, "ann", headers)
            assert status in (200, 404), (name_of(one), status)


def test_what_is_for_admins_is_listed() -> None:
    """So that nobody opens it by mistake."""
    assert {name_of(one) for one in ADDRESSES if one.operation.access in FOR_ADMINS} == {
        "GET /metrics", "PUT /api/hair-tryOn/tiers/{tier}",
        "PUT /api/hair-tryOn/user/{user_id}/tier",
    }  # fmt: skip


def test_what_is_public_is_listed() -> None:
    """An address becomes public by saying so here too."""
    assert {name_of(one) for one in ADDRESSES if one not in GUARDED} == {
        "GET /", "GET /page/{name}", "GET /page/client/{name}", "GET /openapi.json", "GET /docs",
        "GET /redoc", "GET /docs/{name}", "GET /api/hair-tryOn/health", "GET /api/hair-tryOn/about",
        "GET /api/hair-tryOn/shades", "POST /api/hair-tryOn/webhooks/replicate",
        "GET /livez", "GET /readyz",
    }  # fmt: skip
