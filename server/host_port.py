"""Where others of our own reach a process: a host and a port."""

import ipaddress
import re
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator

MOST_PORT: Final = 65535
_FORM: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s\[\]]+)):([0-9]{1,5})")


def host_and_port(text: str) -> tuple[str, int]:
    """Of HOST:PORT; an address of IPv6 may stand in brackets. Raises ValueError."""
    found = _FORM.fullmatch(text)
    port = int(found[3]) if found else 0
    if found is None or not 0 < port <= MOST_PORT:
        raise ValueError("no HOST:PORT, as 10.1.0.7:8001")
    return found[1] or found[2], port


def _is_reached(text: str) -> str:
    if text and _is_unspecified(host_and_port(text)[0]):
        raise ValueError("is no address at which others find it, as 10.1.0.7:8001")
    return text


def _is_unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:  # a name
        return False


HostPort: TypeAlias = Annotated[str, AfterValidator(_is_reached)]
"""Where a process is reached by others; empty: nowhere."""
