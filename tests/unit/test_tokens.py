"""Tokens: believed if everything about them is right, whoever made them."""

import hashlib
import hmac
import math
import time
from typing import Any

import pytest
import structlog

from server.doors.caller import Caller
from server.doors.refusals import NotLetIn
from server.doors.tokens import MOST_TOKEN_BYTES, SharedSecret, TokenReader
from tests.fakes import ManualClock
from tests.tokens import ADMIN, AUDIENCE, ISSUER, SECRET, claims, token, unsigned

LEEWAY_S = 30.0


def from_now(others: dict[str, Any]) -> dict[str, Any]:
    """Claims, those that are seconds as a moment."""
    now_s = time.time()
    return {
        name: now_s + value if isinstance(value, float) else value for name, value in others.items()
    }


@pytest.fixture
def reader() -> TokenReader:
    return TokenReader(SharedSecret(SECRET), ISSUER, AUDIENCE, LEEWAY_S, ADMIN)


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"aud": ["other", AUDIENCE]},
        {"exp": 15 - LEEWAY_S},
        {"nbf": LEEWAY_S - 15},
        {"scope": "profile"},
        {"scope": ["hair-tryon:admin"]},
    ],
)
async def test_a_good_token_says_who_it_is(reader: TokenReader, others: dict[str, Any]) -> None:
    """Whoever else it is for, and within what clocks may differ."""
    assert await reader.read(token(**from_now(others))) == Caller("ann")


@pytest.mark.parametrize("exp", [4_000_000_000, "4000000000", 4e9 + 0.5])
async def test_a_token_says_until_when(reader: TokenReader, exp: Any) -> None:
    """And whoever is known by it, for as long as clocks may differ besides."""
    caller = await reader.read(token(exp=exp))
    assert caller.expires_s == 4e9 + LEEWAY_S
    clock = ManualClock(7.0)
    left_s = 4e9 + LEEWAY_S - clock.utc_now().timestamp()
    assert caller.until_s(clock) == pytest.approx(7.0 + left_s)
    assert Caller("ann").until_s(clock) == math.inf
    far = await reader.read(token(exp=10**400))
    assert clock.monotonic() < far.until_s(clock) < math.inf


async def test_an_admin_is_told_by_a_word(reader: TokenReader) -> None:
    """One among others, and exactly that."""
    scopes = [ADMIN, f"profile {ADMIN}", f"{ADMIN}s", f"{ADMIN},profile", ""]
    found = [(await reader.read(token(scope=scope))).is_admin for scope in scopes]
    assert found == [True, True, False, False, False]


@pytest.mark.parametrize(
    "others",
    [
        {"exp": -60.0},
        {"exp": None},
        {"exp": "never"},
        {"nbf": 3600.0},
        {"iss": "https://other.example.com"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "ann/../bob"},
        {"sub": "a" * 129},
        {"sub": 7},
        {"key": "another secret, of just as many bytes, 26"},
        {"algorithm": "HS384"},
        {"algorithm": "HS512"},
    ],
    ids=range(16),
)
@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
async def test_what_is_not_right_is_not_believed(
    reader: TokenReader, others: dict[str, Any]
) -> None:
    """Each claim is needed, and so is the one algorithm."""
    others = from_now(others)
    try:
        wrong = token(**others)
    except TypeError:  # PyJWT writes no subject that is no text.
        said = claims(**others)
        wrong = unsigned(said, {"alg": "HS256"})
    with pytest.raises(NotLetIn):
        await reader.read(wrong)


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ({"iss": "https://other.example.com"}, "InvalidIssuerError"),
        ({"aud": "other"}, "InvalidAudienceError"),
        ({"key": "another secret, of just as many bytes, 26"}, "InvalidSignatureError"),
        ({"sub": None}, "MissingRequiredClaimError"),
    ],
)
async def test_the_log_says_why(reader: TokenReader, others: dict[str, Any], reason: str) -> None:
    """By its kind alone, for who runs the service; who asks is not told."""
    with structlog.testing.capture_logs() as log, pytest.raises(NotLetIn, match=r"is not good$"):
        await reader.read(token(**others))
    assert log == [{"event": "token refused", "log_level": "info", "reason": reason}]


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "", None, 7, "RS256", "HS256"])
async def test_no_signature_is_no_signature(reader: TokenReader, algorithm: Any) -> None:
    """Whatever the token says of how it is signed."""
    for signature in (b"", b"\0" * 32):
        with pytest.raises(NotLetIn):
            await reader.read(unsigned(claims(), {"alg": algorithm, "typ": "JWT"}, signature))


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "a.b.c", "é.é.é", "{}", "\0", "a" * MOST_TOKEN_BYTES, "a" * 10**6,
     token() + "x", token()[:-4], token() + ".", "." + token()],
    ids=range(13),
)  # fmt: skip
async def test_what_is_no_token(reader: TokenReader, text: str) -> None:
    """It is refused, in words that do not repeat it."""
    with pytest.raises(NotLetIn) as refused:
        await reader.read(text)
    assert not text or text not in str(refused.value)


async def test_a_tampered_token(reader: TokenReader) -> None:
    """Of another user's name in a good token the signature tells; and of every other letter."""
    head, _, signature = token().split(".")
    forged = unsigned(claims("bob"), {"alg": "HS256", "typ": "JWT"}).split(".")[1]
    with pytest.raises(NotLetIn):
        await reader.read(f"{head}.{forged}.{signature}")


async def test_a_key_from_the_token_is_not_used(reader: TokenReader) -> None:
    """A token brings no key of its own (RFC 8725, section 3.5)."""
    own = b"the forger's own secret of 32 bytes!"
    header = {"alg": "HS256", "jwk": {"kty": "oct", "k": own.hex()}, "jku": "http://127.0.0.1:1"}
    said = unsigned(claims(), header).rpartition(".")[0]
    signature = hmac.digest(own, said.encode(), hashlib.sha256)
    with pytest.raises(NotLetIn):
        await reader.read(unsigned(claims(), header, signature))
