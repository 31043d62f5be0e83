"""What is done for a client only as long as it waits."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from aiohttp import web

from server.connections.connection import Connection


@contextmanager
def ends_with_client(request: web.Request) -> Iterator[Callable[[], None]]:
    """The request's handler is cancelled if its client goes within the block, until it calls what
    this gives."""
    connection, handler = request.protocol, asyncio.current_task()
    if not isinstance(connection, Connection) or handler is None:
        raise TypeError("no handler of a connection of ours")
    with ExitStack() as told:
        told.enter_context(connection.telling(handler.cancel))
        yield told.close
