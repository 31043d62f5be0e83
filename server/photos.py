"""A photo with the hair changed, while the client waits: nothing of it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Final, Literal

import mimeparse
import structlog
from aiohttp import hdrs, web
from pydantic import ConfigDict, Field

from media.codec import encode_photo
from media.frame import Picture
from media.header import PictureFormat
from processing.cloud.faults import CloudFault
from processing.engine import Rendered
from processing.local import LOCAL
from processing.look import Look, LookValues
from server.cloud.permission import Permission
from server.cloud.salon import CLOUD, CutOrder
from server.connections.leaving import ends_with_client
from server.doors.consent import check_consent
from server.doors.entrance import sender_of
from server.errors import ErrorCode
from server.form_fields import LOOK_FIELDS, FormFile, LookForm, UserId, invalid
from server.forms import FormLimits, receive_form
from server.identity import data_erased
from server.keys import ERASER, PHOTOS, PHOTOS_COMING, SALON, SERVICES
from server.replies import RequestRefused
from server.studio import Studio
from server.styles.worn import with_style

QUALITY: Final = 92
_FORMATS: Final[Mapping[str, PictureFormat]] = {
    "image/webp": "webp",
    "image/png": "png",
    "image/jpeg": "jpeg",
}
"""What can be asked for; of two that are equally welcome the later one is sent."""

log = structlog.get_logger(__name__)


class TryOnForm(LookForm):
    """What ``POST try-on`` takes."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": [name]} for name in (*LOOK_FIELDS, "haircut")]}
    )

    image: FormFile
    user_id: UserId
    engine: Literal["local", "cloud"] = "local"
    haircut: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z][A-Za-z '&-]*$")] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """What came of it; ``made_by`` is in words for its answer's headers."""

    look: Look
    rendered: Rendered
    applied: tuple[str, ...]
    made_by: Mapping[str, str]


async def try_on(request: web.Request) -> web.Response:
    """``POST /api/hair-tryOn/try-on``: the photo in the form, full size, with the hair changed."""
    services, started_s = request.app[SERVICES], request.app[SERVICES].clock.monotonic()
    limits = FormLimits(services.settings.max_photo_bytes, services.settings.body_timeout_s)
    content_type, studio = _wanted(request), Studio(services)
    with request.app[PHOTOS_COMING].one(sender_of(request)):
        async with receive_form(request, TryOnForm, limits, services.workspace) as sent:
            _check(sent)
            form = await with_style(sent, sent.user_id, services)
            by = _by_cloud if form.engine == "cloud" else _by_local
            tried = await by(request, studio, form)
            await check_consent(request, form.user_id)  # it may have been withdrawn meanwhile
            coding = (tried.rendered.picture, _FORMATS[content_type], QUALITY)
            data = await studio.work("image", encode_photo, *coding)
    total_ms = (services.clock.monotonic() - started_s) * 1000
    return web.Response(
        body=data, content_type=content_type, headers=_headers(tried, total_ms, content_type)
    )


def _check(form: TryOnForm) -> None:
    """Raises RequestRefused (422)."""
    if form.haircut is not None and form.engine == "local":
        raise invalid("haircut", "hair is cut with engine=cloud only", closes=False)


async def _by_local(request: web.Request, studio: Studio, form: TryOnForm) -> _Tried:
    with request.app[PHOTOS].one():
        look = await studio.look(form.look or LookValues(), *form.photos)
        photo = await studio.picture("image", form.image.data)
        return await _made_here(studio, photo, look)


async def _by_cloud(request: web.Request, studio: Studio, form: TryOnForm) -> _Tried:
    """Or, where that cannot be, here; the answer says why."""
    services, photos = request.app[SERVICES], request.app[PHOTOS]
    has_name = form.haircut is not None
    with photos.one():
        values = form.look or LookValues()
        look = await studio.look(values, *form.photos, may_be_empty=has_name)
        await studio.check_color(look)  # before anything is paid for
        photo = await studio.picture("image", form.image.data)
    permission = _permission(request, form.user_id)
    try:
        leave = partial(request.app[PHOTOS_COMING].left, sender_of(request))
        order = CutOrder(permission, look, form.haircut, leave)
        with ends_with_client(request):
            rendered = await request.app[SALON].cut(photo, order)
    except CloudFault as fault:
        if permission.is_erased:
            raise data_erased() from None
        log.info("made here instead of in the cloud", reason=fault.reason, detail=str(fault))
        services.meters.cloud.fell_back(fault.reason)
        async with photos.waited():
            tried = await _made_here(studio, photo, look)
        return replace(tried, made_by={**tried.made_by, "X-Fallback": fault.reason})
    rest = studio.engine_of(look).applies(replace(look, style=None))
    applied = ("haircut" if has_name else "style", *rest)
    return _Tried(look, rendered, applied, {"X-AI-Model": CLOUD})


def _permission(request: web.Request, user_id: str) -> Permission:
    """As it is from now on."""
    services, lately = request.app[SERVICES], request.app[ERASER].lately
    return Permission(user_id, services.agreement, lately, services.clock.monotonic())


async def _made_here(studio: Studio, photo: Picture, look: Look) -> _Tried:
    rendered, engine = await studio.render(photo, look), studio.engine_of(look)
    made_by = {"X-AI-Model": LOCAL, "X-Engine": engine.name}
    return _Tried(look, rendered, engine.applies(look), made_by)


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


def _headers(tried: _Tried, total_ms: float, content_type: str) -> dict[str, str]:
    """What was done, for programs and for people who look at the network's log."""
    rendered = tried.rendered
    stages = {**rendered.stage_ms, "total": total_ms}
    told = {
        hdrs.CONTENT_DISPOSITION: f'inline; filename="hair-try-on.{_FORMATS[content_type]}"',
        "Server-Timing": ", ".join(f"{name};dur={ms:.1f}" for name, ms in stages.items()),
        "X-Advice": ", ".join(rendered.advice),
        "X-Applied": ", ".join(tried.applied),
        "X-Heads": "" if rendered.heads is None else str(rendered.heads),
        **tried.made_by,
    }
    return {name: value for name, value in told.items() if value}
