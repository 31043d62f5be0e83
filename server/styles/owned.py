"""One style of a user's, with its photo."""

from typing import Final

import structlog

from server.errors import ErrorCode
from server.logs import pseudonym
from server.replies import RequestRefused
from server.services import Services
from storage.addresses import name_of
from storage.errors import FileDamaged, FileMissing
from storage.styles import StyleRecord

MOST_BYTES: Final = 32 * 1024 * 1024
"""No picture that is taken from the cloud is larger when it is coded."""

log = structlog.get_logger(__name__)


async def own_style(services: Services, style_id: str, user_id: str) -> StyleRecord:
    """The style, if it is the user's; another's cannot be told from one that is not there.

    Raises RequestRefused (404), and StorageError.
    """
    record = await services.database.styles.get(style_id)
    if record is None or record.user_id != user_id:
        raise _missing()
    return record


async def style_photo(services: Services, record: StyleRecord) -> bytes:
    """The style's photo, a JPEG file. Raises RequestRefused, and StorageError."""
    name = name_of(record.file_path)
    try:
        return await services.files.read(name, MOST_BYTES)
    except FileMissing:
        log.error("file missing", file=pseudonym(name))  # noqa: TRY400
        raise _missing() from None
    except FileDamaged as error:
        log.error("file damaged", file=pseudonym(name), reason=str(error))  # noqa: TRY400
        text = "The photo cannot be read any more"
        raise RequestRefused(500, ErrorCode.INTERNAL_ERROR, text) from None


def _missing() -> RequestRefused:
    text = "style_id: there is no such style"
    return RequestRefused(404, ErrorCode.NOT_FOUND, text, field="style_id")
