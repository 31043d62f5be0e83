"""Who speaks, and of which session: the ids in an address, checked."""

import re
from typing import Final

from aiohttp import web

from server.errors import CloseCode, ErrorCode
from server.registry import SessionRefused

SESSION_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
USER_ID: Final = re.compile(r"[A-Za-z0-9_.@:+-]{1,128}")


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
            "user_id is 1 to 128 letters, digits or any of - _ . @ : +",
        )
    return session_id, user_id
