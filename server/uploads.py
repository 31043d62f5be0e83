"""Films come in: streamed to disk while they are counted, examined, and recorded."""

import uuid
from typing import Final

import structlog
from aiohttp import web

from media.clock import iso_utc
from media.film.kind import FilmError, FilmTooLarge, FilmTooLong, check_claims
from media.film.probe import FilmInfo
from server.errors import ErrorCode
from server.form_fields import Form, StoredFile, UserId
from server.forms import FormLimits, receive_form
from server.keys import FILMS, SERVICES, UPLOADS
from server.replies import RequestRefused
from storage.database import StorageError
from storage.records import UploadRecord, UploadStatus

ADDRESS: Final = "/uploads/"
"""Where files are addressed, and what ``file_path`` begins with."""
MAX_NAME: Final = 255
_TOO_MUCH: Final = {
    FilmTooLong: ErrorCode.VIDEO_TOO_LONG,
    FilmTooLarge: ErrorCode.VIDEO_TOO_LARGE,
}

log = structlog.get_logger(__name__)


class UploadForm(Form):
    """What ``POST upload-video`` takes."""

    video: StoredFile
    user_id: UserId


async def upload_video(request: web.Request) -> web.Response:
    """``POST /api/hair-tryOn/upload-video``: keep a film, if it is one (report section 4.1)."""
    services = request.app[SERVICES]
    settings = services.settings
    limits = FormLimits(settings.max_video_bytes, settings.upload_timeout_s)
    try:
        with request.app[UPLOADS].receiving():
            async with receive_form(request, UploadForm, limits, services.files) as form:
                record = await _kept(request, form)
    except RequestRefused as error:
        return error.reply()
    except StorageError as error:
        log.exception("upload failed", reason=str(error))
        text = "The upload cannot be kept now"
        return RequestRefused(503, ErrorCode.STORAGE_UNAVAILABLE, text).reply()
    answer = {
        "upload_id": record.upload_id,
        "status": record.status,
        "frame_count": record.frame_count,
        "duration": record.duration,
        "created_at": iso_utc(record.created_at),
    }
    return web.json_response(answer)


async def _kept(request: web.Request, form: UploadForm) -> UploadRecord:
    """The record of an upload that is a film, which is then on the disk and in the database."""
    services, file = request.app[SERVICES], form.video
    film = await _examined(request, file)
    name = await file.incoming.keep(f".{film.kind}")
    now = services.clock.utc_now()
    record = UploadRecord(
        upload_id=str(uuid.uuid4()),
        user_id=form.user_id,
        filename=_bare(file.filename),
        file_path=ADDRESS + name,
        file_size=file.incoming.size_bytes,
        duration=film.duration_s,
        frame_count=film.frame_count,
        format=film.kind,
        status=UploadStatus.UPLOADED,
        created_at=now,
        updated_at=now,
    )
    try:
        await services.database.add_upload(record)
    except BaseException:
        await services.files.delete(name)
        raise
    return record


async def _examined(request: web.Request, file: StoredFile) -> FilmInfo:
    """What the film is like. Raises RequestRefused: 400 for what is no film, 422 for one that is
    too long or too large."""
    await file.incoming.flush()
    try:
        film = await request.app[FILMS].examine(file.incoming.path)
        check_claims(film.kind, file.filename, file.content_type)
    except (FilmTooLong, FilmTooLarge) as error:
        raise RequestRefused(422, _TOO_MUCH[type(error)], f"video: {error}") from None
    except FilmError as error:
        raise RequestRefused(400, ErrorCode.INVALID_VIDEO, f"video: {error}") from None
    return film


def _bare(filename: str) -> str:
    """The name alone, as its owner knows it: no folders, nothing unprintable, not endless."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())[-MAX_NAME:]
