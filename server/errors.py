"""What can go wrong for a client, as codes that never change their meaning."""

from enum import IntEnum, StrEnum
from typing import Final

from media.codec import EmptyPicture, PictureError, PictureTooLarge
from media.payload import BrokenBase64
from processing.engine import NoHair, NoPerson, PhotoError


class ErrorCode(StrEnum):
    """The ``error`` field of an error message."""

    INVALID_JSON = "INVALID_JSON"
    INVALID_MESSAGE = "INVALID_MESSAGE"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    INVALID_FRAME_ID = "INVALID_FRAME_ID"
    INVALID_BINARY = "INVALID_BINARY"
    BINARY_NOT_NEGOTIATED = "BINARY_NOT_NEGOTIATED"
    INVALID_BASE64 = "INVALID_BASE64"
    EMPTY_IMAGE = "EMPTY_IMAGE"
    INVALID_IMAGE = "INVALID_IMAGE"
    IMAGE_TOO_LARGE = "IMAGE_TOO_LARGE"
    INVALID_LOOK = "INVALID_LOOK"
    INVALID_REQUEST = "INVALID_REQUEST"
    VALIDATION_FAILED = "VALIDATION_FAILED"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    INVALID_VIDEO = "INVALID_VIDEO"
    VIDEO_TOO_LONG = "VIDEO_TOO_LONG"
    VIDEO_TOO_LARGE = "VIDEO_TOO_LARGE"
    MALWARE_FOUND = "MALWARE_FOUND"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    NO_PERSON = "NO_PERSON"
    NO_HAIR = "NO_HAIR"
    NO_FRAME = "NO_FRAME"
    PROCESSING_FAILED = "PROCESSING_FAILED"
    RATE_LIMITED = "RATE_LIMITED"
    QUOTA_SPENT = "QUOTA_SPENT"
    STYLES_FULL = "STYLES_FULL"
    CLOUD_UNAVAILABLE = "CLOUD_UNAVAILABLE"
    CLOUD_FAILED = "CLOUD_FAILED"
    INVALID_OFFER = "INVALID_OFFER"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    UNAUTHORIZED = "UNAUTHORIZED"
    FORBIDDEN = "FORBIDDEN"
    INVALID_SESSION_ID = "INVALID_SESSION_ID"
    INVALID_USER_ID = "INVALID_USER_ID"
    CONSENT_REQUIRED = "CONSENT_REQUIRED"
    SESSION_FORBIDDEN = "SESSION_FORBIDDEN"
    SESSION_TAKEN_OVER = "SESSION_TAKEN_OVER"
    SESSION_IDLE = "SESSION_IDLE"
    SESSION_ELSEWHERE = "SESSION_ELSEWHERE"
    DATA_ERASED = "DATA_ERASED"
    SERVER_FULL = "SERVER_FULL"
    SERVER_CLOSING = "SERVER_CLOSING"
    STORAGE_UNAVAILABLE = "STORAGE_UNAVAILABLE"
    INTERNAL_ERROR = "INTERNAL_ERROR"


class CloseCode(IntEnum):
    """WebSocket closing codes: RFC 6455's where one fits, else of the private range."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    INVALID_TEXT = 1007
    MESSAGE_TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    TRY_AGAIN_LATER = 1013
    INVALID_ID = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    IDLE = 4408
    TAKEN_OVER = 4409
    ERASED = 4410


class ClientError(Exception):
    """Something a client sent cannot be used. Carries the code, and words for a person."""

    def __init__(self, code: ErrorCode, message: str, frame_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.frame_id = frame_id


_PICTURE_FAULTS: Final[dict[type[Exception], ErrorCode]] = {
    BrokenBase64: ErrorCode.INVALID_BASE64,
    EmptyPicture: ErrorCode.EMPTY_IMAGE,
    PictureTooLarge: ErrorCode.IMAGE_TOO_LARGE,
    NoPerson: ErrorCode.NO_PERSON,
    NoHair: ErrorCode.NO_HAIR,
    PictureError: ErrorCode.INVALID_IMAGE,
    PhotoError: ErrorCode.INVALID_IMAGE,
}
"""The first that fits counts: the general ones stand behind the particular."""


def picture_fault(
    error: Exception, otherwise: str = "Failed to process frame"
) -> tuple[ErrorCode, str]:
    """The code and the words for what went wrong with a picture.

    Errors that are not the picture's fault become PROCESSING_FAILED with the words of
    ``otherwise`` and no detail: what an engine says of itself is for the log, not for a client.
    """
    for kind, code in _PICTURE_FAULTS.items():
        if isinstance(error, kind):
            return code, str(error)
    return ErrorCode.PROCESSING_FAILED, otherwise
