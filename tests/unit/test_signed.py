"""Signed addresses: good for a while, for one file, and made by nobody else."""

from urllib.parse import parse_qs, urlsplit

import pytest

from server.signed import Signer
from storage.keyring import Key, Keyring
from tests.fakes import ManualClock

OLD, NEW = Key(b"o" * 32), Key(b"n" * 32)
ADDRESS = "/uploads/result_1.mp4"
GOOD_S = 100


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def signer(clock: ManualClock) -> Signer:
    return Signer(Keyring([NEW]), clock, GOOD_S)


def left_s(signer: Signer, signed: str, address: str = ADDRESS) -> int | None:
    """For how long a signed address is good."""
    query = parse_qs(urlsplit(signed).query)
    return signer.left_s(address, query["expires"][0], query["signature"][0])


def test_an_address_is_good_for_a_while(signer: Signer, clock: ManualClock) -> None:
    """Whenever it is made: for once to twice the time, then no more."""
    for _ in range(250):
        signed = signer.sign(ADDRESS)
        assert signed.startswith(f"{ADDRESS}?expires=")
        left = left_s(signer, signed)
        assert left is not None
        assert GOOD_S <= left <= 2 * GOOD_S
        clock.now_s += left - 1
        assert left_s(signer, signed) == 1
        clock.now_s += 1
        assert left_s(signer, signed) is None
        clock.now_s -= left - 1.7


@pytest.mark.parametrize("good_s", [2.5, 0.2])
def test_parts_of_a_second_count(clock: ManualClock, good_s: float) -> None:
    """It is good for no less than is said."""
    signer = Signer(Keyring([NEW]), clock, good_s)
    for _ in range(10):
        left = left_s(signer, signer.sign(ADDRESS))
        assert left is not None
        assert left >= good_s
        clock.now_s += 1


def test_an_address_stays_the_same_for_a_while(signer: Signer, clock: ManualClock) -> None:
    """So that a cache that others share knows it again: it changes once in that time."""
    made = set[str]()
    for _ in range(5 * GOOD_S):
        made.add(signer.sign(ADDRESS))
        clock.now_s += 1
    assert 5 <= len(made) <= 6


@pytest.mark.parametrize("place", ["expires", "signature"])
@pytest.mark.parametrize("value", ["", "0", "9999999999", "-1", "1e9", "٣", "\udcff", "x" * 5000])
def test_what_is_changed_is_not_good(signer: Signer, place: str, value: str) -> None:
    """Neither part of it can be another one, whatever it holds."""
    query = {
        name: values[0] for name, values in parse_qs(urlsplit(signer.sign(ADDRESS)).query).items()
    }
    assert signer.left_s(ADDRESS, **query) is not None
    assert signer.left_s(ADDRESS, **{**query, place: value}) is None


def test_an_address_is_good_for_one_file(signer: Signer) -> None:
    """Its signature says nothing of others."""
    assert left_s(signer, signer.sign(ADDRESS), "/uploads/thumb_1.jpg") is None


def test_addresses_outlive_their_key(signer: Signer, clock: ManualClock) -> None:
    """As long as it is kept; another key's are not good."""
    signed = Signer(Keyring([OLD]), clock, GOOD_S).sign(ADDRESS)
    assert left_s(Signer(Keyring([NEW, OLD]), clock, GOOD_S), signed) is not None
    assert left_s(signer, signed) is None
    assert Signer(Keyring([NEW, OLD]), clock, GOOD_S).sign(ADDRESS) == signer.sign(ADDRESS)
