"""Codes that never change, and which one a fault of a picture gets."""

import pytest

from media.codec import BrokenPicture, EmptyPicture, PictureTooLarge, UnknownPicture
from media.payload import BrokenBase64
from processing.engine import NoHair, NoPerson, PhotoError
from server import endings
from server.endings import Ending
from server.errors import ClientError, CloseCode, ErrorCode, picture_fault

_REASON_MAX_BYTES = 123
"""RFC 6455: a closing frame has 125 bytes, of which the code takes two."""
_ENDINGS = [value for value in vars(endings).values() if isinstance(value, Ending)]


def test_code_is_its_own_name() -> None:
    """An error code reads on the wire as in the source."""
    assert [code.value for code in ErrorCode] == [code.name for code in ErrorCode]


def test_close_codes_are_allowed_and_distinct() -> None:
    """Every closing code is one that a server may send: RFC 6455's, or of the private range."""
    for code in CloseCode:
        assert 1000 <= code <= 1013 or 4000 <= code <= 4999
        assert code not in {1004, 1005, 1006}
    assert len({code.value for code in CloseCode}) == len(CloseCode.__members__)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (BrokenBase64(), ErrorCode.INVALID_BASE64),
        (EmptyPicture("no bytes"), ErrorCode.EMPTY_IMAGE),
        (PictureTooLarge("too many pixels"), ErrorCode.IMAGE_TOO_LARGE),
        (BrokenPicture("damaged"), ErrorCode.INVALID_IMAGE),
        (UnknownPicture("no picture"), ErrorCode.INVALID_IMAGE),
        (NoPerson(), ErrorCode.NO_PERSON),
        (NoHair(), ErrorCode.NO_HAIR),
        (PhotoError("a cartoon"), ErrorCode.INVALID_IMAGE),
    ],
)
def test_picture_fault_says_what_is_wrong(fault: Exception, code: ErrorCode) -> None:
    """Each fault of a picture has its own code and keeps its words."""
    assert picture_fault(fault) == (code, str(fault))


@pytest.mark.parametrize("fault", [ValueError("secret path"), RuntimeError(), MemoryError()])
def test_other_faults_tell_nothing(fault: Exception) -> None:
    """What is no fault of the picture is a failure without detail."""
    assert picture_fault(fault) == (ErrorCode.PROCESSING_FAILED, "Failed to process frame")
    assert picture_fault(fault, "No photo") == (ErrorCode.PROCESSING_FAILED, "No photo")


@pytest.mark.parametrize("fault", [NoPerson(), NoHair()])
def test_photo_fault_says_what_to_try(fault: PhotoError) -> None:
    """Who sends a photo of no use is told what a good one shows."""
    assert "one head, from the front, in even light" in str(fault)


def test_client_error_carries_code_words_and_frame() -> None:
    """A client's error keeps all that its answer needs; its text is the message."""
    error = ClientError(ErrorCode.INVALID_LOOK, "no such shade", "f1")
    assert (error.code, error.message, error.frame_id) == (
        ErrorCode.INVALID_LOOK, "no such shade", "f1",
    )  # fmt: skip
    assert str(error) == "no such shade"
    assert ClientError(ErrorCode.INVALID_LOOK, "").frame_id is None


@pytest.mark.parametrize("ending", _ENDINGS, ids=lambda ending: ending.reason)
def test_reason_fits_into_a_closing_frame(ending: Ending) -> None:
    """Every ending has a reason, and RFC 6455 has room for it."""
    assert 0 < len(ending.reason.encode()) <= _REASON_MAX_BYTES


def test_endings_are_found() -> None:
    """The endings that the test above looks at are there."""
    assert endings.IDLE in _ENDINGS
    assert len(_ENDINGS) >= 7
