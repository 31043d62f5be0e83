"""Signed requests: what is taken, and everything that is not."""

from collections.abc import Mapping
from typing import Final

import pytest
from multidict import CIMultiDict

from server.doors import uses
from server.doors.refusals import DoorsAway, NotLetIn
from server.doors.signing import NONCE_S, WINDOW_S, RequestSigning, Signed, SigningKey, new_secret
from server.doors.uses import OwnUses, SharedUses, Uses
from storage.memory_cache import MemoryCache
from tests.fakes import EPOCH, ManualClock
from tests.signing import SECRET, digest_of, signed

TARGET: Final = "/api/hair-tryOn/history/salon?limit=5&a=%2f%C3%A9"
STUDIO: Final = "hts_another-secret-with-which-the-studio-signs-"
BODY: Final = b"a form"
HOUR_S: Final = 3600.0


@pytest.fixture
def clock() -> ManualClock:
    """At a moment long after the start of what is tested."""
    return ManualClock()


@pytest.fixture
def signing(clock: ManualClock) -> RequestSigning:
    made = over(clock, OwnUses(clock, NONCE_S), OwnUses(clock, NONCE_S))
    clock.advance(HOUR_S)
    return made


def over(clock: ManualClock, salons: Uses, studios: Uses) -> RequestSigning:
    """Two enterprises, with these memories."""
    keys = {
        "salon": SigningKey((SECRET.encode(),), salons),
        "studio": SigningKey((STUDIO.encode(),), studios),
    }
    return RequestSigning(keys, clock)


def made(
    clock: ManualClock, method: str = "GET", target: str = TARGET, body: bytes = b"",
    late_s: float = 0, **others: str,
) -> dict[str, str]:  # fmt: skip
    """Signed headers of this moment, or of so much before it."""
    return signed(method, target, body, now_s=clock.utc_now().timestamp() - late_s, **others)


async def take(
    signing: RequestSigning,
    headers: Mapping[str, str],
    method: str = "GET",
    target: str = TARGET,
    *,
    has_body: bool = False,
) -> str:
    """Whose request it is, or what is wrong with it."""
    try:
        read = Signed.read(CIMultiDict(headers), has_body=has_body)
        await signing.take(read, method, target)
    except NotLetIn as refused:
        return str(refused)
    return read.key_id


@pytest.mark.parametrize("body", [b"", BODY])
async def test_a_signed_request_is_good_once(
    signing: RequestSigning, clock: ManualClock, body: bytes
) -> None:
    """With and without a body; again it is not, for as long as its time is not over."""
    headers = made(clock, body=body)
    assert await take(signing, headers, has_body=bool(body)) == "salon"
    for _ in range(3):
        assert await take(signing, headers, has_body=bool(body)) == "X-Nonce: was used before"
        clock.advance(WINDOW_S / 3)
    clock.advance(1)
    assert "away from this server's clock" in await take(signing, headers, has_body=bool(body))


async def test_without_a_body_none_has_to_be_announced(
    signing: RequestSigning, clock: ManualClock
) -> None:
    """What is signed then is the digest of nothing; a body needs its own."""
    headers = made(clock)
    del headers["Content-Digest"]
    assert await take(signing, headers, has_body=True) == "Content-Digest: is missing"
    assert await take(signing, headers) == "salon"
    with_body = made(clock, body=BODY)
    assert await take(signing, with_body) == "Content-Digest: the body is not there"


async def test_the_order_does_not_matter(signing: RequestSigning, clock: ManualClock) -> None:
    """Later requests may come earlier, and two with the same timestamp are two."""
    asked = [made(clock, late_s=late_s) for late_s in (200, 0, 100, 0, -100, 299)]
    assert [await take(signing, headers) for headers in asked] == ["salon"] * 6
    assert {await take(signing, headers) for headers in reversed(asked)} == {
        "X-Nonce: was used before"
    }


@pytest.mark.parametrize(("late_s", "is_good"), [(299, True), (301, False), (-299, True),
                                                 (-301, False), (10**9, False)])  # fmt: skip
