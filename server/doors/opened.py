"""The doorkeeper whom the settings ask for."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog
from aiohttp import ClientSession, DummyCookieJar

from media.clock import Clock
from server.doors.api_keys import ApiKeys
from server.doors.doorkeeper import Doorkeeper
from server.doors.gateway import Gateway
from server.doors.jwks import PublicKeys
from server.doors.scrapers import Scrapers
from server.doors.signing import NONCE_S, RequestSigning, SigningKey
from server.doors.tickets import REMEMBERED_S, Tickets
from server.doors.tokens import SharedSecret, TokenKeys, TokenReader
from server.doors.uses import OwnUses, SharedUses, Uses
from server.settings import Settings
from server.stores import Stores

log = structlog.get_logger(__name__)


@asynccontextmanager
async def opened_doorkeeper(
    settings: Settings, stores: Stores, clock: Clock
) -> AsyncIterator[Doorkeeper]:
    """At work for the length of the block."""
    if settings.is_open:
        log.warning("nobody is asked who they are", host=settings.host)
    async with AsyncExitStack() as stack:
        gateway = Gateway(settings.gateway_networks, settings.gateway_user_header)
        uses = partial(uses_of, settings, stores, clock)
        yield Doorkeeper(
            Tickets(stores.files.keyring, uses("ticket", REMEMBERED_S), clock),
            settings.is_open,
            await _tokens(settings, clock, stack) if settings.has_tokens else None,
            gateway if settings.gateway_networks else None,
            ApiKeys(settings.api_key_users) if settings.api_key_users else None,
            _signing(settings, clock, uses) if settings.signing_secrets else None,
            Scrapers(settings.scraper_networks, settings.gateway_networks),
        )


def uses_of(settings: Settings, stores: Stores, clock: Clock, kind: str, ttl_s: float) -> Uses:
    """Of things of a kind, each of which may come again within this time; known to all servers that
    share a Redis."""
    is_shared = bool(settings.redis_url.get_secret_value())
    return SharedUses(stores.cache, kind, ttl_s) if is_shared else OwnUses(clock, ttl_s)


def _signing(
    settings: Settings, clock: Clock, uses: Callable[[str, float], Uses]
) -> RequestSigning:
    """Each has a memory of its own for nonces: who floods it keeps out nobody else."""
    keys = {
        key_id: SigningKey(secrets, uses("nonce", NONCE_S))
        for key_id, secrets in settings.signing_secrets.items()
    }
    return RequestSigning(keys, clock)


async def _tokens(settings: Settings, clock: Clock, stack: AsyncExitStack) -> TokenReader:
    keys: TokenKeys = SharedSecret(settings.jwt_secret.get_secret_value())
    if settings.jwt_keys_url:
        http = await stack.enter_async_context(ClientSession(cookie_jar=DummyCookieJar()))
        keys = public = PublicKeys(http, settings.jwt_keys_url, clock)
        stack.push_async_callback(public.close)
    return TokenReader(
        keys,
        settings.jwt_issuer,
        settings.jwt_audience,
        settings.jwt_leeway_s,
        settings.jwt_admin_scope,
    )
