"""What is done for a client only as long as it waits."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from server.connections.connection import Connection


@contextmanager
def ends_with_client(request: web.Request) -> Iterator[None]:
    """The request's handler is cancelled if its client goes within the block."""
    connection, handler = request.protocol, asyncio.current_task()
    if not isinstance(connection, Connection) or handler is None:
        raise TypeError("no handler of a connection of ours")
    with connection.telling(handler.cancel):
        yield
