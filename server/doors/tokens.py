"""JSON web tokens (RFC 7519) of the auth service: what they say is believed if all of it is right.

What is accepted is fixed by the settings, never by the token (RFC 8725): HS256 for a shared secret,
and for public keys the one algorithm that goes with the key.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import jwt
import structlog

from server.doors.caller import Caller
from server.doors.refusals import NotLetIn
from server.ids import USER_ID

SHARED: Final = "HS256"
MOST_TOKEN_BYTES: Final = 8192
LAST_S: Final = 2**40
_NEEDED: Final = ("exp", "sub", "iss", "aud")

log = structlog.get_logger(__name__)


class TokenKeys(Protocol):
    """The keys that tokens may be signed with."""

    async def find(self, header: dict[str, Any], /) -> tuple[Any, str]:
        """The key for a token with this header, and the algorithm that goes with it.

        Raises NotLetIn where there is no such key, and DoorsAway.
        """
        ...


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """One secret, which the auth service has too."""

    secret: str = field(repr=False)

    async def find(self, _: dict[str, Any], /) -> tuple[str, str]:
        """See TokenKeys."""
        return self.secret, SHARED


@dataclass(frozen=True, slots=True)
class TokenReader:
    """Checks tokens, and says who has been given them.

    A token needs ``exp``, ``sub``, ``iss`` and ``aud``; clocks may differ by ``leeway_s``. Who has
    ``admin_scope`` among the words of ``scope`` may act for others.
    """

    keys: TokenKeys
    issuer: str
    audience: str
    leeway_s: float
    admin_scope: str

    async def read(self, token: str) -> Caller:
        """Who has been given the token. Raises NotLetIn and DoorsAway."""
        if len(token) > MOST_TOKEN_BYTES:
            raise NotLetIn("The token is too long")
        try:
            key, algorithm = await self.keys.find(jwt.get_unverified_header(token))
            claims: dict[str, Any] = jwt.decode(
                token, key, [algorithm],
                issuer=self.issuer, audience=self.audience, leeway=self.leeway_s,
                options={"require": list(_NEEDED), "enforce_minimum_key_length": True},
            )  # fmt: skip
        except jwt.ExpiredSignatureError:
            raise NotLetIn("The token has expired") from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            # What is wrong with it helps those who forge tokens more than those who are given them;
            # it is in the log for who has set the wrong issuer.
            log.info("token refused", reason=type(error).__name__)
            raise NotLetIn("The token is not good") from None
        return self._caller(claims)

    def _caller(self, claims: dict[str, Any]) -> Caller:
        user_id, scope = claims["sub"], claims.get("scope", "")
        if not USER_ID.fullmatch(user_id):
            raise NotLetIn("The token's subject is no user id")
        is_admin = isinstance(scope, str) and self.admin_scope in scope.split()
        # What is no moment any more is as far away as can be.
        expires_s = min(int(claims["exp"]), LAST_S) + self.leeway_s
        return Caller(user_id, is_admin=is_admin, expires_s=expires_s)
