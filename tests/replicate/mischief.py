"""What a stand-in server is told to do in the place of answering."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson
from aiohttp import web


@dataclass(frozen=True, slots=True)
class Reply:
    """Another answer. With ``acts`` what was asked for is done all the same."""

    status: int
    body: bytes | Mapping[str, Any] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    acts: bool = False


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer, or, with ``in_body``, the beginning of one. See ``Reply`` for ``acts``."""

    in_body: bool = False
    acts: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is cut, or, with ``in_body``, after the answer began."""

    in_body: bool = False
    acts: bool = False


Mischief: TypeAlias = Reply | Hang | Reset


class Orders:
    """What to do in the place of the next answers, by operation."""

    def __init__(self) -> None:
        self._next: dict[str, list[Mischief]] = defaultdict(list)
        self._always: dict[str, Mischief] = {}

    def once(self, operation: str, *mischief: Mischief) -> None:
        """The next calls of this operation go so, one after the other."""
        self._next[operation] += mischief

    def always(self, operation: str, mischief: Mischief) -> None:
        """Each call of this operation goes so."""
        self._always[operation] = mischief

    def take(self, operation: str) -> Mischief | None:
        """What the call that has come is to get, if not its answer."""
        waiting = self._next[operation]
        return waiting.pop(0) if waiting else self._always.get(operation)


async def play(request: web.Request, mischief: Mischief) -> web.StreamResponse:
    """Do it to the client."""
    if isinstance(mischief, Reply):
        body = mischief.body
        data = body if isinstance(body, bytes) else orjson.dumps(dict(body))
        given = {"Content-Type": "text/html" if isinstance(body, bytes) else "application/json"}
        return web.Response(
            status=mischief.status, body=data, headers={**given, **mischief.headers}
        )
    if mischief.in_body:
        await _begin(request)
    if isinstance(mischief, Hang):
        await asyncio.Event().wait()
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _begin(request: web.Request) -> None:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = 1000
    await response.prepare(request)
    await response.write(b'{"id": ')
