"""How many connections are let in."""

import ipaddress

import pytest

from server.connections.headcount import LOOPBACK, Headcount, Surplus, origin_of

HERE, THERE = "203.0.113.7", "203.0.113.8"


def test_in_all() -> None:
    """So many are let in; when one has left, another one is."""
    count = Headcount(2, 2, ())
    assert [count.enter(HERE), count.enter(THERE)] == [None, None]
    assert count.enter("198.51.100.1") is Surplus.IN_ALL
    count.leave(HERE)
    assert count.enter("198.51.100.1") is None


def test_of_one_address() -> None:
    """One address has its share, and nobody else less for it; who is refused is not counted."""
    count = Headcount(3, 1, ())
    assert count.enter(HERE) is None
    assert [count.enter(HERE) for _ in range(5)] == [Surplus.OF_ADDRESS] * 5
    assert count.enter(THERE) is None
    count.leave(HERE)
    assert count.enter(HERE) is None


def test_exempt_networks() -> None:
    """Those through whom others come are counted in all only."""
    count = Headcount(3, 1, (*LOOPBACK, ipaddress.ip_network("10.1.0.0/16")))
    assert [count.enter(who) for who in ("10.1.2.3", "10.1.2.3", "::ffff:127.0.0.1")] == [None] * 3
    assert count.enter("127.0.0.1") is Surplus.IN_ALL


def test_nothing_is_kept_of_who_has_left() -> None:
    """However many addresses come and go, the count of each does not stay."""
    count = Headcount(1, 1, ())
    for number in range(300):
        address = str(ipaddress.ip_address(number))
        assert count.enter(address) is None
        count.leave(address)
    assert not count._of_one


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        (HERE, HERE),
        (f"::ffff:{HERE}", HERE),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_origins(address: str, origin: str) -> None:
    """An IPv4 address is one, in either form; of IPv6 a network is."""
    assert origin_of(address) == origin
