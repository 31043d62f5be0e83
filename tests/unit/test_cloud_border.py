"""What is decided below the client: time limits, sizes, and what a failure means."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from processing.cloud.border import CONNECT_S, LONGEST_WAIT_S, MOST_BYTES, Border, retry_after_s
from processing.cloud.faults import CloudFault, FallbackReason

GET = ("GET", "http://api/v1/predictions/p1")
CREATE = ("POST", "http://api/v1/predictions")
CANCEL = ("POST", "http://api/v1/predictions/p1/cancel")
_PIECE = bytes(1024 * 1024)


class Whole(httpx.AsyncByteStream):
    """A short answer."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"{}"


class Pieces(httpx.AsyncByteStream):
    """An answer without end; counts what is read of it."""

    def __init__(self, pause_s: float = 0.0) -> None:
        self.read = 0
        self._pause_s = pause_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(self._pause_s)
            self.read += 1
            yield b"." if self._pause_s else _PIECE


class Network(httpx.AsyncBaseTransport):
    """Answers so, or fails so, and keeps what was sent."""

    def __init__(self, answer: httpx.Response | Exception) -> None:
        self.sent: list[httpx.Request] = []
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx.AsyncBaseTransport."""
        self.sent.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


async def _fault(
    answer: httpx.Response | Exception, asked: tuple[str, str], call_s: float = 10.0
) -> CloudFault:
    with pytest.raises(CloudFault) as caught:
        await Border(Network(answer), call_s).handle_async_request(httpx.Request(*asked))
    return caught.value


async def test_every_request_has_a_time_limit() -> None:
    """Also one that the client sends with none."""
    network = Network(httpx.Response(200, stream=Whole()))
    asked = httpx.Request(*GET, extensions={"timeout": httpx.Timeout(None).as_dict()})
    answer = await Border(network, 15.0).handle_async_request(asked)
    assert answer.content == b"{}"
    (sent,) = network.sent
    limits = sent.extensions["timeout"]
    assert limits == {"connect": CONNECT_S, "read": 15.0, "write": 15.0, "pool": 15.0}
    assert sent.headers["accept-encoding"] == "identity"


async def test_answer_that_drips() -> None:
    """One that never stops for long takes no longer than the others."""
    dripping = httpx.Response(200, stream=Pieces(pause_s=0.001))
    fault = await _fault(dripping, GET, call_s=0.02)
    assert fault.reason is FallbackReason.TIMED_OUT
    assert fault.can_retry


async def test_answer_without_end() -> None:
    """No more of it is read than an answer may have."""
    pieces = Pieces()
    fault = await _fault(httpx.Response(200, stream=pieces), GET)
    assert fault.reason is FallbackReason.UNAVAILABLE
    assert pieces.read == MOST_BYTES // len(_PIECE) + 1


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"retry-after": "9" * 400}, b""),
        ({"retry-after": "86400000000000"}, b""),
        (
            {
                "retry-after": "Fri, 31 Dec 9999 23:59:59 GMT",
                "date": "Sun, 29 Nov 2026 00:00:00 GMT",
            },
            b"",
        ),
        ({}, b'{"retry_after": 1e300}'),
        ({}, b'{"detail": "resets in ~%s"}' % (b"9" * 400 + b"s")),
    ],
)
def test_nobody_is_told_to_wait_for_ever(headers: dict[str, str], body: bytes) -> None:
    """Nor for so long that it is no number."""
    assert retry_after_s(headers, body) in (LONGEST_WAIT_S, None)


async def test_coded_answer() -> None:
    """Nobody asked for one; it could be of any size."""
    coded = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Pieces())
    assert (await _fault(coded, GET)).reason is FallbackReason.UNAVAILABLE


@pytest.mark.parametrize(
    "error", [httpx.ReadError(""), httpx.ReadTimeout(""), httpx.RemoteProtocolError("")], ids=repr
)
@pytest.mark.parametrize(("asked", "is_paid"), [(GET, False), (CANCEL, False), (CREATE, True)])
async def test_only_what_is_paid_is_not_repeated(
    error: Exception, asked: tuple[str, str], *, is_paid: bool
) -> None:
    """Where a request may have arrived."""
    fault = await _fault(error, asked)
    assert (fault.can_retry, fault.may_be_billed) == (not is_paid, is_paid)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError(""),
        httpx.ConnectTimeout(""),
        httpx.LocalProtocolError(""),
        httpx.PoolTimeout(""),
    ],
    ids=repr,
)
async def test_what_was_not_sent_is_repeated(error: Exception) -> None:
    """Also what would be paid."""
    fault = await _fault(error, CREATE)
    assert (fault.can_retry, fault.may_be_billed) == (True, False)
