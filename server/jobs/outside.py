"""Addresses that users name for us to call: none of them may lead into the operator's network."""

import ipaddress
import re
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver
from yarl import URL

MAX_CHARS: Final = 2048
_NAME: Final = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
                          r"(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?", re.IGNORECASE)  # fmt: skip
"""A host's name (RFC 1123); what has a colon would not be looked up, but called as it stands."""
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
"""Leads to any IPv4 address, also one inside."""


class AddressRefused(ValueError):
    """An address that we will not call; the text says why."""


def checked_url(text: str, trusted: frozenset[str]) -> URL:
    """An address that may be called, as far as can be told without looking it up.

    Hosts in ``trusted`` may be called by http, and wherever they are. Raises AddressRefused.
    """
    try:
        url = URL(text)
        host = url.raw_host or ""
        is_whole = bool(host and url.host) and url.scheme in ("http", "https")
    except ValueError:
        raise AddressRefused("is no address") from None
    if len(text) > MAX_CHARS or not is_whole:
        raise AddressRefused("is no address, as https://example.org/path")
    if url.user is not None or url.password is not None:
        raise AddressRefused("must not hold a password")
    if host not in trusted:
        _check_stranger(url.scheme, host)
    return url


def _check_stranger(scheme: str, host: str) -> None:
    """What looks like a number has to be one that can be judged; all else is looked up."""
    if scheme != "https":
        raise AddressRefused("must begin with https")
    if _is_number(host):
        if not is_public(host):
            raise AddressRefused("leads to no public address")
    elif not _NAME.fullmatch(host):
        raise AddressRefused("names no host")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet's."""
    number = ipaddress.ip_address(address.partition("%")[0])
    return number.is_global and not number.is_multicast and number not in _NAT64


class OutsideResolver(AbstractResolver):
    """Looks hosts up, and finds only public addresses of those that are not ``trusted``; so a name
    cannot be public when it is checked and local when it is called."""

    def __init__(self, trusted: frozenset[str]) -> None:
        self._trusted = trusted
        self._resolver = DefaultResolver()

    async def resolve(self, host: str, *args: int, **options: int) -> list[ResolveResult]:
        """Raises OSError where there is no address to be called."""
        found = await self._resolver.resolve(host, *args, **options)  # type: ignore[arg-type]
        if host in self._trusted:
            return found
        public = [one for one in found if is_public(one["host"])]
        if not public:
            raise OSError(None, "no public address")
        return public

    async def close(self) -> None:
        """Let go of what looks them up."""
        await self._resolver.close()


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
