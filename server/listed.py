"""Settings that are addresses, or lists of them with commas, each part checked."""

import base64
import binascii
import ipaddress
import re
from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, SecretStr
from yarl import URL

from server.doors.addresses import Network
from server.ids import USER_ID
from storage.errors import KeysUnusable
from storage.keyring import Keyring
from storage.redis_link import is_redis_url

_ICE_URL = re.compile(r"(stun|stuns|turn|turns):[^\s,;<>\"]+")

_DAEMON = re.compile(r"unix:/.+|tcp:[^:\s]+:[0-9]{1,5}")
_FILES = re.compile(r"(s3|gs|az)://[^/\s]+(/\S*)?")
_WEBHOOK = "whsec_"
_SECRET_BYTES = range(24, 65)
_TOKEN_SECRET_BYTES = 32
_API_KEY = re.compile(rf"{USER_ID.pattern}=[0-9a-f]{{64}}")
_SIGNING_KEY = re.compile(rf"{USER_ID.pattern}=hts_[A-Za-z0-9_-]{{43}}")
_ORIGIN = re.compile(r"https?://[a-z0-9.\[\]:-]+")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)*")
_TOKEN = re.compile(r"[!-~]*")
_MODEL = r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*"
_VERSION = re.compile(rf"{_MODEL}:[A-Za-z0-9][A-Za-z0-9._-]*")
_PRICE = r"[0-9]{1,4}(?:\.[0-9]{1,6})?"
_PRICES = re.compile(rf"({_MODEL})=({_PRICE})(?::({_PRICE}):({_PRICE}))?")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of the machine itself."""


def listed(text: str) -> tuple[str, ...]:
    """What stands between the commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _given(text: str) -> tuple[str, ...]:
    """The same of a list that somebody has written. Raises ValueError if nothing is in it: whoever
    put it together has missed something."""
    parts = listed(text)
    if text and not parts:
        raise ValueError("nothing is listed; leave it empty if that is meant")
    return parts


def _are_addresses(text: str) -> str:
    for part in _given(text):
        try:
            ipaddress.ip_address(part)
        except ValueError:
            raise ValueError(f"{part} is no IP address") from None
    return text


def _are_ice_urls(text: str) -> str:
    for part in _given(text):
        if not _ICE_URL.fullmatch(part):
            raise ValueError(f"{part} is no address of a STUN or TURN server, as stun:HOST:PORT")
    return text


