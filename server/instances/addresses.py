"""Where instances are reached by each other: HOST:PORT, or a socket of this machine."""

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import BaseConnector, TCPConnector, UnixConnector

from server.host_port import host_and_port
from server.settings import Settings
from server.supervisor.place import WorkerPlace

UNIX: Final = "unix:"
MOST_WAITING: Final = 1024
"""Connections that wait to be taken: all others may pass on what they can at the same moment."""


def address_of(settings: Settings, place: WorkerPlace | None) -> str:
    """Where this instance is; empty where no others know it. Workers are at the ports behind each
    other, or in the folder that they share."""
    if not settings.instance_address:
        return "" if place is None else f"{UNIX}{place.folder}/{place.slot}.sock"
    host, port = host_and_port(settings.instance_address)
    own = port + (0 if place is None else place.slot)
    return f"[{host}]:{own}" if ":" in host else f"{host}:{own}"


def connector_to(address: str) -> BaseConnector:
    """Connects to nothing else."""
    if address.startswith(UNIX):
        return UnixConnector(address.removeprefix(UNIX), force_close=True)
    return TCPConnector(force_close=True)


def url_of(address: str, target: str) -> str:
    """The address of what an instance has, letter by letter."""
    return f"http://{'instance' if address.startswith(UNIX) else address}{target}"


async def listening(address: str, make: Callable[[], asyncio.Protocol]) -> asyncio.AbstractServer:
    """Takes connections there. Raises OSError."""
    loop = asyncio.get_running_loop()
    if address.startswith(UNIX):
        path = address.removeprefix(UNIX)
        return await loop.create_unix_server(make, path, backlog=MOST_WAITING)
    host, port = host_and_port(address)
    return await loop.create_server(make, host, port, backlog=MOST_WAITING)
