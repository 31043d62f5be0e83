"""A snapshot of a live session in full quality, which goes on meanwhile: nothing of it is kept."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from media.coder import Shot
from media.frame import Picture
from processing.look import Look
from server.connections.leaving import ends_with_client
from server.cut_form import CutForm
from server.doors.consent import check_consent
from server.doors.entrance import sender_of
from server.errors import ErrorCode
from server.forms import FormLimits, receive_form
from server.keys import PHOTOS_COMING, SERVICES, SESSIONS
from server.making import make
from server.picture_answer import PictureAnswer
from server.replies import RequestRefused
from server.sessions import LiveSession
from server.shots import NoShot, ShotTaken
from server.studio import FRAME, Studio, check_look
from storage.records import SessionStatus


class SnapshotForm(CutForm):
    """What ``POST sessions/{session_id}/snapshot`` takes."""


async def snapshot(request: web.Request) -> web.Response:
    """``POST /api/hair-tryOn/sessions/{session_id}/snapshot``: the session's next frame in the size
    in which it comes, with what the session wears."""
    services = request.app[SERVICES]
    now_s = services.clock.monotonic
    answer, studio = PictureAnswer.to(request, now_s()), Studio(services, FRAME)
    limits = FormLimits(0, services.settings.body_timeout_s)
    with request.app[PHOTOS_COMING].one(sender_of(request)):
        async with receive_form(request, SnapshotForm, limits, services.workspace) as form:
            form.check_cut()
            async with _taken(request, form) as (shot, look):
                with ends_with_client(request):  # the next one is of another picture
                    made = await make(request, studio, form, lambda: _sitting(studio, shot, look))
                await check_consent(request, form.user_id)  # it may have been withdrawn meanwhile
                data = await answer.coded(studio, made)
    return answer.reply(data, made, now_s())


@asynccontextmanager
async def _taken(request: web.Request, form: SnapshotForm) -> AsyncIterator[tuple[Shot, Look]]:
    """The frame, and what is worn with it; the session has no other taken within the block.

    Raises RequestRefused.
    """
    session = await _session(request, form.user_id)
    try:
        with session.shots.one():
            look = session.wardrobe.usable
            check_look(look, may_be_empty=form.haircut is not None)
            yield await session.shots.next(), look
    except ShotTaken:
        text = "A snapshot of this session is on its way"
        raise RequestRefused(429, ErrorCode.RATE_LIMITED, text) from None
    except NoShot:
        text = "No frame of the session has come"
        raise RequestRefused(409, ErrorCode.NO_FRAME, text) from None


async def _session(request: web.Request, user_id: str) -> LiveSession:
    """The user's session that the address names. Raises RequestRefused: 404 for none, 409 for one
    that is live at another server, and StorageError."""
    session_id = request.match_info["session_id"]
    session = request.app[SESSIONS].find(session_id, user_id)
    if session is not None:
        return session
    record = await request.app[SERVICES].database.sessions.get(session_id)
    if record is None or record.user_id != user_id or record.status is not SessionStatus.ACTIVE:
        raise RequestRefused(404, ErrorCode.NOT_FOUND, "There is no such live session")
    text = "The session is live at another server: ask the one that has its frames"
    raise RequestRefused(409, ErrorCode.SESSION_ELSEWHERE, text)


async def _sitting(studio: Studio, shot: Shot, look: Look) -> tuple[Picture, Look]:
    return await studio.work(FRAME, shot), look
