"""Addresses that users name: none leads inside."""

import pytest

from server.jobs.outside import AddressRefused, OutsideResolver, checked_url, is_public

NOBODY: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    "text",
    ["https://example.org", "https://example.org:8443/a?b=c", "https://8.8.8.8/x",
     "https://[2001:4860:4860::8888]/"],
)  # fmt: skip
def test_public_addresses_are_called(text: str) -> None:
    """By https, on any port."""
    assert str(checked_url(text, NOBODY)).startswith("https://")


@pytest.mark.parametrize(
    "text",
    ["", "example.org", "/path", "ftp://example.org/", "http://example.org/", "https://",
     "https://user:secret@example.org/", "https://user@example.org/", "https://127.0.0.1/",
     "https://10.1.2.3/", "https://169.254.169.254/latest", "https://[::1]/",
     "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25eth0]/", "https://0.0.0.0/",
     "https://[64:ff9b::7f00:1]/", "https://224.0.0.1/", "https://example.org:99999/",
     "https://example.org/" + "a" * 2048, "https://a..b/", "https://.a/", "https://xn--a/",
     "https://[::ffff:127.0.0.1%25]:8199/", "https://[::1%25]/", "https://" + "a" * 64 + ".org/",
     "https://a_b.org/", "javascript:alert(1)", "https://[::1"],
)  # fmt: skip
def test_others_are_not(text: str) -> None:
    """Not by http, not with a password, and nothing inside."""
    with pytest.raises(AddressRefused):
        checked_url(text, NOBODY)


def test_trusted_hosts_are_called_wherever_they_are() -> None:
    """The operator says which; others stay what they are."""
    trusted = frozenset({"127.0.0.1", "hooks.internal"})
    assert checked_url("http://127.0.0.1:9/", trusted).port == 9
    assert checked_url("http://hooks.internal/", trusted).host == "hooks.internal"
    with pytest.raises(AddressRefused):
        checked_url("http://127.0.0.2/", trusted)


def test_what_is_public() -> None:
    """As IANA's registers have it."""
    assert is_public("8.8.8.8")
    assert not any(map(is_public, ("192.168.1.1", "100.64.0.1", "::", "fe80::1%eth0", "ff02::1")))


async def test_a_name_that_leads_inside_is_not_found() -> None:
    """Looked up when it is called, so that it cannot change in between."""
    resolver = OutsideResolver(NOBODY)
    with pytest.raises(OSError, match="no public address"):
        await resolver.resolve("localhost", 443)
    await resolver.close()
    trusting = OutsideResolver(frozenset({"localhost"}))
    assert await trusting.resolve("localhost", 443)
    await trusting.close()
