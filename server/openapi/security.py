"""How OpenAPI says by what callers show who they are."""

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from server.door_settings import DoorSettings
from server.doors.access import Access
from server.doors.doorkeeper import API_KEY, TICKET
from server.doors.signing import SIGNATURE

Json: TypeAlias = dict[str, Any]

TOKEN_SCHEME, KEY_SCHEME, SIGNATURE_SCHEME, TICKET_SCHEME = "token", "key", "signature", "ticket"
_SCHEMES: Final[Json] = {
    TOKEN_SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    KEY_SCHEME: {"type": "apiKey", "in": "header", "name": API_KEY},
    SIGNATURE_SCHEME: {
        "type": "apiKey",
        "in": "header",
        "name": SIGNATURE,
        "description": "With `X-Key-Id`, `X-Timestamp`, `X-Nonce` and `Content-Digest`; see the "
        "project's `server/docs/doors.md` (*Signed requests*).",
    },
    TICKET_SCHEME: {"type": "apiKey", "in": "query", "name": TICKET},
}
_WITH_TICKETS: Final = frozenset({Access.TICKET, Access.SOCKET})


def schemes(settings: DoorSettings) -> Json:
    """Those that are good here. A gateway's callers show it who they are by ways of its own."""
    good = {
        TOKEN_SCHEME: settings.has_tokens,
        KEY_SCHEME: bool(settings.api_key_users),
        SIGNATURE_SCHEME: bool(settings.signing_secrets),
        TICKET_SCHEME: not settings.is_open,
    }
    return {name: scheme for name, scheme in _SCHEMES.items() if good[name]}


def needed(access: Access, known: Iterable[str]) -> list[Json]:
    """The ones of which an address needs one."""
    if access is Access.PUBLIC:
        return []
    good = [
        {name: list[str]()} for name in known if name != TICKET_SCHEME or access in _WITH_TICKETS
    ]
    return [*good, {}] if good and access is Access.SIGNED else good
