"""Films come in: streamed to disk while they are counted, examined, and recorded."""

import uuid
from typing import Final

from aiohttp import web

from media.film.kind import FilmError, FilmTooLarge, FilmTooLong, check_claims
from media.film.probe import FilmInfo
from server.answers import UploadAnswer
from server.arrival import arriving
from server.doors.entrance import sender_of
from server.errors import ErrorCode
from server.form_fields import Form, StoredFile, UserId
from server.forms import FormLimits, receive_form
from server.identity import REPLAYED, data_erased, key_reused, read_idempotency_key
from server.keys import FILMS, JOBS, SCANNER, SERVICES, UPLOADS
from server.replies import RequestRefused
from server.request_digest import request_digest
from server.scanner import MalwareFound
from storage.addresses import name_of
from storage.errors import DataErased, KeyReused
from storage.records import UploadRecord, UploadStatus

MAX_NAME: Final = 255
_TOO_MUCH: Final = {
    FilmTooLong: ErrorCode.VIDEO_TOO_LONG,
    FilmTooLarge: ErrorCode.VIDEO_TOO_LARGE,
}


class UploadForm(Form):
    """What ``POST upload-video`` takes."""

    video: StoredFile
    user_id: UserId


async def upload_video(request: web.Request) -> web.Response:
    """``POST /api/hair-tryOn/upload-video``: keep a film, if it is one (report section 4.1)."""
    services = request.app[SERVICES]
    settings = services.settings
    limits = FormLimits(settings.max_video_bytes, settings.upload_timeout_s)
    key = read_idempotency_key(request)
    with request.app[UPLOADS].one(sender_of(request)):
        async with (
            arriving(request) as film,
            receive_form(request, UploadForm, limits, services.workspace, film.fields_came) as form,
        ):
            await film.belongs_to(form.user_id)
            wanted = await _record(request, form, film.path, key)
            kept = await _kept(request, form.video, wanted)
    await request.app[JOBS].expect()
    answer = UploadAnswer.of(kept).reply()
    if kept.upload_id != wanted.upload_id:
        answer.headers[REPLAYED] = "true"
    return answer


async def _record(
    request: web.Request, form: UploadForm, path: str, key: str | None
) -> UploadRecord:
    """The record of an upload that is a film. Raises RequestRefused for one that is none."""
    file, now = form.video, request.app[SERVICES].clock.utc_now()
    film = await _examined(request, file)
    return UploadRecord(
        upload_id=str(uuid.uuid4()),
        user_id=form.user_id,
        filename=_bare(file.filename),
        file_path=path,
        file_size=file.incoming.size_bytes,
        duration=film.duration_s,
        frame_count=film.frame_count,
        format=film.kind,
        width_px=film.width_px,
        height_px=film.height_px,
        status=UploadStatus.UPLOADED,
        created_at=now,
        updated_at=now,
        idempotency_key=key,
        request_digest=request_digest(form) if key else None,
    )


async def _kept(request: web.Request, file: StoredFile, wanted: UploadRecord) -> UploadRecord:
    """The record that is in the database, of a film that is on the disk: of an earlier one, where
    the request came before."""
    services = request.app[SERVICES]
    try:
        await services.files.put(name_of(wanted.file_path), file.incoming.path)
        return await services.database.uploads.add(wanted)
    except KeyReused:
        raise key_reused() from None
    except DataErased:
        raise data_erased() from None


async def _examined(request: web.Request, file: StoredFile) -> FilmInfo:
    """What the film is like. Raises RequestRefused: 400 for what is no film, 422 for one that is
    too long or too large."""
    await file.incoming.flush()
    try:
        film = await request.app[FILMS].examine(file.incoming.path)
        check_claims(film.kind, file.filename, file.content_type)
        await request.app[SCANNER].scan(file.incoming.path)
    except (FilmTooLong, FilmTooLarge) as error:
        raise RequestRefused(422, _TOO_MUCH[type(error)], f"video: {error}") from None
    except MalwareFound:
        text = "video: it holds what does harm"
        raise RequestRefused(422, ErrorCode.MALWARE_FOUND, text) from None
    except FilmError as error:
        raise RequestRefused(400, ErrorCode.INVALID_VIDEO, f"video: {error}") from None
    return film


async def own_upload(request: web.Request, upload_id: str, user_id: str) -> UploadRecord:
    """The upload, if it is the user's; another's cannot be told from none. Raises RequestRefused
    (404)."""
    upload = await request.app[SERVICES].database.uploads.get(upload_id)
    if upload is None or upload.user_id != user_id:
        raise no_upload()
    return upload


def no_upload() -> RequestRefused:
    """404."""
    return RequestRefused(404, ErrorCode.NOT_FOUND, "upload_id: there is no such upload")


def _bare(filename: str) -> str:
    """The name alone, as its owner knows it: no folders, nothing unprintable, not endless."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())[-MAX_NAME:]
