"""Signed addresses of files: good for a while, and for everybody who has one, as a CDN."""

import hmac
import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from math import ceil
from typing import Final

from media.clock import Clock
from storage.keyring import KEY_BYTES, Keyring

EXPIRES: Final = "expires"
SIGNATURE: Final = "signature"

_LABEL: Final = b"hair-tryon signed address, version 1"
_MOMENT: Final = re.compile(r"[0-9]{1,12}")


class Signer:
    """Signs addresses, and knows them again. With a new current key the earlier addresses stay
    good, as long as the key that they were signed with is kept."""

    def __init__(self, keyring: Keyring, clock: Clock, good_s: float) -> None:
        """Addresses are good for at least ``good_s``."""
        self._secrets = keyring.derived(_LABEL, KEY_BYTES)
        self._clock = clock
        self._step_s = ceil(good_s)

    def sign(self, address: str) -> str:
        """The address with its signature. It stays the same for a while, so that caches know it
        again, and is good for at most twice as long as the least time."""
        steps = -(-self._now_s() // self._step_s) + 1
        expires = str(steps * self._step_s)
        signature = _signature(self._secrets[0], address, expires)
        return f"{address}?{EXPIRES}={expires}&{SIGNATURE}={signature}"

    def left_s(self, address: str, expires: str, signature: str) -> int | None:
        """For how many seconds more the address is good; None if it is not, or never was."""
        given = signature.encode(errors="replace")
        known = (_signature(secret, address, expires).encode() for secret in self._secrets)
        is_signed = any(hmac.compare_digest(one, given) for one in known)
        if not is_signed or not _MOMENT.fullmatch(expires):
            return None
        left_s = int(expires) - self._now_s()
        return left_s if left_s > 0 else None

    def _now_s(self) -> int:
        return int(self._clock.utc_now().timestamp())


def _signature(secret: bytes, address: str, expires: str) -> str:
    said = f"{expires}\n{address}".encode(errors="replace")
    return urlsafe_b64encode(hmac.digest(secret, said, sha256)).rstrip(b"=").decode()
