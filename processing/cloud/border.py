"""Between the client library and the network: each request with a deadline, each failure a fault.

The library knows neither: it sends some requests without any time limit, reads answers of any
size, asks ten times by itself and waits as long as it is told to, and of an error it keeps the
status, not the headers. So all of that is decided below it.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

import httpx
import orjson

from processing.cloud.faults import CloudFault, FallbackReason

CONNECT_S: Final = 5.0
MOST_BYTES: Final = 2 * 1024 * 1024
"""Of an answer, which repeats the inputs: pictures of up to a quarter of a megabyte each. It is
read by the event loop, which more would hold up."""
LONGEST_WAIT_S: Final = 86400.0
"""What is told beyond it is nothing to tell a client."""
_TOO_MANY: Final = 429
_BROKEN: Final = 500
_PLAIN: Final = "identity"
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.LocalProtocolError,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
_RESETS = re.compile(r"(?:available|resets) in ~?(\d+)")


class Border(httpx.AsyncBaseTransport):
    """Sends requests within ``call_s`` each. Raises CloudFault for all but a whole answer that
    says all is well."""

    def __init__(self, inner: httpx.AsyncBaseTransport, call_s: float) -> None:
        self._inner = inner
        self._call_s = call_s

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx.AsyncBaseTransport."""
        # Only a prediction that is made costs money; whether one was made is not always known.
        is_paid = request.method == "POST" and request.url.path.endswith("/predictions")
        request.headers["Accept-Encoding"] = _PLAIN
        request.extensions["timeout"] = httpx.Timeout(self._call_s, connect=CONNECT_S).as_dict()
        try:
            async with asyncio.timeout(self._call_s):
                response = await self._inner.handle_async_request(request)
                body = await _read(response)
        except _NOT_SENT as error:
            raise _unreached(error) from None
        except (TimeoutError, httpx.TimeoutException):
            raise _broken(FallbackReason.TIMED_OUT, "no answer", is_paid=is_paid) from None
        except (httpx.HTTPError, httpx.StreamError, ValueError) as error:
            told = type(error).__name__
            raise _broken(FallbackReason.UNAVAILABLE, told, is_paid=is_paid) from None
        if not response.is_success:
            raise _refusal(response.status_code, response.headers, body, is_paid=is_paid)
        return httpx.Response(response.status_code, headers=response.headers, content=body)

    async def aclose(self) -> None:
        """See httpx.AsyncBaseTransport."""
        await self._inner.aclose()


def retry_after_s(headers: Mapping[str, str], body: bytes) -> float | None:
    """In how many seconds to ask again, LONGEST_WAIT_S at most: by the header, in either of its
    forms, or by what the body says."""
    wait_s = _told_wait_s(headers, body)
    return None if wait_s is None else min(wait_s, LONGEST_WAIT_S)


def _told_wait_s(headers: Mapping[str, str], body: bytes) -> float | None:
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told)
    try:
        now = parsedate_to_datetime(headers.get("date", ""))
        wait_s = (parsedate_to_datetime(told) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return _told_in(body)
    return max(0.0, wait_s)


def _told_in(body: bytes) -> float | None:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(answer, dict):
        return None
    if isinstance(seconds := answer.get("retry_after"), int | float):
        return max(0.0, float(seconds))
    found = _RESETS.search(str(answer.get("detail")))
    return float(found[1]) if found else None


async def _read(response: httpx.Response) -> bytes:
    """Raises ValueError for an answer that is too large, or is coded."""
    try:
        if response.headers.get("content-encoding", _PLAIN) != _PLAIN:
            raise ValueError("coded")
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MOST_BYTES:
                raise ValueError("too large")
        return bytes(body)
    finally:
        await response.aclose()


def _unreached(error: Exception) -> CloudFault:
    """Nothing was sent, so that nothing is paid; a certificate does not get better in a second."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return CloudFault(
        FallbackReason.UNAVAILABLE,
        "not reached" if cause is None else "certificate not trusted",
        can_retry=cause is None,
        is_counted=True,
    )


def _broken(reason: FallbackReason, text: str, *, is_paid: bool) -> CloudFault:
    return CloudFault(reason, text, can_retry=not is_paid, is_counted=True, may_be_billed=is_paid)


def _refusal(status: int, headers: Mapping[str, str], body: bytes, *, is_paid: bool) -> CloudFault:
    """The answer of a service that says no; its words are not repeated, as they quote inputs."""
    text = f"status {status}"
    match status:
        case 401 | 402 | 403:
            return CloudFault(FallbackReason.DENIED, text, is_counted=True)
        case 400 | 413 | 422:
            return CloudFault(FallbackReason.UNSUITED, text)
        case 429 | 503:
            # Whoever is told to come again later has not been served.
            return CloudFault(
                FallbackReason.TOO_BUSY if status == _TOO_MANY else FallbackReason.UNAVAILABLE,
                text,
                can_retry=True,
                retry_after_s=retry_after_s(headers, body),
                is_counted=True,
            )
        case _ if status >= _BROKEN:
            return _broken(FallbackReason.UNAVAILABLE, text, is_paid=is_paid)
    return CloudFault(FallbackReason.UNAVAILABLE, text)
