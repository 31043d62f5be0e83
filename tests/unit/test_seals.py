"""What instances say to each other, and nobody else can."""

import secrets

import pytest

from server.instances.seals import GOOD_S, Passed, Seals
from storage.keyring import Key, Keyring
from tests.fakes import ManualClock

HERE, TARGET = "10.0.0.7:8001", "/api/hair-tryOn/whep/s1?user_id=u%3A1"
PASSED = Passed("2001:db8::7", "0123456789abcdef0123456789abcdef")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def keys() -> list[Key]:
    return [Key(secrets.token_bytes(32)) for _ in range(2)]


def test_what_is_sealed_is_believed(clock: ManualClock, keys: list[Key]) -> None:
    """Also by an instance that has a newer key besides, and without anything to say."""
    for passed in (PASSED, Passed("", "")):
        sealed = Seals(Keyring(keys[1:]), clock).seal(passed, HERE, "POST", TARGET)
        assert Seals(Keyring(keys), clock).read(sealed, HERE, "POST", TARGET) == passed


def test_nothing_else_is(clock: ManualClock, keys: list[Key]) -> None:
    """Another request, another instance, another key, another word; nor what has no such form."""
    seals, other = Seals(Keyring(keys[:1]), clock), Seals(Keyring(keys[1:]), clock)
    sealed = seals.seal(PASSED, HERE, "POST", TARGET)
    assert seals.read(sealed, HERE, "DELETE", TARGET) is None
    assert seals.read(sealed, HERE, "POST", TARGET + "&look={}") is None
    assert seals.read(sealed, "10.0.0.8:8001", "POST", TARGET) is None
    assert other.read(sealed, HERE, "POST", TARGET) is None
    assert seals.read(sealed.replace("db8::7", "db8::8"), HERE, "POST", TARGET) is None
    for text in ("", "1;;;", sealed[:-1], f"{sealed};", sealed.replace(";", "\n"), "ä" * 90):
        assert seals.read(text, HERE, "POST", TARGET) is None


def test_a_seal_is_good_for_a_moment(clock: ManualClock, keys: list[Key]) -> None:
    """As long as a request could be on its way."""
    seals = Seals(Keyring(keys), clock)
    sealed = seals.seal(PASSED, HERE, "GET", TARGET)
    clock.advance(GOOD_S)
    assert seals.read(sealed, HERE, "GET", TARGET) == PASSED
    clock.advance(1)
    assert seals.read(sealed, HERE, "GET", TARGET) is None
