"""The auth service's public keys: fetched from a real address, kept, and found again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
import structlog
from aiohttp import ClientSession

from server.doors.caller import Caller
from server.doors.jwks import FRESH_S, LATE_S, MOST_BYTES, PAUSE_S, STALE_S, PublicKeys
from server.doors.refusals import DoorsAway, NotLetIn
from server.doors.tokens import TokenReader
from tests.fakes import ManualClock
from tests.integration.auth_service import AuthService, auth
from tests.integration.service import eventually
from tests.tokens import ADMIN, AUDIENCE, ISSUER, KeyPairs, claims, token, unsigned

__all__ = ["auth"]


@pytest.fixture(scope="module")
def pairs() -> KeyPairs:
    return KeyPairs()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def reader(auth: AuthService, clock: ManualClock) -> AsyncIterator[TokenReader]:
    async with ClientSession() as http:
        keys = PublicKeys(http, auth.url, clock)
        yield TokenReader(keys, ISSUER, AUDIENCE, 30.0, ADMIN)
        await keys.close()


async def eventually_refused(reader: TokenReader, text: str) -> None:
    """Return as soon as the token is not good any more."""
    with pytest.raises(NotLetIn):
        await asyncio.gather(*(_late(reader, text, number / 100) for number in range(200)))


async def _late(reader: TokenReader, text: str, delay_s: float) -> None:
    await asyncio.sleep(delay_s)
    await reader.read(text)


async def test_each_kind_of_key(reader: TokenReader, auth: AuthService, pairs: KeyPairs) -> None:
    """RSA, an elliptic curve and Ed25519, fetched once for all who ask at the same time."""
    auth.answer = pairs.jwks()
    tokens = [pairs.token(kid, user) for kid in pairs.private for user in ("ann", "bob")]
    callers = await asyncio.gather(*(reader.read(one) for one in tokens))
    assert callers == [Caller("ann"), Caller("bob")] * 3
    assert auth.asked == 1


@pytest.mark.parametrize(
    "forged",
    [
        lambda pairs: token(key=pairs.pem("rsa"), algorithm="HS256", kid="rsa"),
        lambda _: unsigned(claims(), {"alg": "none", "kid": "rsa"}),
        lambda pairs: token(key=pairs.private["ec"][0], algorithm="ES256", kid="rsa"),
        lambda pairs: token(key=pairs.private["rsa"][0], algorithm="RS512", kid="rsa"),
        lambda pairs: token(key=pairs.private["rsa"][0], algorithm="PS256", kid="rsa"),
        lambda _: token(key=KeyPairs().private["rsa"][0], algorithm="RS256", kid="rsa"),
        lambda pairs: token(key=pairs.private["rsa"][0], algorithm="RS256"),
        lambda pairs: token(key=pairs.private["rsa"][0], algorithm="RS256", kid="other"),
        lambda _: unsigned(claims(), {"alg": "RS256", "kid": ["rsa"]}),
    ],
    ids=["public key as secret", "none", "key of another kind", "other digest", "PSS",
         "forger's key", "no kid", "unknown kid", "list as kid"],
)  # fmt: skip
async def test_what_is_signed_otherwise(
    reader: TokenReader, auth: AuthService, pairs: KeyPairs, forged: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A key goes with one algorithm, whatever the token says."""
    auth.answer = pairs.jwks()
    # PyJWT itself refuses to sign with a public key; a forger does not.
    monkeypatch.setattr(jwt.algorithms.HMACAlgorithm, "prepare_key", lambda _, key: key)
    text = forged(pairs)
    monkeypatch.undo()
    with pytest.raises(NotLetIn):
        await reader.read(text)


async def test_keys_are_rotated(
    reader: TokenReader, auth: AuthService, pairs: KeyPairs, clock: ManualClock
) -> None:
    """A new key is fetched when a token names it; one that was withdrawn is good no more."""
    auth.answer = pairs.jwks("rsa")
    assert await reader.read(pairs.token("rsa")) == Caller("ann")
    auth.answer = pairs.jwks("ec")
    clock.advance(PAUSE_S)
    assert await reader.read(pairs.token("ec")) == Caller("ann")
    with pytest.raises(NotLetIn):
        await reader.read(pairs.token("rsa"))
    assert auth.asked == 2


async def test_a_withdrawn_key_is_forgotten(
    reader: TokenReader, auth: AuthService, pairs: KeyPairs, clock: ManualClock
) -> None:
    """Also if no token names another one."""
    auth.answer = pairs.jwks("rsa", "ec")
    assert await reader.read(pairs.token("rsa")) == Caller("ann")
    auth.answer = pairs.jwks("ec")
    clock.advance(FRESH_S + 1)
    # Nobody waits for it: the first is let in by what is known.
    assert await reader.read(pairs.token("rsa")) == Caller("ann")
    await eventually(lambda: auth.asked == 2)
    clock.advance(PAUSE_S)
    await eventually_refused(reader, pairs.token("rsa"))


