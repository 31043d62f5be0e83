"""What one instance says to another of a request, and nobody else can say."""

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from media.clock import Clock
from storage.keyring import KEY_BYTES, Keyring

HEADER: Final = "X-Passed-On"
GOOD_S: Final = 30
"""The instances' clocks should agree to a second; a request is on its way for less than that."""
_LABEL: Final = b"hair-tryon passed on, version 1"
_FORM: Final = re.compile(
    r"(?P<moment>[0-9]{1,12});(?P<peer>[0-9A-Za-z.:%]*);(?P<request_id>[0-9a-f]{0,32});"
    r"(?P<mac>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Passed:
    """From which address a request came to the instance that passes it on, and its id there."""

    peer: str
    request_id: str


class Seals:
    """Seals what is said of a request, for one instance alone. All instances that share files have
    the same keys."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        self._secrets = keyring.derived(_LABEL, KEY_BYTES)
        self._clock = clock

    def seal(self, passed: Passed, address: str, method: str, target: str) -> str:
        """The header for a request to the instance at that address; ``target`` is the path with the
        query, letter by letter as it is sent."""
        said = f"{self._now_s()};{passed.peer};{passed.request_id}"
        return f"{said};{_mac(self._secrets[0], said, address, method, target)}"

    def read(self, text: str, address: str, method: str, target: str) -> Passed | None:
        """What is said; None where it is not sealed, for another instance, or too long ago."""
        found = _FORM.fullmatch(text)
        if found is None or abs(self._now_s() - int(found["moment"])) > GOOD_S:
            return None
        said = text.rpartition(";")[0]
        macs = (_mac(secret, said, address, method, target) for secret in self._secrets)
        if not any(hmac.compare_digest(mac, found["mac"]) for mac in macs):
            return None
        return Passed(found["peer"], found["request_id"])

    def _now_s(self) -> int:
        return int(self._clock.utc_now().timestamp())


def _mac(secret: bytes, said: str, address: str, method: str, target: str) -> str:
    lines = "\n".join((said, address, method, target))
    return hmac.digest(secret, lines.encode(errors="surrogateescape"), sha256).hex()
