"""Requests that other servers sign (report section 7.4), with a secret that both know.

What is signed is the request whole but for its other headers: see ``Signed.text``. A request is
good once, and for some minutes. Its body is still to come when the signature is checked: what it
has to be is noted in the request, see ``server.bodies``.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from multidict import MultiMapping

from media.clock import Clock
from server.doors.caller import Caller
from server.doors.refusals import NotLetIn
from server.doors.uses import Uses
from server.ids import USER_ID

KEY_ID: Final = "X-Key-Id"
TIMESTAMP: Final = "X-Timestamp"
NONCE: Final = "X-Nonce"
DIGEST: Final = "Content-Digest"
SIGNATURE: Final = "X-Signature"
VERSION: Final = "hair-tryon-v1"
PREFIX: Final = "hts_"
"""What programs that look for secrets in sources know them by."""
SECRET_BYTES: Final = 32
WINDOW_S: Final = 300
NONCE_S: Final = 2 * WINDOW_S + 60
"""A nonce may come as early as the window allows, and again as late; the clock may be set back."""
ANNOUNCED: Final = web.RequestKey("announced", str)
"""The Content-Digest that a request was signed with."""

_FORMS: Final = {
    KEY_ID: (USER_ID, "is no user id"),
    TIMESTAMP: (re.compile(r"[0-9]{1,12}"), "is no number of seconds since 1970"),
    NONCE: (re.compile(r"[A-Za-z0-9_-]{16,64}"), "is 16 to 64 letters, digits, - or _"),
    DIGEST: (re.compile(r"sha-256=:[A-Za-z0-9+/]{43}=:"), "is no sha-256=:…: with 32 bytes"),
    SIGNATURE: (re.compile(r"v1=[0-9a-f]{64}"), "is no v1= with 64 hexadecimal digits"),
}


def new_secret() -> str:
    """A secret that nobody has yet; as it stands it is the key of signatures."""
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def content_digest(digest: bytes) -> str:
    """A SHA-256 as Content-Digest has it (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(digest).decode()}:"


NOTHING: Final = content_digest(hashlib.sha256(b"").digest())


@dataclass(frozen=True, slots=True)
class Signed:
    """What the headers of a request say of its signature: well-formed, and nothing more."""

    key_id: str
    timestamp: str
    nonce: str
    digest: str
    signature: str

    @classmethod
    def read(cls, headers: MultiMapping[str], *, has_body: bool) -> "Signed":
        """Raises NotLetIn, which says what is wrong. Without a body nothing needs to be said of
        it."""
        read = {name: _header(headers, name) for name in (KEY_ID, TIMESTAMP, NONCE, SIGNATURE)}
        digest = NOTHING
        if has_body or DIGEST in headers:
            digest = _header(headers, DIGEST)
        if not has_body and digest != NOTHING:
            raise NotLetIn(f"{DIGEST}: the body is not there")
        return cls(read[KEY_ID], read[TIMESTAMP], read[NONCE], digest, read[SIGNATURE])

    def text(self, method: str, target: str) -> bytes:
        """What is signed: seven lines, none of which can hold the end of another. ``target`` is
        the path with the query, letter by letter as it was sent."""
        lines = (VERSION, self.key_id, self.timestamp, self.nonce, method, target, self.digest)
        return "\n".join(lines).encode(errors="surrogateescape")


def _header(headers: MultiMapping[str], name: str) -> str:
    values = headers.getall(name, [])
    if len(values) != 1:
        raise NotLetIn(f"{name}: is there {len(values)} times" if values else f"{name}: is missing")
    form, reason = _FORMS[name]
    if not form.fullmatch(values[0]):
        raise NotLetIn(f"{name}: {reason}")
    return values[0]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An enterprise's secrets, more than one while they change, and the nonces it has used."""

    secrets: tuple[bytes, ...] = field(repr=False)
    nonces: Uses


class RequestSigning:
    """Knows by whom a request is signed. Keys have the ids of their users."""

    def __init__(self, keys: Mapping[str, SigningKey], clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._nobodys = secrets.token_bytes(SECRET_BYTES)

    @staticmethod
    def is_meant(request: web.Request) -> bool:
        """Whether a request claims to be signed."""
        return KEY_ID in request.headers or SIGNATURE in request.headers

    async def caller(self, request: web.Request) -> Caller:
        """Who has signed it, which is good no more then. Raises NotLetIn and DoorsAway."""
        signed = Signed.read(request.headers, has_body=request.body_exists)
        await self.take(signed, request.method, request.raw_path)
        request[ANNOUNCED] = signed.digest
        return Caller(signed.key_id, has_customers=True)

    async def take(self, signed: Signed, method: str, target: str) -> None:
        """The same for what is read already."""
        key = self.check(signed, method, target)
        # Only who has the key can fill its memory.
        if int(signed.timestamp) < int(key.nonces.since_s):
            raise NotLetIn(f"{TIMESTAMP}: is of before this server was started; sign it anew")
        name = hashlib.sha256(f"{signed.key_id}\n{signed.nonce}".encode()).hexdigest()
        if await key.nonces.count(name) > 1:
            raise NotLetIn(f"{NONCE}: was used before")

    def check(self, signed: Signed, method: str, target: str) -> SigningKey:
        """The key with which it is signed. Raises NotLetIn.

        It takes as long whatever part of a signature is right, and whether or not there is such
        a key.
        """
        if abs(int(signed.timestamp) - self._clock.utc_now().timestamp()) > WINDOW_S:
            raise NotLetIn(f"{TIMESTAMP}: is more than {WINDOW_S} s away from this server's clock")
        key = self._keys.get(signed.key_id)
        text = signed.text(method, target)
        known = (self._nobodys,) if key is None else key.secrets
        good = [hmac.compare_digest(_signature(one, text), signed.signature) for one in known]
        if key is None or not any(good):
            raise NotLetIn(f"{SIGNATURE}: is not that of this request and key")
        return key


def _signature(secret: bytes, text: bytes) -> str:
    return f"v1={hmac.digest(secret, text, 'sha256').hex()}"
