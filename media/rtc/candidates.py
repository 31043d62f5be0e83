"""Where a client says that it can be reached: some of it is nobody's business. Pure."""

import ipaddress
from collections.abc import Sequence

_ADDRESS = 4
"""The place of the address in a candidate's line (RFC 8839)."""


def may_check(candidate: str, listen: Sequence[str]) -> bool:
    """Whether ICE's checks may be sent to where this candidate (without ``a=``) points: not to
    this machine itself, unless it listens there, and to no address that is nobody's or
    everybody's. A name, which stands for an address that a browser hides, may."""
    parts = candidate.split()
    try:
        address = ipaddress.ip_address(parts[_ADDRESS])
    except (ValueError, IndexError):
        return True
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_loopback:
        return any(ipaddress.ip_address(own).is_loopback for own in listen)
    is_broadcast = address == ipaddress.IPv4Address("255.255.255.255")
    return not (address.is_multicast or address.is_unspecified or is_broadcast)


def checked(sdp: str, listen: Sequence[str]) -> str:
    """A session description without candidates that may not be checked. Lines end where Python's
    own splitting says, as for the parser that reads them next."""
    return "".join(
        line
        for line in sdp.splitlines(keepends=True)
        if not line.startswith("a=candidate:") or may_check(line.strip()[len("a=") :], listen)
    )
