"""Who speaks, and of which session: the ids in an address, checked."""

from typing import Final

from aiohttp import web

from server.errors import CloseCode, ErrorCode
from server.ids import IDEMPOTENCY_KEY, SESSION_ID, USER_ID, USER_ID_IS
from server.registry import SessionRefused
from server.replies import RequestRefused

KEY_HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
"""Says that an answer is that of an earlier request."""


def read_ids(request: web.Request) -> tuple[str, str]:
    """The session's and the user's id. Raises SessionRefused."""
    session_id = request.match_info["session_id"]
    user_id = request.query.get("user_id", "")
    if not SESSION_ID.fullmatch(session_id):
        raise SessionRefused(
            CloseCode.INVALID_ID,
            ErrorCode.INVALID_SESSION_ID,
            "A session id is 1 to 64 letters, digits, - or _",
        )
    if not USER_ID.fullmatch(user_id):
        raise SessionRefused(
            CloseCode.INVALID_ID,
            ErrorCode.INVALID_USER_ID,
            f"user_id {USER_ID_IS}",
        )
    return session_id, user_id


def read_idempotency_key(request: web.Request) -> str | None:
    """The request's key, None if it has none. Raises RequestRefused (422)."""
    key = request.headers.get(KEY_HEADER)
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        text = f"{KEY_HEADER}: is 1 to 255 letters, digits or signs"
        raise RequestRefused(422, ErrorCode.VALIDATION_FAILED, text, closes=True)
    return key


def key_reused() -> RequestRefused:
    """422: the key was used for another request."""
    text = f"{KEY_HEADER}: was used for another request"
    return RequestRefused(422, ErrorCode.VALIDATION_FAILED, text)


def data_erased() -> RequestRefused:
    """409: the user's data were erased while the request was on its way."""
    text = "The user's data were erased meanwhile"
    return RequestRefused(409, ErrorCode.DATA_ERASED, text)