def _is_token(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()  # files and pastes end their lines
    if not _TOKEN.fullmatch(text):
        raise ValueError("is letters, digits and signs, without spaces")
    return SecretStr(text)


def _is_redis_url(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if text and not is_redis_url(text):
        raise ValueError("no address of a Redis, as redis://HOST:PORT/NUMBER")
    return secret


def _is_mongo_uri(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if text and not text.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("no address of a MongoDB, as mongodb://HOST:PORT/DATABASE")
    return secret


def _is_files_url(text: str) -> str:
    if text and not _FILES.fullmatch(text):
        raise ValueError("no address of an object storage, as s3://BUCKET/PATH")
    return text.rstrip("/")


def _are_file_keys(secret: SecretStr) -> SecretStr:
    if text := secret.get_secret_value():
        try:
            Keyring.of(text)
        except KeysUnusable as error:
            raise ValueError(str(error)) from None
    return secret


def _is_webhook_secret(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    try:
        data = base64.b64decode(text.removeprefix(_WEBHOOK), validate=True)
    except binascii.Error:
        data = b""
    if text and not (text.startswith(_WEBHOOK) and len(data) in _SECRET_BYTES):
        raise ValueError("no whsec_ followed by 24 to 64 bytes in base64")
    return secret


def _is_daemon(text: str) -> str:
    if text and not _DAEMON.fullmatch(text):
        raise ValueError("no address of a daemon, as unix:/run/clamav/clamd.ctl or tcp:HOST:PORT")
    return text


def networks_of(text: str) -> tuple[Network, ...]:
    """The networks that are listed; an address is one of its own."""
    return tuple(ipaddress.ip_network(part) for part in listed(text))


def _are_networks(text: str) -> str:
    for part in _given(text):
        try:
            network = ipaddress.ip_network(part)
        except ValueError:
            raise ValueError(f"{part} is no IP address or network, as 10.1.0.0/16") from None
        if network.prefixlen == 0:
            raise ValueError(f"{part} is everybody, who would be believed")
    return text


def _is_token_secret(secret: SecretStr) -> SecretStr:
    size_bytes = len(secret.get_secret_value().encode())
    if 0 < size_bytes < _TOKEN_SECRET_BYTES:
        raise ValueError(f"less than {_TOKEN_SECRET_BYTES} bytes can be guessed")
    return secret


def is_safe(text: str) -> bool:
    """Whether it is an address of which nobody on the way can change the answer."""
    try:
        url = URL(text)
    except ValueError:
        raise ValueError("no address") from None
    is_private = url.scheme == "http" and url.host in LOOPBACK
    return bool(url.host and (url.scheme == "https" or is_private))


def _is_keys_url(text: str) -> str:
    if text and not is_safe(text):
        raise ValueError("no https address: whoever is on the way could put in keys of their own")
    return text


def _is_page_url(text: str) -> str:
    if text and not is_safe(text):
        raise ValueError("no https address, as https://auth.example.com/sign-in")
    return text


def _are_api_keys(text: str) -> str:
    for part in _given(text):
        if not _API_KEY.fullmatch(part):
            raise ValueError("one is no USER_ID=SHA256, as run.py new-key prints it")
    return text


def _are_signing_keys(secret: SecretStr) -> SecretStr:
    for part in _given(secret.get_secret_value()):
        if not _SIGNING_KEY.fullmatch(part):
            raise ValueError("one is no USER_ID=SECRET, as run.py new-key USER_ID --signing has it")
    return secret


def _as_browsers_write_them(text: str) -> str:
    return ", ".join(_origin(part) for part in _given(text))


def _origin(text: str) -> str:
    """Without the port where it is that of the scheme: browsers leave it out."""
    try:
        if _ORIGIN.fullmatch(text):
            return str(URL(text).origin())
    except ValueError:
        pass
    raise ValueError(f"{text} is no origin, as https://app.example.com")


def _is_api_url(text: str) -> str:
    if not is_safe(text):
        raise ValueError("no https address: whoever is on the way could read the token")
    url = URL(text)
    if url != url.origin() / "":
        raise ValueError("is a scheme and a host, as https://api.replicate.com")
    return str(url).rstrip("/")


def _are_hosts(text: str) -> str:
    if not text:
        raise ValueError("without a host no picture could be fetched that is paid for")
    for part in _given(text):
        if not _HOST.fullmatch(part):
            raise ValueError(f"{part} is no host, as replicate.delivery")
    return text


def _are_versions(text: str) -> str:
    for part in _given(text):
        if not _VERSION.fullmatch(part):
            raise ValueError(f"{part} is no OWNER/NAME:VERSION")
    _are_different([part.partition(":")[0] for part in listed(text)])
    return text


def _are_prices(text: str) -> str:
    _are_different([prices_of(part)[0] for part in _given(text)])
    return text


def _are_different(models: list[str]) -> None:
    if len(set(models)) < len(models):
        raise ValueError("a model is listed twice")


def prices_of(text: str) -> tuple[str, tuple[int, int, int]]:
    """A model, and its three prices in millionths of a dollar; one price is that of all. Raises
    ValueError if it says none."""
    found = _PRICES.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is no OWNER/NAME=PRICE, or OWNER/NAME=PRICE:PRICE:PRICE")
    model, *prices = found.groups()
    first, second, third = (round(Decimal(price or prices[0]) * 1_000_000) for price in prices)
    return model, (first, second, third)


Addresses: TypeAlias = Annotated[str, AfterValidator(_are_addresses)]
"""IP addresses, separated by commas."""
IceUrls: TypeAlias = Annotated[str, AfterValidator(_are_ice_urls)]
"""Addresses of STUN or TURN servers, separated by commas."""
RedisUrl: TypeAlias = Annotated[SecretStr, AfterValidator(_is_redis_url)]
"""The address of a Redis, which may hold its password; empty: none."""
ApiToken: TypeAlias = Annotated[SecretStr, AfterValidator(_is_token)]
"""A service's token, as a header takes it; empty: none."""
MongoUri: TypeAlias = Annotated[SecretStr, AfterValidator(_is_mongo_uri)]
"""The address of a MongoDB, which may hold its password; empty: none."""
FilesUrl: TypeAlias = Annotated[str, AfterValidator(_is_files_url)]
"""The address of a place in an object storage; empty: none."""
FileKeys: TypeAlias = Annotated[SecretStr, AfterValidator(_are_file_keys)]
"""Keys of 32 bytes in base64, separated by commas; empty: none."""
WebhookSecret: TypeAlias = Annotated[SecretStr, AfterValidator(_is_webhook_secret)]
"""A secret as in Standard Webhooks; empty: none."""
DaemonAddress: TypeAlias = Annotated[str, AfterValidator(_is_daemon)]
"""Where a daemon of this machine or network listens; empty: nowhere."""
Networks: TypeAlias = Annotated[str, AfterValidator(_are_networks)]
"""IP addresses or networks, separated by commas."""
TokenSecret: TypeAlias = Annotated[SecretStr, AfterValidator(_is_token_secret)]
"""A secret for HS256; empty: none."""
KeysUrl: TypeAlias = Annotated[str, AfterValidator(_is_keys_url)]
"""Where public keys are fetched; empty: nowhere."""
PageUrl: TypeAlias = Annotated[str, AfterValidator(_is_page_url)]
"""Where a page for people is; empty: nowhere."""
ApiKeyList: TypeAlias = Annotated[str, AfterValidator(_are_api_keys)]
"""Users and digests of their keys, separated by commas."""
SigningKeyList: TypeAlias = Annotated[SecretStr, AfterValidator(_are_signing_keys)]
"""Users and their secrets, separated by commas."""
ApiUrl: TypeAlias = Annotated[str, AfterValidator(_is_api_url)]
"""Where a service is that gets a secret."""
HostList: TypeAlias = Annotated[str, AfterValidator(_are_hosts)]
"""Names of hosts, separated by commas."""
ModelVersions: TypeAlias = Annotated[str, AfterValidator(_are_versions)]
"""Models and their versions, separated by commas."""
ModelPrices: TypeAlias = Annotated[str, AfterValidator(_are_prices)]
"""Models and their prices, separated by commas."""
Origins: TypeAlias = Annotated[str, AfterValidator(_as_browsers_write_them)]
"""Origins of pages, separated by commas."""
