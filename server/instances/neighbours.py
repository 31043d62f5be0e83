"""The way to other instances."""

import asyncio
import errno
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp
import structlog
from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, hdrs, web
from multidict import CIMultiDict
from yarl import URL

from server.answering import ID, REQUEST_ID
from server.bodies import reading
from server.doors.addresses import peer_of
from server.instances.addresses import connector_to, url_of
from server.instances.seals import HEADER, Passed, Seals
from server.traces.traces import TRACE, TRACEPARENT

CONNECT_S: Final = 1.0
"""An instance that takes no connection within this is silent."""
AGAIN_S: Final = 0.02
"""Before it is tried again where too many wait to be taken."""
GONE: Final = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENOENT})
"""Nobody is there. Whatever else keeps a connection from being made says nothing of who is."""
ANSWER_S: Final = 10.0
"""Beyond the end of the body, and what the answer takes to be made."""
MISDIRECTED: Final = 421
"""What nobody answers but an instance that has other keys."""
PIECE_BYTES: Final = 64 * 1024
_HOP: Final = frozenset(
    {
        "connection",
        "content-length",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Of one connection, and no other (RFC 9110, section 7.6.1)."""
_ADDED: Final = (hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.USER_AGENT, hdrs.CONTENT_TYPE)
"""What a client of aiohttp would say besides."""


class InstanceGone(Exception):
    """Nobody is at the instance's address."""


class InstanceSilent(Exception):
    """The instance does not answer, or not us."""


class _Crowded(Exception):
    """More than can wait want to connect at this moment."""


log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A request for an instance."""

    address: str
    method: str
    target: str
    headers: CIMultiDict[str]
    body: AsyncIterator[bytes] | None = None


class Neighbours:
    """Asks other instances, each request by a connection of its own: few are."""

    def __init__(self, seals: Seals, body_timeout_s: float) -> None:
        self._seals = seals
        self._body_timeout_s = body_timeout_s

    async def ask(
        self, address: str, method: str, target: str, within_s: float
    ) -> tuple[int, bytes]:
        """Status and body. Raises InstanceGone and InstanceSilent."""
        sealed = self._seals.seal(Passed("", ""), address, method, target)
        # A server that lets anybody in asks whether it is meant.
        headers = CIMultiDict({HEADER: sealed, hdrs.HOST: "localhost"})
        try:
            async with asyncio.timeout(within_s):
                status, _, body = await _sent(_Sent(address, method, target, headers))
        except TimeoutError:
            raise InstanceSilent from None
        return status, body

    async def pass_on(self, address: str, request: web.Request, making_s: float) -> web.Response:
        """What another instance answers to this request, which may take ``making_s`` to be made.
        Raises InstanceGone and InstanceSilent."""
        # Also of a request that names the whole address, as proxies are asked.
        target, method = request.rel_url.raw_path_qs, request.method
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if name.lower() not in _HOP
        )
        headers.popall(TRACEPARENT, None)
        if traceparent := request[TRACE].traceparent:
            headers[TRACEPARENT] = traceparent
        passed = Passed(peer_of(request), request[ID])
        headers[HEADER] = self._seals.seal(passed, address, method, target)
        answer_s = making_s + ANSWER_S
        body_s = self._body_timeout_s if request.body_exists else 0.0
        try:
            async with asyncio.timeout(body_s + answer_s) as limit:
                body = _pieces(request, limit, answer_s) if request.body_exists else None
                status, told, answer = await _sent(_Sent(address, method, target, headers, body))
        except TimeoutError:
            raise InstanceSilent from None
        return web.Response(status=status, headers=told, body=answer)


async def _sent(sent: _Sent) -> tuple[int, CIMultiDict[str], bytes]:
    """Status, headers and body of the answer."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + CONNECT_S
    while True:
        try:
            return await _sent_once(sent)
        except _Crowded:
            if loop.time() > until_s:
                raise InstanceSilent from None
            await asyncio.sleep(AGAIN_S)


async def _sent_once(sent: _Sent) -> tuple[int, CIMultiDict[str], bytes]:
    http = ClientSession(
        connector=connector_to(sent.address),
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=None, sock_connect=CONNECT_S),
        auto_decompress=False,
        skip_auto_headers=_ADDED,
    )
    url = URL(url_of(sent.address, sent.target), encoded=True)
    try:
        async with (
            http,
            http.request(
                sent.method, url, headers=sent.headers, data=sent.body, allow_redirects=False
            ) as answer,
        ):
            if answer.status == MISDIRECTED:
                log.error("another instance has other file_keys, or another time")
                raise InstanceSilent
            return answer.status, _of_answer(answer.headers), await answer.read()
    except aiohttp.ClientConnectorError as error:
        if error.errno == errno.EAGAIN:  # and nothing of the body was read
            raise _Crowded from None
        raise (InstanceGone if error.errno in GONE else InstanceSilent) from None
    except aiohttp.ClientError:
        raise InstanceSilent from None


def _of_answer(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Without what is of the connection; the request's id is said anew."""
    return CIMultiDict(
        (name, value)
        for name, value in headers.items()
        if name.lower() not in _HOP and name != REQUEST_ID
    )


async def _pieces(
    request: web.Request, limit: asyncio.Timeout, answer_s: float
) -> AsyncIterator[bytes]:
    """The body; from its end on the answer is waited for no longer than that."""
    async with reading(request) as body:
        while piece := await body.read(PIECE_BYTES):
            yield piece
    limit.reschedule(asyncio.get_running_loop().time() + answer_s)
