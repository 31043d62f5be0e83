"""Addresses that connections come from."""

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import Final, TypeAlias

from aiohttp import hdrs, web

PEER: Final = web.RequestKey("peer", str)
"""The address at the other end of the connection by which another instance got the request."""
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
SITE_BITS: Final = 64
"""So much of an IPv6 address is one customer's, who has all addresses that begin with it."""


def is_of(networks: Sequence[Network], address: str) -> bool:
    """Whether an address belongs to one of the networks."""
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


def peer_of(request: web.Request) -> str:
    """The address at the other end of the connection, whatever headers say; empty if unknown."""
    if PEER in request:
        return request[PEER]
    return "" if request.transport is None else end_of(request.transport)


def end_of(transport: asyncio.BaseTransport) -> str:
    """The address at the other end; empty if unknown, as that of a socket in the file system."""
    name = transport.get_extra_info("peername")
    return str(name[0]) if isinstance(name, tuple) else ""


def client_of(request: web.Request, proxies: Sequence[Network]) -> str:
    """Where a request comes from: who connected, or, where that is one of these proxies, whom it
    says it has it from.

    Each proxy adds to the right of ``X-Forwarded-For``; what is left of the first that is not
    trusted may be anybody's invention.
    """
    told = ",".join(request.headers.getall(hdrs.X_FORWARDED_FOR, ()))
    client = peer_of(request)
    for address in reversed(told.split(",")):
        if not is_of(proxies, client) or _parsed(address.strip()) is None:
            break
        client = address.strip()
    return client


def site_of(address: str) -> str:
    """Whose address it is, as far as it can be told."""
    parsed = _parsed(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, SITE_BITS), strict=False))
    return address if parsed is None else str(parsed)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        return parsed.ipv4_mapped
    return parsed
