"""The way to other instances."""

import asyncio
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
"""An instance that takes no connection within this is taken to be gone."""
ANSWER_S: Final = 10.0
"""Beyond what a client may take to send its body."""
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
    """The instance takes no connections."""


class InstanceSilent(Exception):
    """The instance took the request, and does not answer, or not us."""


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
        self._pass_s = body_timeout_s + ANSWER_S

    async def ask(
        self, address: str, method: str, target: str, within_s: float
    ) -> tuple[int, bytes]:
        """Status and body. Raises InstanceGone and InstanceSilent."""
        sealed = self._seals.seal(Passed("", ""), address, method, target)
        # A server that lets anybody in asks whether it is meant.
        headers = CIMultiDict({HEADER: sealed, hdrs.HOST: "localhost"})
        try:
            async with asyncio.timeout(within_s):
                status, _, body = await _sent(_Sent(address, method, target, headers), within_s)
        except TimeoutError:
            raise InstanceSilent from None
        return status, body

    async def pass_on(self, address: str, request: web.Request) -> web.Response:
        """What another instance answers to this request. Raises InstanceGone and InstanceSilent."""
        target, method = request.raw_path, request.method
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if name.lower() not in _HOP
        )
        headers.popall(TRACEPARENT, None)
        if traceparent := request[TRACE].traceparent:
            headers[TRACEPARENT] = traceparent
        passed = Passed(peer_of(request), request[ID])
        headers[HEADER] = self._seals.seal(passed, address, method, target)
        body = _pieces(request) if request.body_exists else None
        sent = _Sent(address, method, target, headers, body)
        status, told, answer = await _sent(sent, self._pass_s)
        return web.Response(status=status, headers=told, body=answer)


async def _sent(sent: _Sent, within_s: float) -> tuple[int, CIMultiDict[str], bytes]:
    """Status, headers and body of the answer."""
    timeout = ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=within_s)
    http = ClientSession(
        connector=connector_to(sent.address),
        cookie_jar=DummyCookieJar(),
        timeout=timeout,
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
                log.error("another instance has other file_keys")
                raise InstanceSilent
            return answer.status, _of_answer(answer.headers), await answer.read()
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise InstanceGone from None
    except (aiohttp.ClientError, TimeoutError):
        raise InstanceSilent from None


def _of_answer(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Without what is of the connection; the request's id is said anew."""
    return CIMultiDict(
        (name, value)
        for name, value in headers.items()
        if name.lower() not in _HOP and name != REQUEST_ID
    )


async def _pieces(request: web.Request) -> AsyncIterator[bytes]:
    async with reading(request) as body:
        while piece := await body.read(PIECE_BYTES):
            yield piece
