"""Where a request comes from, behind proxies that say so and behind others that only say so."""

import ipaddress
from collections.abc import Sequence

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from server.doors.addresses import Network, client_of, is_of, site_of
from server.doors.scrapers import Scrapers
from server.listed import networks_of
from tests.fakes import Connection

PROXIES = networks_of("10.0.0.0/8, fd00::1")
SCRAPERS = networks_of("10.2.0.0/16")


def client(peer: str, *told: str) -> str:
    headers = CIMultiDict(("X-Forwarded-For", one) for one in told)
    request = make_mocked_request("GET", "/", headers=headers, transport=Connection(peer))
    return client_of(request, PROXIES)


@pytest.mark.parametrize(
    ("peer", "told", "expected"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7, 10.2.3.4"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9", " 198.51.100.7 , 10.2.3.4"], "198.51.100.7"),
        ("10.0.0.1", ["10.9.9.9"], "10.9.9.9"),
        ("10.0.0.1", ["198.51.100.7, me"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7, "], "10.0.0.1"),
        ("10.0.0.1", ["me, 198.51.100.7"], "198.51.100.7"),
        ("::ffff:10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("fd00::1", [], "fd00::1"),
        ("fd00::1", ["2001:db8:1:2:3::4"], "2001:db8:1:2:3::4"),
        ("fd00::2", ["198.51.100.7"], "fd00::2"),
    ],
)
def test_whom_a_request_is_from(peer: str, told: list[str], expected: str) -> None:
    """The right-most address that no trusted proxy has; without such a proxy the peer itself."""
    assert client(peer, *told) == expected


def test_sites() -> None:
    """One customer's IPv6 addresses are one; others are as they are."""
    assert site_of("2001:db8::1") == site_of("2001:db8::ffff:1") != site_of("2001:db8:0:1::1")
    assert site_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert site_of("") == ""


def test_what_belongs_to_a_network() -> None:
    """Addresses of the other kind and what is no address do not."""
    assert is_of([ipaddress.ip_network("10.0.0.0/8")], "::ffff:10.1.1.1")
    assert not is_of([ipaddress.ip_network("10.0.0.0/8")], "fd00::1")
    assert not is_of([ipaddress.ip_network("10.0.0.0/8")], "unix")


@pytest.mark.parametrize(
    ("address", "headers", "gateways", "is_meant"),
    [
        ("10.2.0.1", {}, (), True),
        ("::ffff:10.2.0.1", {}, (), True),
        ("10.3.0.1", {}, (), False),
        ("", {}, (), False),
        ("10.3.0.1", {"X-Forwarded-For": "10.2.0.1"}, (), False),
        ("10.2.0.1", {"X-Forwarded-For": "10.2.0.2"}, (), False),
        ("10.2.0.1", {"Forwarded": "for=10.2.0.2"}, (), False),
        ("10.2.0.1", {"Via": "1.1 proxy"}, (), False),
        ("10.2.0.1", {}, SCRAPERS, False),
    ],
)
def test_scrapers_ask_themselves(
    address: str, headers: dict[str, str], gateways: Sequence[Network], is_meant: bool
) -> None:
    """What is passed on is nobody's of the network, whatever it says of where it comes from."""
    request = make_mocked_request("GET", "/metrics", headers, transport=Connection(address))
    assert Scrapers(SCRAPERS, gateways).are_meant(request) is is_meant
    assert not Scrapers().are_meant(request)
