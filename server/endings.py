"""How a live session can end."""

from dataclasses import dataclass

from server.errors import CloseCode, ErrorCode
from storage.records import SessionStatus


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a session ends, what its client is told, and what its document says."""

    code: CloseCode
    reason: str
    status: SessionStatus = SessionStatus.DISCONNECTED
    error: ErrorCode | None = None


LEFT = Ending(CloseCode.NORMAL, "bye")
LOST = Ending(CloseCode.GOING_AWAY, "no sign of life", SessionStatus.TIMEOUT)
IDLE = Ending(
    CloseCode.IDLE,
    "nothing was sent for a long time",
    SessionStatus.TIMEOUT,
    ErrorCode.SESSION_IDLE,
)
DRIBBLED = Ending(CloseCode.IDLE, "a message did not come in time", SessionStatus.TIMEOUT)
TAKEN_OVER = Ending(
    CloseCode.TAKEN_OVER,
    "the session goes on in another connection",
    error=ErrorCode.SESSION_TAKEN_OVER,
)
EXPIRED = Ending(CloseCode.UNAUTHORIZED, "the token has expired", error=ErrorCode.UNAUTHORIZED)
ERASED = Ending(CloseCode.ERASED, "the user's data were erased", error=ErrorCode.DATA_ERASED)
TOO_SLOW = Ending(CloseCode.TRY_AGAIN_LATER, "the client does not read")
CLOSING = Ending(CloseCode.GOING_AWAY, "the server is stopping")
BROKEN = Ending(CloseCode.INTERNAL_ERROR, "internal error", error=ErrorCode.INTERNAL_ERROR)