async def test_a_key_that_was_withdrawn_in_quiet_times(
    reader: TokenReader, auth: AuthService, pairs: KeyPairs, clock: ManualClock
) -> None:
    """Where nobody has asked for long, all who ask wait until the keys are there: none is let in by
    what was good then."""
    auth.answer = pairs.jwks("rsa", "ec")
    assert await reader.read(pairs.token("rsa")) == Caller("ann")
    auth.answer = pairs.jwks("ec")
    clock.advance(LATE_S + 1)
    asked = (reader.read(pairs.token("rsa")) for _ in range(3))
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in found] == [NotLetIn] * 3
    assert auth.asked == 2


async def test_who_renews_keys_is_nobody(
    reader: TokenReader, auth: AuthService, pairs: KeyPairs, clock: ManualClock
) -> None:
    """The log does not say that it was in some request that they could not be fetched."""
    auth.answer = pairs.jwks("ec")
    await reader.read(pairs.token("ec"))
    auth.answer = 500
    clock.advance(FRESH_S + 1)
    with (
        structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as log,
        structlog.contextvars.bound_contextvars(request="1"),
    ):
        await reader.read(pairs.token("ec"))
        await eventually(lambda: bool(log))
    said = {"event": "keys of tokens not fetched", "log_level": "warning"}
    assert log == [{**said, "reason": "ClientResponseError"}]


async def test_unknown_keys_make_no_flood(
    reader: TokenReader, auth: AuthService, pairs: KeyPairs, clock: ManualClock
) -> None:
    """Tokens that name any key have the keys fetched no more often than once in a pause."""
    auth.answer = pairs.jwks("ec")
    forged = [token(key=b"x" * 32, kid=f"k{number}") for number in range(50)]
    for _ in range(3):
        for one in forged:
            with pytest.raises(NotLetIn):
                await reader.read(one)
        clock.advance(PAUSE_S)
    assert auth.asked == 3


@pytest.mark.parametrize(
    "answer",
    [
        500,
        404,
        302,
        204,
        {"keys": []},
        b"",
        b"{}",
        b"[]",
        b"no JSON",
        b'{"keys": 7}',
        b" " * (MOST_BYTES + 1),
    ],
    ids=repr,
)
async def test_an_auth_service_that_is_away(
    reader: TokenReader, auth: AuthService, pairs: KeyPairs, clock: ManualClock, answer: Any
) -> None:
    """At first nobody can be let in; later the keys are used that there were, for a day."""
    auth.answer = answer
    with pytest.raises(DoorsAway):
        await reader.read(pairs.token("ec"))
    auth.answer = pairs.jwks()
    clock.advance(PAUSE_S)
    assert await reader.read(pairs.token("ec")) == Caller("ann")
    auth.answer = answer
    clock.advance(STALE_S - 1)
    assert await reader.read(pairs.token("ec")) == Caller("ann")
    clock.advance(PAUSE_S)
    with pytest.raises(DoorsAway):
        await reader.read(pairs.token("ec"))


async def test_keys_for_something_else(
    reader: TokenReader, auth: AuthService, pairs: KeyPairs
) -> None:
    """What cannot sign tokens is passed over: secrets, other kinds, keys for encryption."""
    good = pairs.jwks("ec")["keys"][0]
    rsa = pairs.jwks("rsa")["keys"][0]
    auth.answer = {"keys": [
        {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "kid": "oct"},
        {**rsa, "use": "enc"}, {**rsa, "kid": "512", "alg": "RS512"}, {"kty": "RSA", "kid": "half"},
        {**rsa, "kid": 7}, {"kty": "new"}, 7, None,
        {**rsa, "kid": "odd", "alg": [1]}, {"kty": "oct", "kid": "untold"},
        {"kty": "AKP", "kid": "none", "alg": "none"}, good,
    ]}  # fmt: skip
    assert await reader.read(pairs.token("ec")) == Caller("ann")
    secret = b"secret-secret-secret-secret-secret"
    for kid, key, algorithm in [
        ("oct", secret, "HS256"),
        ("rsa", pairs.private["rsa"][0], "RS256"),
        ("512", pairs.private["rsa"][0], "RS512"),
    ]:
        with pytest.raises(NotLetIn):
            await reader.read(token(key=key, algorithm=algorithm, kid=kid))