async def test_clocks_may_differ(
    signing: RequestSigning, clock: ManualClock, late_s: float, is_good: bool
) -> None:
    """By five minutes, either way."""
    answer = await take(signing, made(clock, late_s=late_s))
    assert (answer == "salon") is is_good
    assert is_good or answer == "X-Timestamp: is more than 300 s away from this server's clock"


async def test_it_cannot_come_twice_with_a_clock_that_is_ahead(
    signing: RequestSigning, clock: ManualClock
) -> None:
    """Its time is ten minutes then, and it is remembered for longer."""
    headers = made(clock, late_s=-WINDOW_S)
    assert await take(signing, headers) == "salon"
    clock.advance(2 * WINDOW_S)
    assert await take(signing, headers) == "X-Nonce: was used before"


CHANGES: Final[list[tuple[str, dict[str, str], str, str]]] = [
    ("method", {}, "DELETE", TARGET),
    ("path", {}, "GET", TARGET.replace("history", "export")),
    ("letters of the path", {}, "GET", TARGET.replace("%2f", "%2F")),
    ("query", {}, "GET", TARGET.replace("5", "6")),
    ("no query", {}, "GET", TARGET.partition("?")[0]),
    ("key", {"X-Key-Id": "studio"}, "GET", TARGET),
    ("unknown key", {"X-Key-Id": "nobody"}, "GET", TARGET),
    ("timestamp", {"X-Timestamp": str(int(EPOCH.timestamp() + HOUR_S) + 1)}, "GET", TARGET),
    ("nonce", {"X-Nonce": "x" * 22}, "GET", TARGET),
    ("digest", {"Content-Digest": digest_of(b"another")}, "GET", TARGET),
    ("signature", {"X-Signature": f"v1={'0' * 64}"}, "GET", TARGET),
]


@pytest.mark.parametrize(("_what", "headers", "method", "target"), CHANGES,
                         ids=[change[0] for change in CHANGES])  # fmt: skip
async def test_nothing_may_be_changed(
    signing: RequestSigning, clock: ManualClock, _what: str, headers: dict[str, str], method: str,
    target: str,
) -> None:  # fmt: skip
    """What is refused is told alike, an unknown key too, and does not use up the nonce."""
    right = made(clock, body=BODY)
    answer = await take(signing, {**right, **headers}, method, target, has_body=True)
    assert answer == "X-Signature: is not that of this request and key"
    assert await take(signing, right, has_body=True) == "salon"


async def test_lines_cannot_be_shifted(signing: RequestSigning, clock: ManualClock) -> None:
    """What is one thing's end is never the beginning of the next, and no field is empty."""
    for name, value in (("X-Key-Id", "salon\n1"), ("X-Nonce", "x" * 16 + "\n"),
                        ("X-Timestamp", "1\n2"), ("X-Key-Id", ""), ("X-Nonce", "")):  # fmt: skip
        answer = await take(signing, {**made(clock), name: value})
        assert answer.startswith(f"{name}: is no" if name != "X-Nonce" else "X-Nonce: is 16 to 64")


MALFORMED: Final = {
    "X-Key-Id": ["salon ", "salon\x00", "s" * 129, "sälon", "../salon"],
    "X-Timestamp": ["", "-1", "+1", "1.5", "1e9", " 1", "0x10", "nan", "1_000", "9" * 13,
                    "9" * 5000, "١٧٦٧٢٢٥٦٠٠", "１７６７２２５６００", "²", "1767225600\udcff"],  # noqa: RUF001
    "X-Nonce": ["x" * 15, "x" * 65, "x" * 21 + "é", "x" * 21 + ":", "x" * 21 + "=", "x" * 8000],
    "Content-Digest": ["", "x", "sha-256=::", digest_of(BODY)[:-1], digest_of(BODY) + " ",
                       digest_of(BODY).upper(), f"{digest_of(BODY)}, {digest_of(BODY)}",
                       "sha-512=:" + "A" * 86 + "==:", "sha-256=:" + "é" * 43 + "=:"],
    "X-Signature": ["", "v1=", "0" * 64, f"v2={'0' * 64}", f"V1={'0' * 64}", f"v1={'0' * 63}",
                    f"v1={'0' * 65}", f"v1={'A' * 64}", f"v1={'²' * 64}", f"v1=0x{'0' * 62}",
                    f"v1={'0' * 64}\n", "v1=" + "\udcff" * 64],
}  # fmt: skip


