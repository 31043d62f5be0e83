"""Public keys of the auth service (RFC 7517), fetched from its address and kept for a while."""

import asyncio
from collections.abc import Mapping
from contextvars import Context
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import jwt
import orjson
import structlog

from media.clock import Clock
from server.doors.refusals import DoorsAway, NotLetIn

PUBLIC: Final = frozenset({"RS256", "ES256", "EdDSA"})
FRESH_S: Final = 600.0
"""Keys are fetched again after so long."""
LATE_S: Final = 2 * FRESH_S
"""After so long without any who asked, keys are used only when they were looked for again."""
STALE_S: Final = 24 * 3600.0
"""Keys that cannot be fetched again are used for so long: a key that was withdrawn is good no
longer, and an auth service that is away for a night locks nobody out."""
PAUSE_S: Final = 10.0
"""No two fetches follow each other faster, however many unknown keys tokens name."""
FETCH_S: Final = 5.0
MOST_BYTES: Final = 256 * 1024

log = structlog.get_logger(__name__)


class PublicKeys:
    """See TokenKeys. Of those who need the keys at once one fetches them."""

    def __init__(self, http: aiohttp.ClientSession, url: str, clock: Clock) -> None:
        self._http = http
        self._url = url
        self._clock = clock
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_s = self._tried_s = float("-inf")
        self._fetching = asyncio.Lock()
        self._renewing: asyncio.Task[None] | None = None

    async def find(self, header: dict[str, Any]) -> tuple[Any, str]:
        """See TokenKeys. The key is the one whose id (``kid``) the token names."""
        name = header.get("kid")
        if not isinstance(name, str):
            raise NotLetIn("The token names no key")
        if name not in self._keys or self._age_s() > STALE_S or self._untried_s() > LATE_S:
            await self._refresh()
        elif self._age_s() > FRESH_S and (self._renewing is None or self._renewing.done()):
            # Nobody has to wait for that. In a context of its own: whoever asks is not its cause.
            self._renewing = asyncio.create_task(self._refresh(), context=Context())
        if self._age_s() > STALE_S:
            raise DoorsAway
        key = self._keys.get(name)
        if key is None:
            raise NotLetIn("The token's key is not known")
        return key.key, key.algorithm_name

    async def close(self) -> None:
        """Fetch no more."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.wait([self._renewing])

    def _age_s(self) -> float:
        return self._clock.monotonic() - self._fetched_s

    def _untried_s(self) -> float:
        return self._clock.monotonic() - self._tried_s

    async def _refresh(self) -> None:
        began_s = self._clock.monotonic()
        async with self._fetching:
            was_done = self._fetched_s >= began_s
            if was_done or self._untried_s() < PAUSE_S:
                return
            try:
                self._keys = read_keys(await self._fetched())
                self._fetched_s = self._clock.monotonic()
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                log.warning("keys of tokens not fetched", reason=type(error).__name__)
            finally:
                # Not before: who asks meanwhile waits for what comes.
                self._tried_s = self._clock.monotonic()

    async def _fetched(self) -> bytes:
        async with asyncio.timeout(FETCH_S):
            async with self._http.get(self._url, allow_redirects=False) as response:
                response.raise_for_status()
                body = await response.content.read(MOST_BYTES + 1)
                while len(body) <= MOST_BYTES and (more := await response.content.read(MOST_BYTES)):
                    body += more
        if response.status != HTTPStatus.OK or len(body) > MOST_BYTES:
            raise ValueError("no set of keys")
        return body


def read_keys(text: bytes) -> dict[str, jwt.PyJWK]:
    """The keys of a set that tokens may be signed with, by their ids; what else is in it, such as
    keys for encryption or of kinds that are not taken, is passed over.

    Raises ValueError if it is no set of keys, or one without any.
    """
    try:
        entries = list(orjson.loads(text)["keys"])
    except (TypeError, KeyError):
        raise ValueError("no set of keys") from None
    keys = dict[str, jwt.PyJWK]()
    for entry in entries:
        key = _key(entry)
        if key is not None and isinstance(key.key_id, str):
            keys[key.key_id] = key
    if not keys:
        raise ValueError("no keys for tokens")
    return keys


def _key(entry: Any) -> jwt.PyJWK | None:
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(entry)
    except Exception:  # whatever the library makes of what is no key
        return None
    return key if key.algorithm_name in PUBLIC else None
