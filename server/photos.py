"""A photo with the hair changed, while the client waits: nothing of it is kept."""

from collections.abc import Mapping
from typing import Final

import mimeparse
from aiohttp import hdrs, web

from media.codec import encode_photo
from media.header import PictureFormat
from processing.engine import Engine, Rendered
from processing.local import LOCAL
from processing.look import Look, LookValues
from server.doors.consent import check_consent
from server.doors.entrance import sender_of
from server.errors import ErrorCode
from server.form_fields import FormFile, LookForm, UserId
from server.forms import FormLimits, receive_form
from server.keys import PHOTOS, PHOTOS_COMING, SERVICES
from server.replies import RequestRefused
from server.studio import Studio

QUALITY: Final = 92
_FORMATS: Final[Mapping[str, PictureFormat]] = {
    "image/webp": "webp",
    "image/png": "png",
    "image/jpeg": "jpeg",
}
"""What can be asked for; of two that are equally welcome the later one is sent."""


class TryOnForm(LookForm):
    """What ``POST try-on`` takes."""

    image: FormFile
    user_id: UserId


async def try_on(request: web.Request) -> web.Response:
    """``POST /api/hair-tryOn/try-on``: the photo in the form, full size, with the hair changed."""
    services, started_s = request.app[SERVICES], request.app[SERVICES].clock.monotonic()
    limits = FormLimits(services.settings.max_photo_bytes, services.settings.body_timeout_s)
    content_type, studio = _wanted(request), Studio(services)
    with request.app[PHOTOS_COMING].one(sender_of(request)):
        async with receive_form(request, TryOnForm, limits, services.workspace) as form:
            with request.app[PHOTOS].one():
                look, rendered = await _tried_on(studio, form)
                await check_consent(request, form.user_id)  # it may have been withdrawn meanwhile
                coding = (rendered.picture, _FORMATS[content_type], QUALITY)
                data = await studio.work("image", encode_photo, *coding)
    total_ms = (services.clock.monotonic() - started_s) * 1000
    headers = _headers(studio.engine_of(look), look, rendered, total_ms, content_type)
    return web.Response(body=data, content_type=content_type, headers=headers)


async def _tried_on(studio: Studio, form: TryOnForm) -> tuple[Look, Rendered]:
    look = await studio.look(form.look or LookValues(), *form.photos)
    return look, await studio.render(form.image.data, look)


def _wanted(request: web.Request) -> str:
    """The type of picture that the client likes best. Raises RequestRefused (406)."""
    accepted = request.headers.get(hdrs.ACCEPT) or "*/*"
    try:
        best = str(mimeparse.best_match(_FORMATS, accepted))
    except mimeparse.MimeTypeParseException:
        best = ""
    if not best:
        text = f"Accept: none of {', '.join(_FORMATS)}"
        raise RequestRefused(406, ErrorCode.NOT_ACCEPTABLE, text, closes=True)
    return best


def _headers(
    engine: Engine, look: Look, rendered: Rendered, total_ms: float, content_type: str
) -> dict[str, str]:
    """What was done, for programs and for people who look at the network's log."""
    stages = {**rendered.stage_ms, "total": total_ms}
    told = {
        hdrs.CONTENT_DISPOSITION: f'inline; filename="hair-try-on.{_FORMATS[content_type]}"',
        "Server-Timing": ", ".join(f"{name};dur={ms:.1f}" for name, ms in stages.items()),
        "X-AI-Model": LOCAL,
        "X-Advice": ", ".join(rendered.advice),
        "X-Applied": ", ".join(engine.applies(look)),
        "X-Engine": engine.name,
        "X-Heads": "" if rendered.heads is None else str(rendered.heads),
    }
    return {name: value for name, value in told.items() if value}
