"""The servers that help clients to find a way here: STUN, and TURN with credentials that expire."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from server.doors.entrance import CALLER
from server.keys import SERVICES
from server.logs import pseudonym
from server.settings import Settings


@dataclass(frozen=True, slots=True)
class IceServer:
    """One entry of a browser's ``iceServers``; STUN needs no credentials."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


def ice_servers(settings: Settings, user_id: str, now_s: float) -> list[IceServer]:
    """What a client may use now; ``now_s`` in seconds since 1970.

    Credentials as coturn expects them with ``use-auth-secret``: the name is the time of expiry, the
    password a digest of it (draft-uberti-behave-turn-rest-00).
    """
    servers = [IceServer(settings.stun_urls)] if settings.stun_urls else []
    if settings.turn_urls:
        expires = int(now_s + settings.turn_ttl_s)
        username = f"{expires}:{pseudonym(user_id)}"
        secret = settings.turn_secret.get_secret_value().encode()
        digest = hmac.new(secret, username.encode(), hashlib.sha1).digest()
        credential = base64.b64encode(digest).decode()
        servers.append(IceServer(settings.turn_urls, username, credential))
    return servers


def link_headers(servers: Sequence[IceServer]) -> list[str]:
    """The same as ``Link`` headers (RFC 9725, section 4.6)."""
    return [_link(url, server) for server in servers for url in server.urls]


def _link(url: str, server: IceServer) -> str:
    link = f'<{url}>; rel="ice-server"'
    if server.username is not None:
        link += f'; username="{server.username}"; credential="{server.credential}"'
        link += '; credential-type="password"'
    return link


async def list_ice_servers(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/ice-servers?user_id=…``, as a browser's RTCConfiguration has them."""
    services = request.app[SERVICES]
    settings = services.settings
    now_s = services.clock.utc_now().timestamp()
    servers = ice_servers(settings, request.query.get("user_id", request[CALLER].user_id), now_s)
    body = {"iceServers": [_entry(server) for server in servers], "ttl_s": settings.turn_ttl_s}
    return web.json_response(body)


def _entry(server: IceServer) -> dict[str, object]:
    entry: dict[str, object] = {"urls": list(server.urls)}
    if server.username is not None:
        entry |= {"username": server.username, "credential": server.credential}
    return entry
