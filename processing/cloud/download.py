"""Outputs are fetched without credentials, from known hosts, and no more of them than expected."""

import asyncio
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final, Self
from urllib.parse import urljoin

import httpx

from processing.cloud.faults import CloudFault, FallbackReason, bad_output

MOST_BYTES: Final = 24 * 1024 * 1024
CALL_S: Final = 30.0
MOST_REDIRECTS: Final = 3
MOST_PORT: Final = 65_535
_OK: Final = 200
_PLAIN: Final = "identity"
_TYPES: Final = ("image/", "application/octet-stream", "binary/octet-stream")


class Downloader:
    """Fetches outputs from ``hosts`` and their subdomains; plain HTTP only with ``allows_http``."""

    def __init__(
        self,
        hosts: tuple[str, ...],
        *,
        allows_http: bool = False,
        most_bytes: int = MOST_BYTES,
        call_s: float = CALL_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._hosts = tuple(host.lower().strip(".") for host in hosts)
        self._schemes = {"https", "http"} if allows_http else {"https"}
        self._most_bytes = most_bytes
        self._call_s = call_s
        self._http = httpx.AsyncClient(
            transport=transport or httpx.AsyncHTTPTransport(trust_env=False),
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # none, of anybody
            headers={"Accept": "image/*", "Accept-Encoding": _PLAIN},
            timeout=httpx.Timeout(call_s, connect=5.0),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def fetch(self, address: str) -> bytes:
        """The file at the address. Raises CloudFault."""
        if address.startswith("data:"):
            return self._told(address)
        try:
            async with asyncio.timeout(self._call_s):
                return await self._followed(address)
        except (TimeoutError, httpx.TimeoutException):
            raise _away(FallbackReason.TIMED_OUT, "output does not come") from None
        except (httpx.HTTPError, httpx.StreamError, ssl.SSLError) as error:
            raise _away(FallbackReason.UNAVAILABLE, f"output: {type(error).__name__}") from None

    async def _followed(self, address: str) -> bytes:
        base = ""
        for _ in range(MOST_REDIRECTS + 1):
            url = self._checked(base, address)
            async with self._http.stream("GET", url) as response:
                if response.has_redirect_location:
                    base, address = str(url), response.headers["location"]
                    continue
                return await self._read(response)
        raise bad_output("redirected too often")

    def _checked(self, base: str, address: str) -> httpx.URL:
        try:
            url = httpx.URL(urljoin(base, address))
            named, port = url.host, url.port
        except (httpx.InvalidURL, ValueError):  # the latter for what is no text, host or network
            raise bad_output("no address") from None
        if port is not None and port > MOST_PORT:
            raise bad_output("no address")
        is_known = any(named == host or named.endswith(f".{host}") for host in self._hosts)
        if url.scheme not in self._schemes or not is_known or url.userinfo:
            raise bad_output("output at a host that is not allowed")
        return url

    async def _read(self, response: httpx.Response) -> bytes:
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise _away(FallbackReason.UNAVAILABLE, f"output: status {response.status_code}")
        headers = response.headers
        kind = headers.get("content-type", _TYPES[-1]).lower()
        if response.status_code != _OK or not kind.startswith(_TYPES):
            raise bad_output("output is no picture")
        if headers.get("content-encoding", _PLAIN) != _PLAIN:
            raise bad_output("output is coded")
        told = headers.get("content-length", "")
        if told.isdigit() and int(told) > self._most_bytes:
            raise bad_output("output is too large")
        return await self._bounded(response.aiter_raw())

    async def _bounded(self, pieces: AsyncIterator[bytes]) -> bytes:
        data = bytearray()
        async for piece in pieces:
            data += piece
            if len(data) > self._most_bytes:
                raise bad_output("output is too large")
        return bytes(data)

    def _told(self, address: str) -> bytes:
        """A small output, in the address itself."""
        head, _, coded = address.partition(",")
        if not head.endswith(";base64") or len(coded) > self._most_bytes * 4 // 3:
            raise bad_output("no address")
        try:
            return b64decode(coded, validate=True)
        except ValueError:
            raise bad_output("no address") from None


def address_of(output: Any) -> str:
    """Where the picture is that a model gave, or the first of several. Raises CloudFault."""
    first = output[0] if isinstance(output, list) and output else output
    if not isinstance(first, str) or not first:
        raise bad_output("no output")
    return first


def _away(reason: FallbackReason, text: str) -> CloudFault:
    return CloudFault(reason, text, can_retry=True, is_counted=True)
