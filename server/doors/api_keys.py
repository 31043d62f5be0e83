"""Keys of enterprise callers: 32 random bytes each, of which the server knows only digests."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from server.doors.caller import Caller
from server.doors.refusals import NotLetIn

PREFIX: Final = "htk_"
"""What programs that look for secrets in sources know them by."""
KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """Enterprises by the SHA-256 of their keys: as these are random, a faster digest is as good as
    a slow one."""

    users: Mapping[str, str] = field(repr=False)

    def caller(self, key: str) -> Caller:
        """Whose key it is. Raises NotLetIn."""
        digest = digest_of(key)
        found = [user for known, user in self.users.items() if hmac.compare_digest(known, digest)]
        if not found:
            raise NotLetIn("The API key is not good")
        return Caller(found[0], has_customers=True)


def digest_of(key: str) -> str:
    """What is kept of a key: 64 hexadecimal digits."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def new_key() -> str:
    """A key that nobody has yet."""
    return PREFIX + secrets.token_urlsafe(KEY_BYTES)
