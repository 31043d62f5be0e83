"""Credentials, and tokens that are signed rightly and say strange things."""

import base64
import hashlib
import hmac
import json
from collections.abc import Coroutine
from ipaddress import ip_network
from typing import Any, Final

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import strategies as st
from multidict import CIMultiDict

from media.clock import SystemClock
from server.doors.addresses import is_of
from server.doors.api_keys import ApiKeys, digest_of
from server.doors.caller import Caller
from server.doors.gateway import Gateway
from server.doors.jwks import read_keys
from server.doors.refusals import NotLetIn
from server.doors.signing import (
    DIGEST,
    KEY_ID,
    NONCE,
    NOTHING,
    SIGNATURE,
    TIMESTAMP,
    Signed,
)
from server.doors.tickets import REMEMBERED_S, Tickets
from server.doors.tokens import SharedSecret, TokenReader
from server.doors.uses import OwnUses
from server.ids import USER_ID
from storage.keyring import Key, Keyring
from tests.fuzz.target import Target, changed, changed_text
from tests.fuzz.targets.live import TREES
from tests.tokens import ADMIN, AUDIENCE, ISSUER, SECRET, KeyPairs, claims, token, unsigned

CLOCK: Final = SystemClock()
READER: Final = TokenReader(SharedSecret(SECRET), ISSUER, AUDIENCE, 30.0, ADMIN)
TICKETS: Final = Tickets(Keyring([Key(b"k" * 32)]), OwnUses(CLOCK, REMEMBERED_S), CLOCK)
GATEWAYS: Final = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))
KEYS: Final = json.dumps(KeyPairs().jwks()).encode()
CLAIMS: Final = ("sub", "exp", "nbf", "iat", "iss", "aud", "scope", "jti")


def _finished(work: Coroutine[Any, Any, Caller]) -> None:
    """Runs what waits for nothing; whom it lets in has to be somebody."""
    caller: Caller | None = None

    async def wait() -> None:
        nonlocal caller
        caller = await work

    with pytest.raises(StopIteration):
        wait().send(None)
    assert caller is not None
    assert USER_ID.fullmatch(caller.user_id)


def _signed(parts: tuple[Any, Any]) -> str:
    """A token with this header and these claims, by who knows the secret."""
    header, said = parts
    bare = unsigned(said, header).rstrip(".")
    signature = hmac.new(SECRET.encode(), bare.encode(), hashlib.sha256).digest()
    return f"{bare}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


_SAID = st.dictionaries(st.sampled_from(CLAIMS), TREES, max_size=4).map(
    lambda odd: {**claims(), **odd}
)
_HEADERS = st.just({"alg": "HS256"}) | st.dictionaries(
    st.sampled_from(["alg", "typ", "kid", "crit", "b64", "zip"]), TREES, max_size=3
).map(lambda odd: {"alg": "HS256", **odd})


def _gateway(value: str) -> None:
    request = make_mocked_request("GET", "/", headers={"X-User-Id": value})
    told = Gateway((*GATEWAYS, ip_network("0.0.0.0/0")), "X-User-Id").caller(request)
    assert told is None or USER_ID.fullmatch(told.user_id)


def _key(key: str) -> None:
    assert ApiKeys({digest_of("htk_good"): "salon"}).caller(key).user_id == "salon"


SIGNED: Final = {
    KEY_ID: changed_text("salon"),
    TIMESTAMP: changed_text("1767323045"),
    NONCE: changed_text("0123456789abcdef"),
    DIGEST: changed_text(NOTHING),
    SIGNATURE: changed_text("v1=" + "0" * 64),
}


def _signature(headers: dict[str, str]) -> None:
    Signed.read(CIMultiDict(headers), has_body=False).text("GET", "/a?b=c")


TARGETS: Final = (
    Target(
        "signatures", st.fixed_dictionaries({}, optional=SIGNED), _signature, (NotLetIn,)
    ),
    Target(
        "tokens",
        changed_text(token(), words=(".", "=", "e30", "bnVsbA", "W10")),
        lambda text: _finished(READER.read(text)),
        (NotLetIn,),
    ),
    Target(
        "signed_tokens",
        st.tuples(_HEADERS, _SAID).map(_signed),
        lambda text: _finished(READER.read(text)),
        (NotLetIn,),
    ),
    Target(
        "tickets",
        changed_text(TICKETS.issue(Caller("ann"))),
        lambda text: _finished(TICKETS.redeem(text)),
        (NotLetIn,),
    ),
    Target("api_keys", changed_text("htk_good") | st.text(), _key, (NotLetIn,)),
    Target("gateways", changed_text("ann") | st.text(), _gateway, (NotLetIn,)),
    Target("peers", changed_text("192.0.2.1", "::ffff:192.0.2.1", "fe80::1%eth0"),
           lambda text: is_of(GATEWAYS, text)),
    Target(
        "key_sets",
        changed(KEYS, words=(b'"kty"', b'"crv"', b'"n"', b'"x"', b'"RSA"', b'"OKP"', b'"use"')),
        read_keys,
        (ValueError,),
    ),
)  # fmt: skip
