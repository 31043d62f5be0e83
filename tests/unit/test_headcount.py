"""How many connections are let in."""

import ipaddress

from server.connections.headcount import LOOPBACK, Headcount, Surplus

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


def test_neighbours_in_ipv6() -> None:
    """Whoever has one address of IPv6 has a network of them: they count together."""
    count = Headcount(9, 1, ())
    assert count.enter("2001:db8:1:2::1") is None
    assert count.enter("2001:db8:1:2:3:4:5:6") is Surplus.OF_ADDRESS
    assert count.enter("2001:db8:1:3::1") is None


def test_no_address() -> None:
    """A connection that has no address, as by a socket in the file system, counts in all only."""
    count = Headcount(2, 1, ())
    assert [count.enter("") for _ in range(3)] == [None, None, Surplus.IN_ALL]