@pytest.mark.parametrize("name", MALFORMED)
async def test_what_is_malformed_is_named(
    signing: RequestSigning, clock: ManualClock, name: str
) -> None:
    """And so is what is missing or there more than once, though it be the same."""
    right = made(clock, body=BODY)
    for value in MALFORMED[name]:
        answer = await take(signing, {**right, name: value}, has_body=True)
        assert answer.startswith(f"{name}: is "), (value[:80], answer)
    twice = CIMultiDict(right)
    twice.add(name.lower(), right[name])
    assert await take(signing, twice, has_body=True) == f"{name}: is there 2 times"
    without = {one: value for one, value in right.items() if one != name}
    assert await take(signing, without, has_body=True) == f"{name}: is missing"
    assert await take(signing, right, has_body=True) == "salon"


async def test_secrets_may_change(clock: ManualClock) -> None:
    """For a while both are good, and no other."""
    key = SigningKey((SECRET.encode(), STUDIO.encode()), OwnUses(clock, NONCE_S))
    signing = RequestSigning({"salon": key}, clock)
    for secret, is_good in ((SECRET, True), (STUDIO, True), (new_secret(), False)):
        assert (await take(signing, made(clock, secret=secret)) == "salon") is is_good


async def test_one_nonce_is_each_enterprises_own(
    signing: RequestSigning, clock: ManualClock
) -> None:
    """Nobody can use up those of others."""
    nonce = "a-nonce-that-both-have-chosen"
    assert await take(signing, made(clock, nonce=nonce)) == "salon"
    other = made(clock, nonce=nonce, key_id="studio", secret=STUDIO)
    assert await take(signing, other) == "studio"
    assert await take(signing, made(clock, nonce=nonce)) == "X-Nonce: was used before"


async def test_a_full_memory_forgets_nothing(
    signing: RequestSigning, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has filled it waits, others do not, and what was used cannot come again."""
    monkeypatch.setattr(uses, "MOST_USED", 3)
    used = [made(clock) for _ in range(3)]
    assert [await take(signing, headers) for headers in used] == ["salon"] * 3
    with pytest.raises(DoorsAway):
        await take(signing, made(clock))
    assert await take(signing, used[0]) == "X-Nonce: was used before"
    assert await take(signing, made(clock, key_id="studio", secret=STUDIO)) == "studio"
    clock.advance(NONCE_S)
    assert await take(signing, made(clock)) == "salon"


async def test_servers_share_what_was_used(clock: ManualClock) -> None:
    """One enterprise's nonces are not another's there, and no erasure forgets them."""
    cache = MemoryCache(2**20, clock.monotonic)
    here, there = (over(clock, *[SharedUses(cache, "nonce", NONCE_S)] * 2) for _ in range(2))
    headers = made(clock, nonce="x" * 16)
    assert await take(here, headers) == "salon"
    await cache.forget_user("salon")
    assert await take(there, headers) == "X-Nonce: was used before"
    other = made(clock, nonce="x" * 16, key_id="studio", secret=STUDIO)
    assert await take(there, other) == "studio"
    await cache.close()
    with pytest.raises(DoorsAway):
        await take(here, made(clock))


async def test_a_new_start_forgets_nothing(clock: ManualClock) -> None:
    """What was signed before is refused where it is not known whether it came already."""
    headers = made(clock)
    clock.advance(1)
    own = over(clock, OwnUses(clock, NONCE_S), OwnUses(clock, NONCE_S))
    assert await take(own, headers) == (
        "X-Timestamp: is of before this server was started; sign it anew"
    )
    assert await take(own, made(clock)) == "salon"
    cache = MemoryCache(2**20, clock.monotonic)
    assert await take(over(clock, *[SharedUses(cache, "nonce", NONCE_S)] * 2), headers) == "salon"


def test_secrets_are_long_new_and_not_shown() -> None:
    """Each holds 32 random bytes; a key says nothing of its own."""
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(secret) == 47 and secret.startswith("hts_") for secret in secrets)
    key = SigningKey((SECRET.encode(),), OwnUses(ManualClock(), NONCE_S))
    assert SECRET not in repr(key)
