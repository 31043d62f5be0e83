"""Settings that are addresses, or lists of them with commas, each part checked."""

import ipaddress
import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, SecretStr

_ICE_URL = re.compile(r"(stun|stuns|turn|turns):[^\s,;<>\"]+")

_DAEMON = re.compile(r"unix:/.+|tcp:[^:\s]+:[0-9]{1,5}")
_WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{32,86}={0,2}")


def listed(text: str) -> tuple[str, ...]:
    """What stands between the commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _are_addresses(text: str) -> str:
    for part in listed(text):
        try:
            ipaddress.ip_address(part)
        except ValueError:
            raise ValueError(f"{part} is no IP address") from None
    return text


def _are_ice_urls(text: str) -> str:
    for part in listed(text):
        if not _ICE_URL.fullmatch(part):
            raise ValueError(f"{part} is no address of a STUN or TURN server, as stun:HOST:PORT")
    return text


def _is_redis_url(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if text and not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("no address of a Redis, as redis://HOST:PORT/NUMBER")
    return secret


def _is_webhook_secret(secret: SecretStr) -> SecretStr:
    found = _WEBHOOK_SECRET.fullmatch(secret.get_secret_value())
    if secret.get_secret_value() and not found:
        raise ValueError("no whsec_ followed by 24 to 64 bytes in base64")
    return secret


def _is_daemon(text: str) -> str:
    if text and not _DAEMON.fullmatch(text):
        raise ValueError("no address of a daemon, as unix:/run/clamav/clamd.ctl or tcp:HOST:PORT")
    return text


Addresses: TypeAlias = Annotated[str, AfterValidator(_are_addresses)]
"""IP addresses, separated by commas."""
IceUrls: TypeAlias = Annotated[str, AfterValidator(_are_ice_urls)]
"""Addresses of STUN or TURN servers, separated by commas."""
RedisUrl: TypeAlias = Annotated[SecretStr, AfterValidator(_is_redis_url)]
"""The address of a Redis, which may hold its password; empty: none."""
WebhookSecret: TypeAlias = Annotated[SecretStr, AfterValidator(_is_webhook_secret)]
"""A secret as in Standard Webhooks; empty: none."""
DaemonAddress: TypeAlias = Annotated[str, AfterValidator(_is_daemon)]
"""Where a daemon of this machine or network listens; empty: nowhere."""
